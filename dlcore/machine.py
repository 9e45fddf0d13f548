"""Facts about this machine, one small reader each: what the kernel says, not what we hope.

Readers take the root of the file system, so that the tests can bring their own /proc and /sys.
"""

from __future__ import annotations

import platform
from pathlib import Path

from dlcore.kernels.cores import ROOT, cores, cpu_quota, lines_of, usable_threads

__all__ = ["cores", "cpu_quota", "processor", "usable_threads"]

# What kernels care about, by the names of /proc/cpuinfo on x86 (flags) and ARM (Features).
FEATURES = ("avx2", "fma", "f16c", "avx512f", "avx512_bf16", "avx512_fp16", "amx_bf16")
ARM_FEATURES = {"asimd": "neon", "asimdhp": "neon_fp16", "bf16": "bf16", "sve": "sve"}


def processor(root: Path = ROOT) -> tuple[str, list[str]]:
    """The processor's name and those of its vector features that matter here."""
    facts: dict[str, str] = {}
    for line in lines_of(root / "proc/cpuinfo"):
        key, _, value = line.partition(":")
        facts.setdefault(key.strip(), value.strip())  # the first core speaks for all
    name = facts.get("model name") or platform.processor() or platform.machine()
    present = facts.get("flags", facts.get("Features", "")).split()
    features = [feature for feature in FEATURES if feature in present]
    features += [name for flag, name in ARM_FEATURES.items() if flag in present]
    if platform.machine() in ("arm64", "aarch64") and "neon" not in features:
        features.insert(0, "neon")  # part of 64-bit ARM; macOS has no /proc to say so
    return name, features
