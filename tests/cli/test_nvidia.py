import ctypes

from dlcore.cli import nvidia


class FakeDriver:
    """The five functions of the driver's C interface that are asked, for machines without one."""

    def __init__(self, gpus=(), code=0):
        self.gpus, self.code = gpus, code

    def cuDriverGetVersion(self, number):
        number._obj.value = 12080

    def cuInit(self, flags):
        assert flags == 0
        return self.code

    def cuGetErrorString(self, code, text):
        text._obj.value = b"no CUDA-capable device is detected"

    def cuDeviceGetCount(self, number):
        number._obj.value = len(self.gpus)

    def cuDeviceGet(self, device, ordinal):
        device._obj.value = ordinal + 100

    def cuDeviceGetName(self, name, size, device):
        assert size == ctypes.sizeof(name)
        name.value = self.gpus[device.value - 100]


def test_lists_gpus():
    driver = nvidia.ask_driver(FakeDriver([b"H200", b"A10"]))
    assert driver == nvidia.Driver("12.8", ("H200", "A10"))


def test_driver_that_does_not_start():
    driver = nvidia.ask_driver(FakeDriver(code=100))
    assert driver.error == "error 100, no CUDA-capable device is detected"


def test_absent_driver(monkeypatch):
    monkeypatch.setattr(nvidia, "LIBRARY", "libnone-such.so.9")
    assert nvidia.load_driver() is None
