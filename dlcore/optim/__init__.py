"""Optimizers, learning-rate schedules and loss scaling."""

from dlcore.optim.adam import Adam, AdamW
from dlcore.optim.optimizer import Optimizer
from dlcore.optim.scaler import GradScaler
from dlcore.optim.schedule import CosineAnnealingLR, LambdaLR, LRScheduler, StepLR
from dlcore.optim.sgd import SGD

__all__ = [
    "SGD",
    "Adam",
    "AdamW",
    "CosineAnnealingLR",
    "GradScaler",
    "LRScheduler",
    "LambdaLR",
    "Optimizer",
    "StepLR",
]
