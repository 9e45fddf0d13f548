"""Convolution layers: a weight, a bias, and options for `dlcore.nn.functional`."""

from __future__ import annotations

from collections.abc import Sequence

from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Dtype
from dlcore.backend.interface.checks import require_option
from dlcore.errors import OptionError, ShapeError
from dlcore.kernels.geometry import same_padding, transposed_size
from dlcore.nn.init import Initialiser, parameter
from dlcore.nn.module import Module, Parameter
from dlcore.ops import conv as ops
from dlcore.ops.pad import pad
from dlcore.ops.window import Size, pair
from dlcore.tensors import Tensor

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Conv(Module):
    """What all four have: sizes, options, weight and bias."""

    axes: int

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size,
        padding: Size | str,
        dilation: Size,
        groups: int,
        bias: bool,
        padding_mode: str,
        device: str | Backend,
        dtype: Dtype | None,
        init: str | Initialiser,
    ) -> None:
        name = type(self).__name__
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise OptionError(
                name,
                expected="groups that divides in_channels and out_channels",
                received=f"groups={groups}, in_channels={in_channels}, out_channels={out_channels}",
                remedy="choose numbers of channels that are multiples of groups",
            )
        self.in_channels = in_channels
        self.out_channels = out_channels
        self.kernel_size = self._numbers("kernel_size", kernel_size)
        self.stride = self._numbers("stride", stride)
        self.padding = padding if isinstance(padding, str) else self._numbers("padding", padding)
        self.dilation = self._numbers("dilation", dilation)
        self.groups = groups
        self.padding_mode = padding_mode
        channels = self._weight_channels()
        self.weight = parameter((*channels, *self.kernel_size), init, device, dtype)
        self.bias: Parameter | None = None
        if bias:
            self.bias = parameter((out_channels,), "zeros", device, dtype)

    def _numbers(self, argument: str, value: Size) -> tuple[int, ...]:
        return pair(type(self).__name__, argument, value, self.axes, 1)[-self.axes :]

    def _weight_channels(self) -> tuple[int, int]:
        return self.out_channels, self.in_channels // self.groups

    def extra_repr(self) -> str:
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}"
        text += f", stride={self.stride}"
        for name, usual in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            value = getattr(self, name, usual)
            if value not in (usual, (usual,) * self.axes):
                text += f", {name}={value}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


class Conv2d(_Conv):
    """The inner product of a weight with every window of an image, for each output channel.

    Y[n,o,p,q] = bias[o] + sum over c, r, s of
    x[n, c, p stride - padding + r dilation, q stride - padding + s dilation] weight[o,c,r,s].

    Weights start He normal and the bias zero, where PyTorch draws both uniformly
    (`init="pytorch"` gives its weights).

    Shapes: N C H W (or C H W) to N O P Q, P = floor((H + 2 padding - dilation (kernel - 1) - 1) /
    stride) + 1; weight: O C/groups R S in shape, O R S C in memory; bias: O.

    >>> layer = Conv2d(3, 8, 5, padding=2)
    >>> layer
    Conv2d(3, 8, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))
    >>> layer.weight.shape
    (8, 3, 5, 5)

    Args:
        in_channels: C.
        out_channels: O.
        stride: from one window to the next.
        padding: on all sides; "valid" for none, "same" for as much as keeps the size.
        dilation: distance of a window's elements.
        groups: parts of the channels that have nothing to do with each other.
        bias: False leaves it out.
        padding_mode: "zeros", "reflect", "replicate" or "circular".
        init: the weight's initialiser, a name or a function; see `dlcore.nn.init`.

    Raises:
        OptionError: groups that don't divide the channels, unknown names.

    Source: LeCun et al., Gradient-based learning applied to document recognition, 1998.
    """

    axes = 2

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: str | Backend = "cpu",
        dtype: Dtype | None = None,
        *,
        init: str | Initialiser = "he_normal",
    ) -> None:
        require_option(type(self).__name__, "padding_mode", padding_mode, PADDING_MODES)
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
            init,
        )

    def forward(self, input: Tensor) -> Tensor:
        padding: Size | str = self.padding
        if self.padding_mode != "zeros":
            input, padding = pad(input, self._ends(), self.padding_mode), 0
        convolve = ops.conv2d if self.axes == 2 else ops.conv1d
        return convolve(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def _ends(self) -> list[int]:
        """The padding as `pad` wants it: before and after, the last axis first."""
        if self.padding == "valid":
            pairs = [(0, 0)] * self.axes
        elif self.padding == "same":
            measures = zip(self.kernel_size, self.dilation, strict=True)
            pairs = [same_padding(*measure) for measure in measures]
        else:
            pairs = [(int(amount), int(amount)) for amount in self.padding]
        return [amount for ends in reversed(pairs) for amount in ends]


class Conv1d(Conv2d):
    """The inner product of a weight with every window of a sequence, for each output channel.

    Shapes: N C L (or C L) to N O P; weight: O C/groups K. All else: as `Conv2d`.

    >>> Conv1d(3, 8, 5)
    Conv1d(3, 8, kernel_size=(5,), stride=(1,))
    """

    axes = 1


class ConvTranspose2d(_Conv):
    """Every pixel times a weight, added up where `Conv2d` would have read it: enlarges images.

    Shapes: N C P Q (or C P Q) to N O H W, H = (P - 1) stride - 2 padding + dilation (kernel - 1) +
    1 + output_padding; weight: C O/groups R S; bias: O.

    >>> ConvTranspose2d(8, 3, 2, stride=2)
    ConvTranspose2d(8, 3, kernel_size=(2, 2), stride=(2, 2))

    Args:
        output_padding: which of the sizes that `Conv2d` makes equal, counted from the smallest.
        padding_mode: "zeros" is the only one.
        init: the weight's initialiser; others as for `Conv2d`.

    Raises:
        OptionError: groups that don't divide the channels, unknown names.

    Source: Zeiler et al., Deconvolutional networks, 2010.
    """

    axes = 2

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        device: str | Backend = "cpu",
        dtype: Dtype | None = None,
        *,
        init: str | Initialiser = "he_normal",
    ) -> None:
        require_option(type(self).__name__, "padding_mode", padding_mode, PADDING_MODES[:1])
        self.output_padding = self._numbers("output_padding", output_padding)
        super().__init__(
            in_channels,
            out_channels,
            kernel_size,
            stride,
            padding,
            dilation,
            groups,
            bias,
            padding_mode,
            device,
            dtype,
            init,
        )

    def forward(self, input: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        """Enlarge `input`; to `output_size` pixels if given, in place of `output_padding`."""
        convolve = ops.conv_transpose2d if self.axes == 2 else ops.conv_transpose1d
        more = self.output_padding if output_size is None else self._missing(input, output_size)
        return convolve(
            input,
            self.weight,
            self.bias,
            self.stride,
            self.padding,  # type: ignore[arg-type]
            more,
            self.groups,
            self.dilation,
        )

    def _weight_channels(self) -> tuple[int, int]:
        return self.in_channels, self.out_channels // self.groups

    def _missing(self, input: Tensor, output_size: Sequence[int]) -> tuple[int, ...]:
        """The output padding that leads to an output size."""
        wanted = tuple(output_size)[-self.axes :]
        pads = [(int(amount), int(amount)) for amount in self.padding]
        measures = zip(
            input.shape[-self.axes :],
            self.kernel_size,
            self.stride,
            pads,
            self.dilation,
            strict=True,
        )
        smallest = tuple(transposed_size(*measure) for measure in measures)
        largest = tuple(least + step - 1 for least, step in zip(smallest, self.stride, strict=True))
        more = tuple(size - least for size, least in zip(wanted, smallest, strict=False))
        if len(more) != self.axes or any(
            not 0 <= extra < step for extra, step in zip(more, self.stride, strict=True)
        ):
            raise ShapeError(
                type(self).__name__,
                expected=f"output_size from {smallest} to {largest}, because the input has shape "
                f"{input.shape}",
                received=f"output_size={tuple(output_size)}",
                remedy="give a size within these bounds, or none",
            )
        return more


class ConvTranspose1d(ConvTranspose2d):
    """Every element times a weight, added up where `Conv1d` would have read it.

    Shapes: N C P (or C P) to N O L; weight: C O/groups K. All else: as `ConvTranspose2d`.

    >>> ConvTranspose1d(8, 3, 4, stride=2, padding=1)
    ConvTranspose1d(8, 3, kernel_size=(4,), stride=(2,), padding=(1,))
    """

    axes = 1
