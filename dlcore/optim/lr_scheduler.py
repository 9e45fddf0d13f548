"""All learning-rate schedules, under PyTorch's path."""

from dlcore.optim.combined import ChainedScheduler, SequentialLR
from dlcore.optim.cosine import CosineAnnealingLR, CosineAnnealingWarmRestarts
from dlcore.optim.cycle import CyclicLR, OneCycleLR
from dlcore.optim.decay import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from dlcore.optim.plateau import ReduceLROnPlateau
from dlcore.optim.schedule import LambdaLR, LRScheduler, MultiplicativeLR

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
