import platform

import pytest

from dlcore import machine


def make_files(root, files):
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content + "\n")
    return root


X86 = """processor	: 0
model name	: Fast 9000
flags		: fpu fma f16c avx2 avx512f

processor	: 1
model name	: Slow
"""
ARM = "processor\t: 0\nFeatures\t: fp asimd asimdhp sve bf16\n"


def test_processor_x86(tmp_path, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    root = make_files(tmp_path, {"proc/cpuinfo": X86})
    assert machine.processor(root) == ("Fast 9000", ["avx2", "fma", "f16c", "avx512f"])


def test_processor_arm(tmp_path, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    _, features = machine.processor(make_files(tmp_path, {"proc/cpuinfo": ARM}))
    assert features == ["neon", "neon_fp16", "bf16", "sve"]


def test_processor_without_proc(tmp_path, monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(platform, "processor", lambda: "arm")
    assert machine.processor(tmp_path) == ("arm", ["neon"])


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({}, None),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "max 100000"}, None),
        ({"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "250000 100000"}, 2.5),
        (  # the smallest limit on the way to the top binds
            {
                "proc/self/cgroup": "0::/user/job",
                "sys/fs/cgroup/user/job/cpu.max": "max 100000",
                "sys/fs/cgroup/user/cpu.max": "300000 100000",
                "sys/fs/cgroup/cpu.max": "800000 100000",
            },
            3,
        ),
        (  # a container sees its own group as the top
            {
                "proc/self/cgroup": "0::/docker/4f",
                "sys/fs/cgroup/cpu.max": "50000 100000",
            },
            0.5,
        ),
        (
            {
                "proc/self/cgroup": "5:memory:/m\n4:cpu,cpuacct:/job\n0::/",
                "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "150000",
                "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1",
                "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000",
            },
            1.5,
        ),
        (
            {
                "proc/self/cgroup": "1:cpu:/",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "400000",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            },
            4,
        ),
        (  # another group's limit is not ours
            {"proc/self/cgroup": "0::/job", "sys/fs/cgroup/other/cpu.max": "100000 100000"},
            None,
        ),
    ],
)
def test_cpu_quota(tmp_path, files, quota):
    assert machine.cpu_quota(make_files(tmp_path, files)) == quota


@pytest.mark.parametrize(
    ("cores", "quota", "threads"),
    [(8, None, 8), (8, 2.0, 2), (8, 1.5, 2), (8, 0.2, 1), (2, 6.0, 2)],
)
def test_usable_threads(cores, quota, threads):
    assert machine.usable_threads(cores, quota) == threads


def test_loads():
    assert not machine.loads("libnone-such.so.9")
