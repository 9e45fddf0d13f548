import pytest

from dlcore.cli import diagnosis
from dlcore.cli.diagnosis import cuda_checks, devices, processor_checks
from dlcore.cli.nvidia import Driver


def by_name(checks):
    return {check.name: check for check in checks}


def test_first_obstacle_is_the_reason():
    checks = list(cuda_checks(None))
    cuda = devices(checks)[-1]
    assert cuda.engine is None
    assert cuda.reason.startswith("cuda engine: ")
    cuda = devices(checks[1:])[-1]
    assert cuda.reason.startswith("driver: no NVIDIA driver (")
    assert cuda.reason.endswith("; install it if there is an NVIDIA GPU")


@pytest.mark.parametrize(
    ("driver", "name", "found"),
    [
        (Driver("13.0", error="error 803, mismatch"), "driver", "does not start: error 803, mism"),
        (Driver("13.0"), "gpus", "none visible"),
    ],
)
def test_driver_troubles(driver, name, found):
    check = by_name(cuda_checks(driver))[name]
    assert check.status == "missing"
    assert found in check.found


def test_all_is_well(monkeypatch):
    class CudaBackend:
        pass

    monkeypatch.setattr(diagnosis, "get_backend", lambda device: CudaBackend())
    checks = list(cuda_checks(Driver("13.0", ("H200", "A10"))))
    assert by_name(checks)["driver"].found == "runs CUDA up to 13.0"
    assert by_name(checks)["gpus"].found == "cuda:0 H200, cuda:1 A10"
    assert [device.engine for device in devices(checks)] == ["CudaBackend"] * 3


def test_threads_follow_quota_and_environment(monkeypatch):
    for variable in diagnosis.BLAS_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    threads = by_name(processor_checks(cores=8, quota=2.5))["threads"]
    assert (threads.status, threads.remedy) == ("note", "set OMP_NUM_THREADS=3")
    assert by_name(processor_checks(cores=8, quota=None))["threads"].status == "ok"
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    threads = by_name(processor_checks(cores=8, quota=2.5))["threads"]
    assert (threads.status, threads.found) == ("ok", "NumPy's BLAS is told OMP_NUM_THREADS=3")


@pytest.mark.parametrize("state", ["set", "stale", "unset"])
def test_toolkit(monkeypatch, tmp_path, state):
    monkeypatch.delenv("CUDA_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv(
        "CUDA_HOME", {"set": str(tmp_path), "stale": "/none/such", "unset": ""}[state]
    )
    found = by_name(cuda_checks(None))["toolkit"].found
    assert (
        found
        == {
            "set": f"CUDA_HOME={tmp_path}",
            "stale": "CUDA_HOME=/none/such, which does not exist",
            "unset": "no nvcc and no CUDA_HOME",
        }[state]
    )
