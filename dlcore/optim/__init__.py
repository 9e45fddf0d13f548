"""Optimizers, learning-rate schedules, clipping and loss scaling."""

from dlcore.optim.adadelta import Adadelta
from dlcore.optim.adagrad import Adagrad
from dlcore.optim.adam import Adam, AdamW
from dlcore.optim.adamax import Adamax
from dlcore.optim.lamb import LAMB
from dlcore.optim.lars import LARS
from dlcore.optim.optimizer import Optimizer
from dlcore.optim.radam import RAdam
from dlcore.optim.rmsprop import RMSprop
from dlcore.optim.rprop import Rprop
from dlcore.optim.scaler import GradScaler
from dlcore.optim.schedule import CosineAnnealingLR, LambdaLR, LRScheduler, StepLR
from dlcore.optim.sgd import SGD

__all__ = [
    "LAMB",
    "LARS",
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "CosineAnnealingLR",
    "GradScaler",
    "LRScheduler",
    "LambdaLR",
    "Optimizer",
    "RAdam",
    "RMSprop",
    "Rprop",
    "StepLR",
]
