"""A task's machine code: a C function of (index, memory, address of the plan's words)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_type_hints

from llvmlite import ir
from numba.core import ccallback, compiler
from numba.core import types as known_types

types: Any = known_types  # Numba's own annotations leave out what is used here
callbacks: Any = ccallback

WORD = ir.IntType(64)
OPTIONS = {"nopython": True, "error_model": "numpy"}


class _Compiler(callbacks._CFuncCompiler):  # type: ignore[misc]
    def _customize_flags(self, flags: Any) -> Any:
        flags = super()._customize_flags(flags)
        flags.no_cfunc_wrapper = True  # `Entry` has its own
        return flags


class Entry(callbacks.CFunc):  # type: ignore[misc]
    """Numba's C callback, with a plan in the place of its last argument's words.

    It is one function for Numba. A second one that reads the words and calls the first would take
    LLVM twice as long, and Numba three times.
    """

    def __init__(self, body: Callable[[int, int, Any], None], plan: Any) -> None:
        kinds = get_type_hints(plan)
        self._members = [
            types.float64 if kinds[field] is float else types.int64 for field in plan._fields
        ]
        self._plan: Any = types.NamedTuple(self._members, plan)
        super().__init__(body, ((types.int64, types.int64, self._plan), types.void), {}, OPTIONS)
        self._compiler = _Compiler(body, self._targetdescr, OPTIONS, {}, compiler.Compiler)

    def _compile_uncached(self) -> Any:
        result = super()._compile_uncached()
        result.library.add_ir_module(self._reader(result.target_context, result.fndesc))
        return result

    def _reader(self, context: Any, described: Any) -> Any:
        """The C function, which makes a plan of the words and calls the body."""
        module = context.create_module("entry")
        convention = context.call_conv
        kind = convention.get_function_type(described.restype, described.argtypes)
        body = ir.Function(module, kind, described.llvm_func_name)
        outer = ir.FunctionType(ir.VoidType(), [WORD, WORD, WORD])
        function = ir.Function(module, outer, described.llvm_cfunc_wrapper_name)
        builder = ir.IRBuilder(function.append_basic_block())
        index, memory, words = function.args
        fields = []
        for place, member in enumerate(self._members):
            first = builder.inttoptr(words, context.get_value_type(member).as_pointer())
            fields.append(builder.load(builder.gep(first, [ir.Constant(WORD, place)])))
        plan = context.make_tuple(builder, self._plan, fields)
        convention.call_function(
            builder,
            body,
            described.restype,
            described.argtypes,
            [index, memory, plan],
            attrs=("noinline",),  # or there would be two of it
        )
        builder.ret_void()
        return module
