"""Shapes, orders of axes, pieces and repetition."""

from dlcore.ops import repeat, shape
from tests.operations.case import Operation, normal


def last_image(x, function):
    """A function of an image tensor whose memory is channels last, whatever came in."""
    return function(x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2))


def same(name, function, *shapes):
    """An operation that is called alike on both sides, as a method or by slices."""
    return Operation(name, function, tuple(normal(*s) for s in shapes), lambda _, *x: function(*x))


CASES = [
    same("reshape", lambda x: x.reshape(5, -1), (2, 3, 5)),
    same(
        "reshape of channels last",
        lambda x: last_image(x, lambda y: y.reshape(2, -1)),
        (2, 3, 2, 4),
    ),
    same("reshape to nothing", lambda x: x.reshape((0, 7)), (0, 3)),
    same("reshape of one element", lambda x: x.reshape(()), (1, 1)),
    Operation(
        "reshape, a function",
        lambda x: shape.reshape(x, (6,)),
        (normal(2, 3),),
        lambda torch, x: torch.reshape(x, (6,)),
    ),
    same("reshape_as", lambda x, y: x.reshape_as(y), (6,), (2, 3)),
    same("view", lambda x: x.contiguous().view(3, -1), (2, 3)),
    same("view_as", lambda x, y: x.contiguous().view_as(y), (6,), (2, 3)),
    same("flatten", lambda x: x.flatten(), (2, 3, 4)),
    same("flatten from axis 1", lambda x: x.flatten(1), (2, 3, 4, 1)),
    same("flatten of channels last", lambda x: last_image(x, lambda y: y.flatten(1)), (2, 3, 2, 4)),
    same("flatten between", lambda x: x.flatten(-3, 2), (2, 3, 4, 5)),
    same("flatten of a number", lambda x: x.flatten(), ()),
    same("ravel", lambda x: x.ravel(), (2, 1, 3)),
    same("unflatten", lambda x: x.unflatten(1, (2, -1)), (3, 6, 2)),
    same("squeeze", lambda x: x.squeeze(), (1, 3, 1)),
    same("squeeze of ones", lambda x: x.squeeze(), (1, 1)),
    same("squeeze of an axis", lambda x: x.squeeze(-1), (1, 3, 1)),
    same("squeeze of a longer axis", lambda x: x.squeeze(1), (1, 3, 1)),
    same("squeeze of some", lambda x: x.squeeze((0, 1)), (1, 3, 1)),
    same("unsqueeze", lambda x: x.unsqueeze(1), (2, 3)),
    same("unsqueeze at the end", lambda x: x.unsqueeze(-1), (2, 3)),
    same("unsqueeze of a number", lambda x: x.unsqueeze(0), ()),
    same("expand", lambda x: x.expand(4, -1, 3), (2, 1)),
    same("expand to nothing", lambda x: x.expand(2, 0), (2, 1)),
    same("expand_as", lambda x, y: x.expand_as(y), (3, 1), (2, 3, 2)),
    same("broadcast_to", lambda x: x.broadcast_to((2, 3)), (3,)),
    same("permute", lambda x: x.permute(2, 0, 1), (2, 3, 4)),
    same("permute counted backwards", lambda x: x.permute((-1, 0, -2)), (2, 3, 4)),
    same("transpose", lambda x: x.transpose(0, -1), (2, 3, 4)),
    same("swapaxes", lambda x: x.swapaxes(0, 1), (2, 3)),
    same("movedim", lambda x: x.movedim(0, 2), (2, 3, 4)),
    same("movedim of two", lambda x: x.movedim((0, 1), (-1, 0)), (2, 3, 4, 5)),
    same("t", lambda x: x.t(), (2, 3)),
    same("t of a vector", lambda x: x.t(), (3,)),
    same("T", lambda x: x.T, (2, 3)),
    same("mT", lambda x: x.mT, (2, 3, 4)),
    same("narrow", lambda x: x.narrow(1, 1, 2), (2, 4)),
    same("narrow from the end", lambda x: x.narrow(0, -2, 1), (3, 2)),
    same("narrow to nothing", lambda x: x.narrow(0, 3, 0), (3, 2)),
    same("select", lambda x: x.select(1, -1), (2, 4)),
    same("unbind", lambda x: x.unbind(1)[2], (2, 4)),
    same("split", lambda x: x.split(3)[2], (7, 2)),
    same("split, all pieces", lambda x: x.split(3)[0] * x.split(3)[1], (6, 2)),
    same("split by lengths", lambda x: x.split([1, 0, 3], -1)[2], (2, 4)),
    same("chunk", lambda x: x.chunk(3, 1)[2], (2, 7)),
    same("chunk into more than there is", lambda x: x.chunk(5)[1], (2, 3)),
    same("tensor_split", lambda x: x.tensor_split(3)[1], (7, 2)),
    same("tensor_split at places", lambda x: x.tensor_split((1, -1), 1)[1], (2, 7)),
    same("tensor_split at places out of order", lambda x: x.tensor_split((5, 1))[1], (7,)),
    same("repeat", lambda x: x.repeat(3, 1, 2), (2, 3)),
    same("repeat of nothing", lambda x: x.repeat(2, 0), (2, 3)),
    same("tile", lambda x: x.tile(2), (2, 3)),
    Operation(
        "tile, a function",
        lambda x: repeat.tile(x, (2, 1, 2)),
        (normal(2, 3),),
        lambda torch, x: torch.tile(x, (2, 1, 2)),
    ),
    same("repeat_interleave", lambda x: x.repeat_interleave(3), (2, 3)),
    same("repeat_interleave along an axis", lambda x: x.repeat_interleave(2, 1), (2, 3, 2)),
]
