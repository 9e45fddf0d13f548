"""The training loop on its own, as it is used from Python."""

import gc
import math
import tracemalloc

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn, optim, random
from dlcore.backend import get_backend
from dlcore.data import ArrayDataset, DataLoader
from dlcore.errors import DataError, OptionError
from dlcore.train.callback import Callback
from dlcore.train.checkpoint import Checkpoint
from dlcore.train.classification import Accuracy
from dlcore.train.trainer import Trainer


def loader(count=40, batch_size=8, **options):
    generator = np.random.default_rng(0)
    inputs = generator.standard_normal((count, 6)).astype(np.float32)
    return DataLoader(
        ArrayDataset(inputs, (inputs[:, 0] > 0).astype(np.int64)), batch_size, **options
    )


def trainer(callbacks=(), **options):
    random.manual_seed(0)
    model = nn.Sequential(
        nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2)
    )
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    schedule = options.pop("schedule", lambda o: None)(optimizer)
    return Trainer(
        model,
        nn.functional.cross_entropy,
        optimizer,
        schedule,
        metrics=[Accuracy()],
        callbacks=callbacks,
        **options,
    )


def test_it_learns():
    made = trainer()
    results = made.fit(loader(shuffle=True), 30, {"test": loader()})
    assert results["test"]["accuracy"] > 0.9
    assert results["train"].keys() == {"loss", "accuracy"}
    assert (made.epoch, made.step) == (30, 150)


def test_means_are_over_samples_not_batches():
    made = trainer()
    whole, cut = made.evaluate(loader(batch_size=40)), made.evaluate(loader(batch_size=7))
    assert cut["loss"] == pytest.approx(whole["loss"], rel=1e-6)
    assert cut["accuracy"] == whole["accuracy"]


def test_callbacks_are_told_everything_in_order():
    told = []

    class Listener(Callback):
        def __getattribute__(self, name):
            if name.startswith("on_"):
                told.append(name)
            return super().__getattribute__(name)

    trainer([Listener()]).fit(loader(16), 2)
    steps = ["on_epoch_start", "on_step_end", "on_step_end", "on_epoch_end"]
    assert told == ["on_fit_start", *steps, *steps, "on_fit_end"]


def test_a_callback_can_stop_the_training():
    class Enough(Callback):
        def on_epoch_end(self, trainer, results):
            trainer.stopping = trainer.epoch == 2

    made = trainer([Enough()])
    made.fit(loader(), 10)
    assert made.epoch == 2


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_a_restored_trainer_goes_on_with_the_same_bits(recorded, precision):
    """In the middle of an epoch, from a checkpoint taken between two steps."""
    taken = {}

    class Take(Callback):
        def on_step_end(self, trainer, batch):
            if trainer.step == 7:
                state, tensors = trainer.checkpoint()
                taken.update(state=state, tensors={n: t.clone() for n, t in tensors.items()})

    options = {
        "precision": precision,
        "clip_norm": 1.0,
        "schedule": lambda o: optim.ExponentialLR(o, 0.9),
    }
    whole = trainer([Take()], recorded=recorded, **options)
    expected = whole.fit(loader(shuffle=True), 3)
    resumed, batches = trainer(recorded=recorded, **options), loader(shuffle=True)
    resumed.restore(Checkpoint(taken["state"], taken["tensors"]), batches)
    assert resumed.fit(batches, 3) == expected
    for one, other in zip(whole.model.parameters(), resumed.model.parameters(), strict=True):
        np.testing.assert_array_equal(one.detach().numpy(), other.detach().numpy())


@pytest.mark.parametrize("fusion", [False, True])
def test_recorded_and_eager_epochs_are_the_same(fusion, monkeypatch):
    """Fused, sums are in another order."""
    monkeypatch.setattr(get_backend("cpu").configuration, "fusion", fusion)
    recorded, eager = (
        trainer(recorded=recorded).fit(loader(shuffle=True), 3)["train"]
        for recorded in (True, False)
    )
    assert recorded == (pytest.approx(eager, rel=1e-4) if fusion else eager)


def test_gradients_are_clipped():
    made = trainer(clip_norm=1e-3, recorded=False)
    lengths = []

    class Look(Callback):
        def on_step_end(self, trainer, batch):
            squares = sum(float((p.grad * p.grad).sum().item()) for p in trainer.model.parameters())
            lengths.append(math.sqrt(squares))

    made.callbacks.append(Look())
    made.fit(loader(), 1)
    assert max(lengths) == pytest.approx(1e-3, rel=1e-3)


def test_a_pass_that_failed_leaves_nothing_behind():
    """The samples of an interrupted epoch don't count in the next one."""

    class Fail(Callback):
        def on_step_end(self, trainer, batch):
            if trainer.step == 3:
                raise KeyboardInterrupt

    made = trainer([Fail()])
    with pytest.raises(KeyboardInterrupt):
        made.fit(loader(), 1)
    accuracy = made.train_epoch(loader())["accuracy"]
    assert accuracy * 40 == pytest.approx(round(accuracy * 40), abs=1e-9)
    state = made.checkpoint().state["pass"]
    assert state["samples"] == 0


def test_plateau_follows_the_evaluated_loss():
    made = trainer(schedule=lambda o: optim.ReduceLROnPlateau(o, factor=0.5, patience=0, eps=0))

    class Keep(Callback):
        def on_epoch_end(self, trainer, results):
            rates.append(trainer.optimizer.param_groups[0]["lr"])

    made.optimizer.param_groups[0]["lr"] = 1e-12  # nothing is learned: every epoch is a plateau
    rates = []
    made.callbacks.append(Keep())
    made.fit(loader(), 4, {"test": loader()})
    assert rates[-1] < 1e-12


def test_nan_is_an_error_that_says_what_to_do():
    made = trainer()
    with dl.no_grad():
        made.model[0].weight.fill_(float("nan"))
    with pytest.raises(DataError, match="--lr"):
        made.fit(loader(), 1)
    with pytest.raises(DataError, match="finite loss"):
        made.checkpoint()


def test_a_part_without_readable_samples_has_no_loss():
    with pytest.raises(DataError, match="can be read"):
        trainer().evaluate([])


def test_unknown_precision():
    with pytest.raises(OptionError, match="fp16"):
        trainer(precision="fp8")


def test_memory_does_not_grow_over_epochs():
    """50 epochs with workers and a recorded step; what tracemalloc sees includes NumPy's arrays."""
    made, batches = trainer(), loader(16, num_workers=2, shuffle=True)
    made.fit(batches, 10, {"test": loader()})
    gc.collect()
    tracemalloc.start()
    try:
        made.fit(batches, 12, {"test": loader()})
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        made.fit(batches, 60, {"test": loader()})
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < 20_000
    finally:
        tracemalloc.stop()


def test_timing_counts_the_wait_for_data():
    made = trainer()
    made.fit(loader(), 1)
    assert 0 < made.timing["waiting"] < made.timing["seconds"]
    assert made.timing["samples"] == 40
