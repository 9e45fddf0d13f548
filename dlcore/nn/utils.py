"""Functions on the parameters of a network, under PyTorch's path."""

from dlcore.optim.clip import clip_grad_norm_, clip_grad_value_

__all__ = ["clip_grad_norm_", "clip_grad_value_"]
