"""Convolutions of the networks: batch, channels in and out, size, kernel, stride, groups."""

import pytest

CASES = {
    "ResNet-20 stage 1": (128, 16, 16, 32, 3, 1, 1),
    "ResNet-20 stage 3": (128, 64, 64, 8, 3, 1, 1),
    "ResNet-18 stage 2": (64, 128, 128, 16, 3, 1, 1),
    "ResNet-18 downsampling": (64, 64, 128, 32, 3, 2, 1),
    "ResNet-50 stem": (4, 3, 64, 224, 7, 2, 1),
    "ResNet-50 1x1": (4, 256, 64, 56, 1, 1, 1),
    "depthwise": (16, 128, 128, 28, 3, 1, 128),
}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]


@pytest.fixture
def convolution(rival, case):
    """The function and its leaves."""
    batch, inputs, outputs, size, kernel, stride, groups = case
    x = rival.normal(batch, inputs, size, size, grad=True)
    weight = rival.normal(outputs, inputs // groups, kernel, kernel, grad=True)
    options = {"stride": stride, "padding": kernel // 2, "groups": groups}
    return lambda: rival.functional.conv2d(x, weight, None, **options), (x, weight)


def test_forward(benchmark, rival, convolution):
    function, _ = convolution
    benchmark(rival.forward(function))


def test_with_gradients(benchmark, rival, convolution):
    function, leaves = convolution
    benchmark(rival.with_gradients(function, *leaves))
