"""What vector code may use on this machine, as Numba is going to compile for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from numba.core.registry import cpu_target


@dataclass(frozen=True)
class Target:
    """What vector code is written for; a lower one than the host's runs on the host, too.

    Args:
        lanes: how many float32 one vector holds.
        registers: how many vectors the processor keeps at hand.
        fma: multiply and add with one rounding, in one instruction.
        half: instructions between float16 and float32.
        bf16_dot: the instruction that multiplies and adds pairs of bfloat16.
    """

    lanes: int
    registers: int = 16
    fma: bool = False
    half: bool = False
    bf16_dot: bool = False


def describe(triple: str, features: Collection[str]) -> Target:
    """The best target for a platform and the names that LLVM has for its features.

    >>> describe("x86_64-unknown-linux-gnu", {"sse2", "avx", "avx2", "fma", "f16c"})
    Target(lanes=8, registers=16, fma=True, half=True, bf16_dot=False)
    """
    if triple.startswith(("aarch64", "arm64")):  # NEON is part of it
        return Target(lanes=4, registers=32, fma=True, half=True)
    fma, half = "fma" in features, "f16c" in features
    if {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= set(features):
        return Target(16, 32, fma, half, "avx512bf16" in features)
    return Target(8 if "avx2" in features else 4, 16, fma, half)


def platform() -> tuple[str, str, str]:
    """LLVM's triple, processor name and feature list; Numba's environment variables change them."""
    triple, name, features = cpu_target.target_context.codegen().magic_tuple()
    return triple, name, features


@cache
def host() -> Target:
    """The target of kernels in this process."""
    triple, _, features = platform()
    return describe(triple, {name[1:] for name in features.split(",") if name.startswith("+")})
