"""Values of vector code: numbers, vectors and masks with Python's operators, as LLVM instructions.

Nothing is computed here: an operator appends an instruction to the function that LLVM is about to
compile. No instruction has a fast-math flag, so NaN and infinity behave as IEEE 754 says.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir


class BFloatType(ir.types.Type):  # type: ignore[misc]  # llvmlite has no such type
    """LLVM's bfloat."""

    def _to_string(self) -> str:
        return "bfloat"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BFloatType)

    def __hash__(self) -> int:
        return hash(BFloatType)


DTYPES: dict[str, Any] = {
    "float32": ir.FloatType(),
    "float64": ir.DoubleType(),
    "float16": ir.HalfType(),
    "uint8": ir.IntType(8),
    "uint16": ir.IntType(16),
    "int32": ir.IntType(32),
    "int64": ir.IntType(64),
}


class Value:
    """A number or a vector that the compiled code is going to have.

    Operands of one operator have the same type; a Python number takes the type of the other.
    Integers are signed in `<` and unsigned in `>>`, `//`, `%` and where they change their type.

    Args:
        builder: where instructions go.
        ir: the value for LLVM.
    """

    __slots__ = ("builder", "ir")

    def __init__(self, builder: Any, ir: Any) -> None:
        self.builder, self.ir = builder, ir

    @property
    def element(self) -> Any:
        """The type of the number, or of a vector's numbers."""
        return getattr(self.ir.type, "element", self.ir.type)

    @property
    def is_float(self) -> bool:
        return not isinstance(self.element, ir.IntType)

    def constant(self, number: float) -> Any:
        """The number in this value's type, for all lanes."""
        kind = self.ir.type
        is_vector = isinstance(kind, ir.VectorType)
        return ir.Constant(kind, [number] * kind.count if is_vector else number)

    def _with(self, operation: str, other: Value | float, swap: bool = False) -> Value:
        left = self.ir
        right = other.ir if isinstance(other, Value) else self.constant(other)
        if swap:
            left, right = right, left
        return Value(self.builder, getattr(self.builder, operation)(left, right))

    def _compare(self, sign: str, other: Value | float) -> Value:
        right = other.ir if isinstance(other, Value) else self.constant(other)
        compare = self.builder.fcmp_ordered if self.is_float else self.builder.icmp_signed
        return Value(self.builder, compare(sign, self.ir, right))

    def __add__(self, other: Value | float) -> Value:
        return self._with("fadd" if self.is_float else "add", other)

    __radd__ = __add__

    def __sub__(self, other: Value | float) -> Value:
        return self._with("fsub" if self.is_float else "sub", other)

    def __rsub__(self, other: float) -> Value:
        return self._with("fsub" if self.is_float else "sub", other, swap=True)

    def __mul__(self, other: Value | float) -> Value:
        return self._with("fmul" if self.is_float else "mul", other)

    __rmul__ = __mul__

    def __truediv__(self, other: Value | float) -> Value:
        return self._with("fdiv", other)

    def __rtruediv__(self, other: float) -> Value:
        return self._with("fdiv", other, swap=True)

    def __floordiv__(self, other: Value | int) -> Value:
        return self._with("udiv", other)

    def __mod__(self, other: Value | int) -> Value:
        return self._with("urem", other)

    def __and__(self, other: Value | int) -> Value:
        return self._with("and_", other)

    def __or__(self, other: Value | int) -> Value:
        return self._with("or_", other)

    def __xor__(self, other: Value | int) -> Value:
        return self._with("xor", other)

    def __invert__(self) -> Value:
        return Value(self.builder, self.builder.not_(self.ir))

    def __lshift__(self, other: Value | int) -> Value:
        return self._with("shl", other)

    def __rshift__(self, other: Value | int) -> Value:
        return self._with("lshr", other)

    def __lt__(self, other: Value | float) -> Value:
        return self._compare("<", other)

    def __le__(self, other: Value | float) -> Value:
        return self._compare("<=", other)

    def __gt__(self, other: Value | float) -> Value:
        return self._compare(">", other)

    def __ge__(self, other: Value | float) -> Value:
        return self._compare(">=", other)

    def equals(self, other: Value | float) -> Value:
        """Where both are the same number; NaN equals nothing."""
        return self._compare("==", other)

    def is_nan(self) -> Value:
        return Value(self.builder, self.builder.fcmp_unordered("uno", self.ir, self.ir))

    def bits(self, dtype: str) -> Value:
        """The same bits as numbers of another dtype; more of them if they are smaller."""
        kind = DTYPES[dtype]
        if isinstance(self.ir.type, ir.VectorType):
            count = self.ir.type.count * _width(self.element) // _width(kind)
            kind = ir.VectorType(kind, count)
        return Value(self.builder, self.builder.bitcast(self.ir, kind))

    def to(self, dtype: str) -> Value:
        """The same numbers, floats rounded to nearest even as floats, integers as unsigned ones."""
        narrower = _width(DTYPES[dtype]) < _width(self.element)
        if self.is_float:
            return self._cast("fptrunc" if narrower else "fpext", dtype)
        return self._cast("trunc" if narrower else "zext", dtype)

    def as_float(self, dtype: str = "float32") -> Value:
        """Integers as the nearest floats."""
        return self._cast("uitofp", dtype)

    def _cast(self, operation: str, dtype: str) -> Value:
        kind = DTYPES[dtype]
        if isinstance(self.ir.type, ir.VectorType):
            kind = ir.VectorType(kind, self.ir.type.count)
        return Value(self.builder, getattr(self.builder, operation)(self.ir, kind))


def _width(kind: Any) -> int:
    """Bits of a number; LLVM's suffix for float types is f16, f32 or f64."""
    return int(kind.width if isinstance(kind, ir.IntType) else kind.intrinsic_name[1:])
