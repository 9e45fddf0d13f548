"""Targets, from lists of features as LLVM gives them."""

import pytest

pytest.importorskip("numba")

from dlcore.kernels.cpu.machine import Target, describe, host, platform

AVX2 = {"sse2", "avx", "avx2", "fma", "f16c"}
AVX512 = AVX2 | {"avx512f", "avx512bw", "avx512dq", "avx512vl"}


@pytest.mark.parametrize(
    ("triple", "features", "expected"),
    [
        ("x86_64-unknown-linux-gnu", {"sse2"}, Target(4)),
        ("x86_64-unknown-linux-gnu", AVX2, Target(8, 16, fma=True, half=True)),
        ("x86_64-pc-windows-msvc", AVX2 | {"avx512f"}, Target(8, 16, fma=True, half=True)),
        ("x86_64-unknown-linux-gnu", AVX512, Target(16, 32, fma=True, half=True)),
        ("x86_64-unknown-linux-gnu", AVX512 | {"avx512bf16"}, Target(16, 32, True, True, True)),
        ("aarch64-unknown-linux-gnu", {"neon"}, Target(4, 32, fma=True, half=True)),
        ("arm64-apple-darwin23.0", set(), Target(4, 32, fma=True, half=True)),
    ],
)
def test_targets(triple, features, expected):
    assert describe(triple, features) == expected


def test_host_is_what_numba_compiles_for():
    assert host().lanes in (4, 8, 16)
    assert (host().lanes == 16) == ("+avx512bw" in platform()[2].split(","))
