"""What convolutions refuse, the layouts they give, and what doesn't show in values."""

import numpy as np
import pytest

import dlcore as dl
from dlcore.backend.interface.array import channels_last, order_of
from dlcore.errors import DeviceError, DtypeError, OptionError, ShapeError, StaleError
from dlcore.nn import functional


def ones(*shape, dtype="float32", **options):
    return dl.tensor(np.ones(shape, dtype), **options)


REFUSED = [
    (
        lambda: functional.conv2d(ones(2, 1, 28, 28), ones(8, 3, 5, 5)),
        ShapeError,
        "conv2d: expected 3 input channels because weight has shape (8, 3, 5, 5) with groups=1, "
        "received 1 from input of shape (2, 1, 28, 28); build the layer with in_channels=1",
    ),
    (
        lambda: functional.conv1d(ones(2, 4, 9), ones(6, 3, 5), groups=2),
        ShapeError,
        "conv1d: expected 6 input channels because weight has shape (6, 3, 5) with groups=2, "
        "received 4 from input of shape (2, 4, 9)",
    ),
    (
        lambda: functional.conv_transpose2d(ones(2, 3, 5, 5), ones(4, 3, 2, 2)),
        ShapeError,
        "conv_transpose2d: expected 4 input channels because weight has shape (4, 3, 2, 2) with "
        "groups=1, received 3 from input of shape (2, 3, 5, 5)",
    ),
    (
        lambda: functional.conv2d(ones(1, 4, 5, 5), ones(3, 2, 3, 3), groups=2),
        ShapeError,
        "expected a number of output channels that groups=2 divides, received 3 output channels",
    ),
    (
        lambda: functional.conv_transpose1d(ones(1, 3, 5), ones(3, 2, 3), groups=2),
        ShapeError,
        "expected a number of input channels that groups=2 divides, received 3 input channels",
    ),
    (
        lambda: functional.conv2d(ones(1, 2, 3, 4), ones(3, 2, 3, 5), padding=(1, 0), dilation=2),
        ShapeError,
        "conv2d: expected a kernel that fits the padded input of 5 x 4, received a kernel of 3 x 5 "
        "that spans 5 x 9 with dilation=(2, 2), for an input of 3 x 4; add padding",
    ),
    (
        lambda: functional.conv1d(ones(1, 2, 3), ones(3, 2, 5)),
        ShapeError,
        "conv1d: expected a kernel that fits the padded input of 3, received a kernel of 5",
    ),
    (
        lambda: functional.conv2d(ones(2, 3), ones(3, 2, 3, 3)),
        ShapeError,
        "conv2d: expected an input with 4 axes, or 3 for one without a batch (N C H W or C H W), "
        "received input of shape (2, 3)",
    ),
    (
        lambda: functional.conv2d(ones(1, 2, 3, 3), ones(3, 2, 3)),
        ShapeError,
        "conv2d: expected weight with 4 axes (O C/groups R S), received weight of shape (3, 2, 3)",
    ),
    (
        lambda: functional.conv1d(ones(1, 2, 3), ones(3, 2, 3), ones(2)),
        ShapeError,
        "conv1d: expected bias of shape (3,), one for each output channel, received bias of shape "
        "(2,)",
    ),
    (
        lambda: functional.conv_transpose2d(ones(1, 2, 1, 2), ones(2, 3, 2, 2), padding=1),
        ShapeError,
        "conv_transpose2d: expected an input, a kernel and an output of at least 1 pixel, received "
        "input of shape (1, 2, 1, 2) and weight of shape (2, 3, 2, 2), which give 0 x 1",
    ),
    (
        lambda: functional.conv2d(ones(1, 2, 3, 3), ones(3, 2, 3, 3, dtype="float64")),
        DtypeError,
        "conv2d: expected one dtype for input, weight, received input float32, weight float64",
    ),
    (
        lambda: functional.conv2d(ones(1, 2, 3, 3), ones(3, 2, 3, 3), ones(3, dtype="float16")),
        DtypeError,
        "received input float32, weight float32, bias float16",
    ),
    (
        lambda: functional.conv1d(ones(1, 2, 3, dtype="int64"), ones(3, 2, 3, dtype="int64")),
        DtypeError,
        "conv1d: expected x of dtype bfloat16, float16, float32 or float64, received x of shape "
        "(1, 2, 1, 3) and dtype int64",
    ),
    (
        lambda: functional.conv2d(ones(1, 2, 3, 3), ones(3, 2, 3, 3, device="meta")),
        DeviceError,
        "conv2d: expected all tensors on one device",
    ),
    (
        lambda: functional.conv2d(ones(1, 2, 3, 3), ones(3, 2, 3, 3), stride=(1, 0)),
        OptionError,
        "conv2d: expected stride of at least 1, received stride=1 x 0",
    ),
    (
        lambda: functional.conv2d(ones(1, 2, 3, 3), ones(3, 2, 3, 3), padding=-1),
        OptionError,
        "conv2d: expected padding of at least 0, received padding=-1",
    ),
    (
        lambda: functional.conv_transpose1d(ones(1, 2, 3), ones(2, 3, 3), dilation=0),
        OptionError,
        "conv_transpose1d: expected dilation of at least 1, received dilation=0",
    ),
    (
        lambda: functional.conv2d(ones(1, 2, 3, 3), ones(3, 2, 3, 3), groups=0),
        OptionError,
        "conv2d: expected groups of at least 1, received groups=0",
    ),
    (
        lambda: functional.conv2d(ones(1, 2, 3, 3), ones(3, 2, 3, 3), stride=(1, 2, 3)),
        OptionError,
        "conv2d: expected stride as an integer or two of them, received stride=(1, 2, 3)",
    ),
    (
        lambda: functional.conv1d(ones(1, 2, 3), ones(3, 2, 3), padding=0.5),
        OptionError,
        "conv1d: expected padding as an integer, received padding=0.5",
    ),
    (
        lambda: functional.conv2d(ones(1, 2, 3, 3), ones(3, 2, 3, 3), padding="full"),
        OptionError,
        "conv2d: expected padding as integers, 'same' or 'valid', received padding='full'",
    ),
    (
        lambda: functional.conv1d(ones(1, 2, 3), ones(3, 2, 3), padding="same", stride=2),
        OptionError,
        "conv1d: expected stride=1 with padding='same', received stride=(2,)",
    ),
    (
        lambda: functional.conv_transpose2d(
            ones(1, 2, 3, 3), ones(2, 3, 3, 3), stride=2, output_padding=(0, 2)
        ),
        OptionError,
        "conv_transpose2d: expected output_padding of at least 0 and less than stride=2 x 2, "
        "received output_padding=0 x 2",
    ),
]


@pytest.mark.parametrize(("call", "error", "text"), REFUSED)
def test_refused(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)
    assert caught.value.remedy


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_images_lie_channels_last(device):
    """What convolutions give, and the gradient of the weight: channels are innermost."""
    x, weight = ones(2, 3, 5, 6, device=device), ones(4, 3, 3, 2, device=device)
    weight.requires_grad_()
    y = functional.conv2d(x, weight)
    assert order_of(y.array) == channels_last(4)
    y.backward(ones(*y.shape, device=device))
    assert weight.grad.shape == weight.shape
    row = functional.conv1d(ones(2, 3, 6, device=device), ones(4, 3, 2, device=device))
    assert order_of(row.array) == channels_last(3)


def test_padding_same_keeps_the_size():
    for kernel in range(1, 6):
        y = functional.conv1d(ones(1, 1, 7), ones(1, 1, kernel), padding="same")
        assert y.shape == (1, 1, 7)


def test_nan_reaches_every_window_that_sees_it():
    """Overflow has to be noticed, whatever the algorithm."""
    x, weight = ones(1, 2, 6, 6), ones(3, 2, 3, 3)
    x.array[0, 1, 2, 3] = np.nan
    y = functional.conv2d(x, weight).numpy()
    assert np.isnan(y[0, :, 0:3, 1:4]).all()


def test_sums_of_halves_are_rounded_once():
    """2048 + 1 is 2048 in fp16, but the sum of 2048 and 2048 ones is 4096."""
    x = dl.tensor(np.array([2048.0, *[1.0] * 2048], np.float16).reshape(1, 2049, 1, 1))
    y = functional.conv2d(x, ones(1, 2049, 1, 1, dtype="float16"))
    assert y.dtype == dl.float16
    assert y.item() == 4096.0


def test_autocast_convolves_in_16_bits():
    x, weight = ones(1, 2, 4, 4, requires_grad=True), ones(3, 2, 3, 3, requires_grad=True)
    with dl.autocast("bfloat16"):
        y = functional.conv2d(x, weight)
        z = functional.conv_transpose2d(x, ones(2, 3, 3, 3))
    assert (y.dtype, z.dtype) == (dl.bfloat16, dl.bfloat16)
    y.backward(ones(*y.shape).to(dl.bfloat16))
    assert weight.grad.dtype == dl.float32


@pytest.mark.parametrize("function", ["conv2d", "conv_transpose2d"])
def test_each_operand_is_kept_for_the_other(function):
    """With a frozen weight the backward pass reads the weight, and the input may change."""
    x, weight = ones(1, 3, 4, 4, requires_grad=True), ones(3, 3, 3, 3)
    for dirty in (x, weight):
        y = getattr(functional, function)(x, weight)
        dirty.version.bump()
        if dirty is x:
            y.backward(ones(*y.shape))
            assert x.grad is not None
            assert weight.grad is None
        else:
            with pytest.raises(StaleError):
                y.backward(ones(*y.shape))
