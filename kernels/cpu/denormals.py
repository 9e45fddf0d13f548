"""Numbers below the smallest normal one, 1.2e-38 in float32, count as 0 inside kernels.

Processors take a hundred times longer for them, and gradients are full of them. The mode belongs
to a thread: it is set when a thread begins to work, and restored after.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from dlcore.kernels.cpu.machine import platform

WORD = ir.IntType(64)
X86 = 0x8040  # MXCSR: flush results to zero, take operands as zero
ARM = 1 << 24  # FPCR: flush to zero, both


@intrinsic  # type: ignore[untyped-decorator]
def flush_denormals(context: Any) -> Any:
    """Count them as 0 in this thread; the result is what `restore` wants."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        before = _read(builder)
        _write(builder, builder.or_(before, ir.Constant(WORD, X86 if _x86() else ARM)))
        return before

    return types.int64(), lower


@intrinsic  # type: ignore[untyped-decorator]
def restore(context: Any, before: Any) -> Any:
    """Set this thread's mode back."""

    def lower(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        _write(builder, arguments[0])
        return context.get_dummy_value()

    return types.void(types.int64), lower


def _x86() -> bool:
    return platform()[0].startswith(("x86_64", "i686"))


def _read(builder: Any) -> Any:
    if not _x86():
        kind = ir.FunctionType(WORD, [])
        return builder.call(_function(builder, kind, "llvm.aarch64.get.fpcr"), [])
    place = cgutils.alloca_once(builder, ir.IntType(32))
    _control(builder, "llvm.x86.sse.stmxcsr", place)
    return builder.zext(builder.load(place), WORD)


def _write(builder: Any, mode: Any) -> None:
    if not _x86():
        kind = ir.FunctionType(ir.VoidType(), [WORD])
        builder.call(_function(builder, kind, "llvm.aarch64.set.fpcr"), [mode])
        return
    place = cgutils.alloca_once(builder, ir.IntType(32))
    builder.store(builder.trunc(mode, ir.IntType(32)), place)
    _control(builder, "llvm.x86.sse.ldmxcsr", place)


def _control(builder: Any, name: str, place: Any) -> None:
    byte = ir.IntType(8).as_pointer()
    function = _function(builder, ir.FunctionType(ir.VoidType(), [byte]), name)
    builder.call(function, [builder.bitcast(place, byte)])


def _function(builder: Any, kind: Any, name: str) -> Any:
    return cgutils.get_or_insert_function(builder.module, kind, name)
