"""The training loop, its callbacks, metrics and checkpoints; whole runs into folders."""

from dlcore.train.callback import Best, Callback, EarlyStopping, Results
from dlcore.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from dlcore.train.classification import Accuracy, ConfusionMatrix, TopK
from dlcore.train.evaluation import evaluate, predict
from dlcore.train.folder import Checkpoints, Record, RunFolder
from dlcore.train.metric import Metric, MetricCollection
from dlcore.train.metrics import classification_metrics, regression_metrics, report
from dlcore.train.network import Network, read_network
from dlcore.train.options import RunOptions
from dlcore.train.regression import MAE, R2, RMSE
from dlcore.train.run import resume, train
from dlcore.train.trainer import Trainer

__all__ = [
    "MAE",
    "R2",
    "RMSE",
    "Accuracy",
    "Best",
    "Callback",
    "Checkpoint",
    "Checkpoints",
    "ConfusionMatrix",
    "EarlyStopping",
    "Metric",
    "MetricCollection",
    "Network",
    "Record",
    "Results",
    "RunFolder",
    "RunOptions",
    "TopK",
    "Trainer",
    "classification_metrics",
    "evaluate",
    "load_checkpoint",
    "predict",
    "read_network",
    "regression_metrics",
    "report",
    "resume",
    "save_checkpoint",
    "train",
]
