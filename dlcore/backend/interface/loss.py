"""How far a classifier is from the labels: one pass over the logits, and one back."""

from __future__ import annotations

from dlcore.backend.interface.array import FLOATS, Array, Dtype, Spec, float32, float64, int64, like
from dlcore.backend.interface.checks import require_dtype
from dlcore.backend.interface.primitive import checks_values, primitive
from dlcore.errors import DtypeError, OptionError, ShapeError


@checks_values
@primitive
def cross_entropy(
    x: Array, labels: Array, weight: Array | None, *, smoothing: float, ignore_index: int
) -> tuple[Array, Array, Array]:
    """The negative log-likelihood of each label under softmax(x), with what backward needs.

    With z = log sum over c of exp(x_c), y the label, w_c the weight of class c (1 without one) and
    s the smoothing, for each sample:

        loss = (1 - s) w_y (z - x_y) + (s / C) sum over c of w_c (z - x_c)

    A sample whose label is ignore_index has loss 0.

    Outputs: the losses; the weights w_y of the samples (0 for ignored ones), by whose sum a mean is
    divided; and the z.
    Shapes: x: N C or N C D1 D2 ..., labels and outputs: N or N D1 D2 ..., weight: C.
    Layout: any strides; outputs are rows.
    Dtypes: x: floats; labels: int64; weight and outputs: fp32, float64 for float64, and so is all
    arithmetic. NaN or +Inf in a sample, or -Inf throughout, makes its loss NaN unless it is
    ignored; a single x_c of -Inf has probability 0.

    Raises:
        ShapeError: labels or weight that don't fit x.
        DtypeError: x isn't a float, labels aren't int64, or weight has another dtype.
        OptionError: smoothing outside 0 to 1.
        IndexError: a label that is neither ignore_index nor within 0 to C - 1.
    """
    require_smoothing(smoothing)
    rows = labelled("cross_entropy", x, labels, weight)
    return rows, rows, rows


@primitive
def cross_entropy_gradient(
    dloss: Array,
    x: Array,
    labels: Array,
    weight: Array | None,
    z: Array,
    *,
    smoothing: float,
    ignore_index: int,
) -> Array:
    """Dx of `cross_entropy`, from its input and its z.

    With p = exp(x - z) and W the sum of all w_c, for each sample that isn't ignored:

        dx_c = dloss ((1 - s) w_y (p_c - [c = y]) + (s / C) (W p_c - w_c))

    Shapes, dtypes: as there; dloss: as the losses. Layout: dx has x's memory order.
    """
    labelled("cross_entropy", x, labels, weight)
    return like(x)


@checks_values
@primitive
def nll_loss(
    x: Array, labels: Array, weight: Array | None, *, ignore_index: int
) -> tuple[Array, Array]:
    """Loss = -w_y x_y for log-probabilities x; 0 where the label is ignore_index.

    Outputs, shapes, layout, dtypes, errors: as `cross_entropy`, without the z.
    """
    rows = labelled("nll_loss", x, labels, weight)
    return rows, rows


@primitive
def nll_loss_gradient(
    dloss: Array, x: Array, labels: Array, weight: Array | None, *, ignore_index: int
) -> Array:
    """Dx of `nll_loss`: -w_y dloss at the label, 0 elsewhere.

    Of x only shape, dtype and memory order matter: dx has the same.
    """
    labelled("nll_loss", x, labels, weight)
    return like(x)


def require_smoothing(smoothing: float) -> None:
    """Refuse a share that isn't one."""
    if not 0 <= smoothing <= 1:
        raise OptionError(
            "cross_entropy",
            expected="label_smoothing between 0 and 1",
            received=str(smoothing),
            remedy="0 uses the labels as they are",
        )


def require_class_weight(operation: str, weight: Array, classes: int) -> None:
    """Refuse weights of another number of classes."""
    if weight.shape != (classes,):
        raise ShapeError(
            operation,
            expected=f"a weight for each of {classes} classes",
            received=f"weight of shape {weight.shape}",
            remedy="give it the shape (C,)",
        )


def loss_dtype(x: Dtype) -> Dtype:
    """In which a loss of values of this dtype is computed."""
    return float64 if x == float64 else float32


def labelled(operation: str, x: Array, labels: Array, weight: Array | None) -> Spec:
    """One value for each label; refuses labels and weights that don't fit x."""
    require_dtype(operation, "input", x, FLOATS)
    if labels.dtype != int64:
        raise DtypeError(
            operation,
            expected="class labels of dtype int64",
            received=f"a target of shape {labels.shape} and dtype {labels.dtype.name}",
            remedy="convert it with .long(); class probabilities have the shape of the input",
        )
    if x.ndim < 2 or not x.shape[1]:
        raise ShapeError(
            operation,
            expected="an input of shape N C or N C D1 D2 ... with at least one class",
            received=f"an input of shape {x.shape}",
            remedy="classes are axis 1 of the input",
        )
    wanted = (x.shape[0], *x.shape[2:])
    if labels.shape != wanted:
        raise ShapeError(
            operation,
            expected=f"labels of shape {wanted} for an input of shape {x.shape}",
            received=f"labels of shape {labels.shape}",
            remedy="classes are axis 1 of the input, and labels have all its other axes",
        )
    dtype = loss_dtype(x.dtype)
    if weight is not None:
        require_dtype(operation, "weight", weight, [dtype])
        require_class_weight(operation, weight, x.shape[1])
    return Spec(labels.shape, dtype)
