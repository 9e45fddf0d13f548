import platform

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
