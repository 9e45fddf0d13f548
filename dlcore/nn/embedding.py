"""Vectors for the entries of a vocabulary."""

from __future__ import annotations

from dlcore.backend.base import Backend
from dlcore.backend.interface.array import Dtype
from dlcore.nn.init import Initialiser, gaussian, parameter
from dlcore.nn.module import Module
from dlcore.ops.embedding import embedding
from dlcore.tensors import Tensor


class Embedding(Module):
    """A row of `weight` for each index.

    Shapes: indices int64 (...), output (..., embedding_dim), weight (num_embeddings,
    embedding_dim).

    Args:
        num_embeddings: rows of the table.
        embedding_dim: length of a row.
        padding_idx: an index whose row starts at zero and gets no gradient.
        device, dtype: of the table.
        init: how it starts; normal values unless given.

    >>> import dlcore as dl
    >>> Embedding(10, 3)(dl.tensor([[1, 2], [4, 5]])).shape
    (2, 2, 3)

    Raises:
        IndexRangeError: an index outside the table.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        device: str | Backend = "cpu",
        dtype: Dtype | None = None,
        init: str | Initialiser | None = None,
    ) -> None:
        self.padding_idx = padding_idx
        start = gaussian(1.0) if init is None else init
        self.weight = parameter((num_embeddings, embedding_dim), start, device, dtype)
        if padding_idx is not None:
            self.weight.detach()[padding_idx] = 0.0

    def forward(self, indices: Tensor) -> Tensor:
        return embedding(indices, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        rows, length = self.weight.shape
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{rows}, {length}{padding}"
