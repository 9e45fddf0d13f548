"""Optimizers, learning-rate schedules, clipping and loss scaling."""

from dlcore.optim.adadelta import Adadelta
from dlcore.optim.adagrad import Adagrad
from dlcore.optim.adam import Adam, AdamW
from dlcore.optim.adamax import Adamax
from dlcore.optim.clip import clip_grad_norm_, clip_grad_value_
from dlcore.optim.lamb import LAMB
from dlcore.optim.lars import LARS
from dlcore.optim.lr_scheduler import (
    ChainedScheduler,
    ConstantLR,
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
    CyclicLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiplicativeLR,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    ReduceLROnPlateau,
    SequentialLR,
    StepLR,
)
from dlcore.optim.optimizer import Optimizer
from dlcore.optim.radam import RAdam
from dlcore.optim.registry import OPTIMIZERS, SCHEDULES, make_optimizer, make_schedule
from dlcore.optim.rmsprop import RMSprop
from dlcore.optim.rprop import Rprop
from dlcore.optim.scaler import GradScaler
from dlcore.optim.sgd import SGD

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "LAMB",
    "LARS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "GradScaler",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "Optimizer",
    "PolynomialLR",
    "RAdam",
    "RMSprop",
    "ReduceLROnPlateau",
    "Rprop",
    "SequentialLR",
    "StepLR",
    "clip_grad_norm_",
    "clip_grad_value_",
    "make_optimizer",
    "make_schedule",
]
