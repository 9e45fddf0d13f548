"""Vector code in Python: `@vector_code(target)` makes an intrinsic for Numba's functions.

The decorated function runs once, when LLVM code is made. It gets an `Emitter` and one `Value` for
each argument, an address or another integer (int64) or a float (float32), and computes with them.
A task's plan comes as that: a NamedTuple of Values.

    @vector_code(host())
    def add(v, x, y, out, count):
        mask = v.tail(count)
        v.store(v.load(x, mask=mask) + v.load(y, mask=mask), out, mask)

Python's loops are unrolled; `v.loop` is a loop of the machine. Addresses count bytes and need no
alignment. Nothing checks them: whoever calls vector code has checked the arrays.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from dlcore.kernels.cpu.machine import Target
from dlcore.kernels.cpu.values import DTYPES, BFloatType, Value

INT32 = ir.IntType(32)
TUPLES = types.NamedTuple, types.NamedUniTuple  # type: ignore[attr-defined]


def vector_code(target: Target) -> Callable[[Callable[..., None]], Any]:
    """Turn `code(v, *arguments)` into an intrinsic, called with `arguments` from compiled code."""

    def decorate(code: Callable[..., None]) -> Any:
        names = list(inspect.signature(code).parameters)

        def definition(context: Any, *arguments: Any) -> Any:
            kinds = [_kind(code.__name__, kind) for kind in arguments]
            return types.void(*kinds), lower

        def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            code(
                Emitter(builder, target), *map(partial(_values, builder), signature.args, arguments)
            )
            return context.get_dummy_value()

        positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(name, positional) for name in names]
        definition.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        definition.__name__ = code.__name__
        definition.__doc__ = code.__doc__
        return intrinsic(definition)

    return decorate


def _kind(name: str, kind: Any) -> Any:
    if isinstance(kind, types.Integer | types.IntegerLiteral | types.Boolean):
        return types.intp
    if isinstance(kind, types.Float):
        return types.float32
    if isinstance(kind, TUPLES):
        return kind
    raise TypingError(
        f"{name}: expected addresses and numbers, received {kind}; pass x.ctypes.data for an array"
    )


def _values(builder: Any, kind: Any, argument: Any) -> Any:
    """What vector code gets for an argument."""
    if not isinstance(kind, TUPLES):
        return Value(builder, argument)
    members = [Value(builder, builder.extract_value(argument, i)) for i in range(len(kind))]
    return kind.instance_class(*(x.to("float32") if x.is_float else x for x in members))


class Emitter:
    """Writes vector instructions, `lanes` numbers at a time."""

    def __init__(self, builder: Any, target: Target) -> None:
        self.builder, self.target, self.lanes = builder, target, target.lanes

    # Memory.

    def load(self, address: Value, dtype: str = "float32", mask: Value | None = None) -> Value:
        """A vector from memory; without memory access and 0 in the lanes where `mask` is off."""
        kind = self._vector(dtype)
        if mask is None:
            return self._value(self._load(address, kind))
        pointer = self._pointer(address, kind)
        arguments = [pointer, ir.Constant(INT32, 1), mask.ir, ir.Constant(kind, None)]
        name = f"llvm.masked.load.{_suffix(kind)}.p0"
        return self._call(name, kind, arguments)

    def store(self, value: Value, address: Value, mask: Value | None = None) -> None:
        """A vector, or one number, to memory; lanes where `mask` is off keep what they have."""
        kind = value.ir.type
        pointer = self._pointer(address, kind)
        if mask is None:
            self.builder.store(value.ir, pointer, align=1)
            return
        arguments = [value.ir, pointer, ir.Constant(INT32, 1), mask.ir]
        self._call(f"llvm.masked.store.{_suffix(kind)}.p0", ir.VoidType(), arguments)

    def stream(self, value: Value, address: Value) -> None:
        """A vector of float32 to memory past the caches, where nothing needs it soon.

        The address must be a multiple of the vector's bytes. Other threads need a `fence` to see
        the numbers.
        """
        pointer = self._pointer(address, value.ir.type)
        store = self.builder.store(value.ir, pointer, align=4 * self.lanes)
        flag = self.builder.module.add_metadata([ir.Constant(INT32, 1)])
        store.set_metadata("nontemporal", flag)

    def fence(self) -> None:
        """All that was written is there for whoever sees what is written from here on."""
        self.builder.fence("seq_cst")

    def gather(
        self, address: Value, stride: Value, dtype: str = "float32", mask: Value | None = None
    ) -> Value:
        """Numbers `stride` bytes apart from memory; 0 in the lanes where `mask` is off."""
        return self.gather_at(self.places(address, stride), dtype, mask)

    def gather_at(
        self, addresses: Value, dtype: str = "float32", mask: Value | None = None
    ) -> Value:
        """The number at each of a vector of addresses; 0 in the lanes where `mask` is off."""
        kind = self._vector(dtype)
        arguments = [
            self._pointers(addresses, DTYPES[dtype]),
            ir.Constant(INT32, 1),
            self._all(mask),
            ir.Constant(kind, None),
        ]
        return self._call(f"llvm.masked.gather.{_suffix(kind)}.v{self.lanes}p0", kind, arguments)

    def scatter(
        self, value: Value, address: Value, stride: Value, mask: Value | None = None
    ) -> None:
        """A vector to memory, its numbers `stride` bytes apart, without those `mask` is off for."""
        self.scatter_at(value, self.places(address, stride), mask)

    def scatter_at(self, value: Value, addresses: Value, mask: Value | None = None) -> None:
        """Each number to an address of its own, the last lane's last, without those masked off."""
        kind = value.ir.type
        pointers = self._pointers(addresses, kind.element)
        arguments = [value.ir, pointers, ir.Constant(INT32, 1), self._all(mask)]
        self._call(f"llvm.masked.scatter.{_suffix(kind)}.v{self.lanes}p0", ir.VoidType(), arguments)

    def broadcast(self, address: Value, dtype: str = "float32") -> Value:
        """One number from memory, in all lanes."""
        return self.splat(self.number(address, dtype))

    def places(self, address: Value, stride: Value | int) -> Value:
        """The addresses of `lanes` numbers that are `stride` bytes apart."""
        lane = self._value(ir.Constant(self._vector("int64"), list(range(self.lanes))))
        step = self.splat(stride, "int64") if isinstance(stride, int) else self.splat(stride)
        return self.splat(address) + step * lane

    def number(self, address: Value, dtype: str = "float32") -> Value:
        """One number from memory, as such."""
        return self._value(self._load(address, DTYPES[dtype]))

    def prefetch(self, address: Value, write: bool = False) -> None:
        """Ask for a line of memory that is needed soon; any address is allowed."""
        pointer = self._pointer(address, DTYPES["float32"])
        flags = [ir.Constant(INT32, number) for number in (int(write), 3, 1)]  # 3: all caches
        self._call("llvm.prefetch.p0", ir.VoidType(), [pointer, *flags])

    # Constants and masks.

    def integer(self, number: int) -> Value:
        """An integer, such as the count of a loop."""
        return self._value(ir.Constant(ir.IntType(64), number))

    def splat(self, number: Value | float, dtype: str = "float32") -> Value:
        """One number in all lanes; `dtype` is for Python numbers."""
        if not isinstance(number, Value):
            return self._value(ir.Constant(self._vector(dtype), [number] * self.lanes))
        undefined = ir.Constant(ir.VectorType(number.ir.type, self.lanes), ir.Undefined)
        first = self.builder.insert_element(undefined, number.ir, ir.Constant(INT32, 0))
        return self._value(self._shuffle(first, undefined, [0] * self.lanes))

    def tail(self, count: Value) -> Value:
        """The mask of the first `count` lanes; of none below 1, of all from `lanes` on."""
        below = self.select(count < self.lanes, count, self._value(count.constant(self.lanes)))
        lane = ir.Constant(self._vector("int32"), list(range(self.lanes)))
        return self._value(lane) < self.splat(below.to("int32"))

    def select(self, mask: Value, x: Value, y: Value) -> Value:
        """x where the mask is on, else y."""
        return self._value(self.builder.select(mask.ir, x.ir, y.ir))

    # Arithmetic.

    def fma(self, x: Value, y: Value, z: Value) -> Value:
        """x y + z, with one rounding where the machine has the instruction, else with two."""
        if not self.target.fma:
            return x * y + z
        return self._call(f"llvm.fma.{_suffix(x.ir.type)}", x.ir.type, [x.ir, y.ir, z.ir])

    def maximum(self, x: Value, y: Value) -> Value:
        """The larger, and NaN if either is, as `numpy.maximum`; of two zeros either one."""
        return self.select(x.is_nan(), x, self.select(x > y, x, y))

    def minimum(self, x: Value, y: Value) -> Value:
        """The smaller, and NaN if either is, as `numpy.minimum`; of two zeros either one."""
        return self.select(x.is_nan(), x, self.select(x < y, x, y))

    def sqrt(self, x: Value) -> Value:
        return self._call(f"llvm.sqrt.{_suffix(x.ir.type)}", x.ir.type, [x.ir])

    def library(self, name: str, *operands: Value) -> Value:
        """A function of the C library with LLVM's name, such as pow or sin: lane by lane, slow."""
        kind = operands[0].ir.type
        return self._call(f"llvm.{name}.{_suffix(kind)}", kind, [x.ir for x in operands])

    def abs(self, x: Value) -> Value:
        return self._call(f"llvm.fabs.{_suffix(x.ir.type)}", x.ir.type, [x.ir])

    def sum(self, x: Value) -> Value:
        """The sum over the lanes, by halves as `fold`."""
        return self.fold(x, lambda low, high: low + high)

    def max(self, x: Value) -> Value:
        """The largest of the lanes, and NaN if one is."""
        return self.fold(x, self.maximum)

    def fold(self, x: Value, join: Callable[[Value, Value], Value]) -> Value:
        """The lanes joined to one number, by halves: lane i and lane i + lanes / 2, and so on."""
        half = self.lanes // 2
        while half:
            lanes = [list(range(start, start + half)) for start in (0, half)]
            x = join(*(self._value(self._shuffle(x.ir, x.ir, part)) for part in lanes))
            half //= 2
        return self._value(self.builder.extract_element(x.ir, ir.Constant(INT32, 0)))

    def bf16_dot(self, total: Value, x: Value, y: Value) -> Value:
        """The machine's total + sums of pairs: x, y: int32 lanes that hold two bfloat16 each."""
        pairs = ir.VectorType(BFloatType(), 2 * self.lanes)
        arguments = [total.ir, *(self.builder.bitcast(z.ir, pairs) for z in (x, y))]
        name = f"llvm.x86.avx512bf16.dpbf16ps.{32 * self.lanes}"
        return self._call(name, total.ir.type, arguments)

    def interleave(self, x: Value, y: Value) -> tuple[Value, Value]:
        """x0 y0 x1 y1 ..., the first half of it and the second."""
        half = self.lanes // 2
        first = [i // 2 + i % 2 * self.lanes for i in range(self.lanes)]
        low = self._shuffle(x.ir, y.ir, first)
        high = self._shuffle(x.ir, y.ir, [lane + half for lane in first])
        return self._value(low), self._value(high)

    def transpose(self, rows: Sequence[Value]) -> list[Value]:
        """The columns of a square of `lanes` vectors."""
        vectors, count = [row.ir for row in rows], self.lanes
        step = 1
        while step < count:  # swap the off-diagonal quarters of all squares of 2 step x 2 step
            low = [i if not i & step else count + i - step for i in range(count)]
            high = [i + step if not i & step else count + i for i in range(count)]
            for i in range(count):
                if not i & step:
                    pair = vectors[i], vectors[i + step]
                    vectors[i] = self._shuffle(*pair, low)
                    vectors[i + step] = self._shuffle(*pair, high)
            step *= 2
        return [self._value(vector) for vector in vectors]

    # Control.

    def loop(
        self,
        count: Value,
        values: Sequence[Value],
        body: Callable[[Value, list[Value]], Sequence[Value]],
    ) -> list[Value]:
        """values = body(i, values) for i in range(count), as a loop of the machine."""
        build = self.builder
        before = build.block
        head, inside, after = (build.append_basic_block(name) for name in ("head", "body", "after"))
        build.branch(head)
        build.position_at_end(head)
        carried = []
        for value in [self._value(count.constant(0)), *values]:
            phi = build.phi(value.ir.type)
            phi.add_incoming(value.ir, before)
            carried.append(phi)
        index, *current = (self._value(phi) for phi in carried)
        build.cbranch((index < count).ir, inside, after)
        build.position_at_end(inside)
        results = [index + 1, *body(index, current)]
        for phi, result in zip(carried, results, strict=True):
            phi.add_incoming(result.ir, build.block)
        build.branch(head)
        build.position_at_end(after)
        return current

    def each(self, count: Value, body: Callable[[Value, Value | None], None]) -> None:
        """body(i, mask) for every vector of `count` numbers; i is its first number.

        The mask is None for whole vectors, and that of the rest for the last one.
        """

        def whole(index: Value, _: list[Value]) -> list[Value]:
            body(index * self.lanes, None)
            return []

        vectors = count >> (self.lanes.bit_length() - 1)
        self.loop(vectors, [], whole)
        rest = count - vectors * self.lanes

        def tail(_: list[Value]) -> list[Value]:
            body(count - rest, self.tail(rest))
            return []

        self.when(rest > 0, [], tail)

    def when(
        self,
        condition: Value,
        values: Sequence[Value],
        body: Callable[[list[Value]], Sequence[Value]],
    ) -> list[Value]:
        """body(values) if the condition holds, else values: a branch, for one flag."""
        build = self.builder
        before = build.block
        inside, after = build.append_basic_block("then"), build.append_basic_block("after")
        build.cbranch(condition.ir, inside, after)
        build.position_at_end(inside)
        results, end = body(list(values)), build.block
        build.branch(after)
        build.position_at_end(after)
        merged = []
        for value, result in zip(values, results, strict=True):
            phi = build.phi(value.ir.type)
            phi.add_incoming(value.ir, before)
            phi.add_incoming(result.ir, end)
            merged.append(self._value(phi))
        return merged

    # What the methods above share.

    def _value(self, value: Any) -> Value:
        return Value(self.builder, value)

    def _vector(self, dtype: str) -> Any:
        return ir.VectorType(DTYPES[dtype], self.lanes)

    def _pointer(self, address: Value, kind: Any) -> Any:
        return self.builder.inttoptr(address.ir, kind.as_pointer())

    def _pointers(self, addresses: Value, kind: Any) -> Any:
        return self.builder.inttoptr(addresses.ir, ir.VectorType(kind.as_pointer(), self.lanes))

    def _all(self, mask: Value | None) -> Any:
        """A mask, by default that of all lanes."""
        return (
            mask.ir
            if mask
            else ir.Constant(ir.VectorType(ir.IntType(1), self.lanes), [1] * self.lanes)
        )

    def _load(self, address: Value, kind: Any) -> Any:
        return self.builder.load(self._pointer(address, kind), align=1)

    def _shuffle(self, x: Any, y: Any, lanes: list[int]) -> Any:
        return self.builder.shuffle_vector(
            x, y, ir.Constant(ir.VectorType(INT32, len(lanes)), lanes)
        )

    def _call(self, name: str, result: Any, arguments: list[Any]) -> Value:
        kind = ir.FunctionType(result, [argument.type for argument in arguments])
        function = cgutils.get_or_insert_function(self.builder.module, kind, name)
        return self._value(self.builder.call(function, arguments))


def _suffix(kind: Any) -> str:
    """How LLVM names a type in an intrinsic: v16f32."""
    if isinstance(kind, ir.VectorType):
        return f"v{kind.count}{_suffix(kind.element)}"
    return f"i{kind.width}" if isinstance(kind, ir.IntType) else str(kind.intrinsic_name)
