"""Recorded steps: bit for bit the eager ones, whatever the host changes in between."""

import warnings

import numpy as np
import pytest

import dlcore as dl
from dlcore import nn, random, transaction
from dlcore.autograd import no_grad
from dlcore.backend.base import observer
from dlcore.errors import IndexRangeError, OptionError
from dlcore.optim import SGD, CosineAnnealingLR, GradScaler
from dlcore.optim.adam import Adam


class Net(nn.Module):
    """Everything whose state moves: batch norm, dropout, convolution, a linear layer."""

    def __init__(self):
        self.conv = nn.Conv2d(1, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(4 * 3 * 3, 3)

    def forward(self, x):
        x = self.norm(self.conv(x)).relu()
        return self.head(self.drop(x).flatten(1))


def batches(count, poisoned=()):
    """Batches of 8 with a shorter last one in every round of five; some with an Inf."""
    generator = np.random.default_rng(0)
    for place in range(count):
        size = 5 if place % 5 == 4 else 8
        x = generator.standard_normal((size, 1, 3, 3)).astype(np.float32)
        if place in poisoned:
            x[0, 0, 0, 0] = np.inf
        yield dl.tensor(x), dl.tensor(generator.integers(0, 3, size))


def train(recorded, count=50, poisoned=(7, 23), make=None, precision=None):
    """The final state of everything, and the loss of every step."""
    random.manual_seed(5)
    net = Net()
    optimizer = make(net.parameters()) if make else SGD(net.parameters(), lr=0.1, momentum=0.9)
    schedule = CosineAnnealingLR(optimizer, 50)
    scaler = GradScaler(init_scale=2.0**10, growth_interval=5)

    def step(x, y):
        optimizer.zero_grad()
        with dl.autocast(precision or "float16", enabled=precision is not None):
            loss = nn.functional.cross_entropy(net(x), y)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        schedule.step()
        return loss.detach()

    run = dl.compile(step) if recorded else step
    losses = [run(x, y).item() for x, y in batches(count, poisoned)]
    if recorded:
        assert sum(len(known) for known in run.recordings.values()) == 2
        assert not run.eager
    state = {name: value.numpy().copy() for name, value in net.state_dict().items()}
    for place, values in optimizer.state_dict()["state"].items():
        state |= {f"{place} {name}": value.numpy().copy() for name, value in values.items()}
    return {
        **state,
        "losses": np.array(losses),
        "scale": np.array([scaler.get_scale()]),
        "lr": np.array(schedule.get_last_lr()),
        "clock": np.array(list(random.state_dict().values())),
    }


def assert_same_bits(one, other):
    assert one.keys() == other.keys()
    for name in one:
        assert one[name].tobytes() == other[name].tobytes(), name


@pytest.fixture
def unfused():
    """Recorded steps do what eager ones do, call by call."""
    configuration = dl.tensor(0.0).backend.configuration
    configuration.fusion = False
    yield
    configuration.fusion = True


@pytest.mark.usefixtures("unfused")
@pytest.mark.parametrize("precision", [None, "float16", "bfloat16"])
def test_fifty_recorded_steps_equal_eager_ones(precision):
    """Dropout, momentum, schedule, batch norm, loss-scale skips, a short last batch."""
    eager, recorded = train(False, precision=precision), train(True, precision=precision)
    assert_same_bits(eager, recorded)
    assert not np.isfinite(eager["losses"][7])
    assert np.isfinite(eager["losses"][8])
    assert eager["0 step"].item() == 48.0


def test_fused_steps_differ_in_the_order_of_sums_alone():
    eager, fused = train(False, 20), train(True, 20)
    assert fused.keys() == eager.keys()
    for name in eager:
        np.testing.assert_allclose(fused[name], eager[name], rtol=1e-3, atol=1e-5, err_msg=name)


@pytest.mark.usefixtures("unfused")
def test_adam_counts_its_steps_when_recorded():
    def make(parameters):
        return Adam(parameters, lr=0.01)

    assert_same_bits(train(False, 12, make=make), train(True, 12, make=make))


def test_replay_runs_no_layer():
    """The second call with a signature doesn't enter the function at all."""
    calls = []

    @dl.compile
    def step(x):
        calls.append(1)
        return x * 2

    for value in (1.0, 2.0, 3.0):
        assert step(dl.tensor([value])).tolist() == [2 * value]
    assert len(calls) == 1
    step(dl.tensor([1.0, 2.0]))
    step(dl.tensor([1.0], dtype="float64"))
    assert len(calls) == 3


def test_only_what_changes_bits_is_forgotten():
    """A step whose sums are fused runs as it is once more; one that isn't fused goes on."""
    runs = []
    norm = nn.BatchNorm2d(4)

    def fused(x):
        runs.append("fused")
        y = norm(x).relu()
        transaction.commit()
        return y

    def plain(x):
        runs.append("plain")
        return x * 2

    steps = [dl.compile(step) for step in (fused, plain)]
    for forget in (False, True):
        for step in steps:
            if forget:
                step.forget()
            for _ in range(2):
                step(dl.ones(2, 4, 5, 5))
    assert runs == ["fused", "plain", "fused"]


def test_results_survive_the_next_replay():
    step = dl.compile(lambda x: x + 1)
    first = step(dl.tensor([1.0]))
    second = step(dl.tensor([2.0]))
    third = step(dl.tensor([3.0]))
    assert (first.item(), second.item(), third.item()) == (2.0, 3.0, 4.0)


def test_training_and_evaluation_are_recorded_apart():
    net = nn.Dropout(0.5)
    step = dl.compile(lambda x: net(x))
    x = dl.ones(64)
    assert step(x).tolist() != [1.0] * 64
    net.eval()
    assert step(x).tolist() == [1.0] * 64
    assert step(x).tolist() == [1.0] * 64
    net.train()
    random.next_step()
    assert step(x).tolist() != [1.0] * 64
    assert len(next(iter(step.recordings.values()))) == 2


def test_precision_and_gradient_mode_are_recorded_apart():
    weight = dl.tensor([[1.0 + 2**-12]], requires_grad=True)
    step = dl.compile(lambda x: x @ weight)
    x = dl.ones(1, 1)
    full = step(x)
    with dl.autocast("bfloat16"):
        assert step(x).dtype == dl.bfloat16
    with no_grad():
        assert step(x).item() == full.item()
    assert len(step.recordings) == 3


def test_gradients_accumulate_over_replays():
    weight = dl.tensor([1.0], requires_grad=True)

    @dl.compile
    def step(x):
        (x * weight).sum().backward()

    for _ in range(4):
        step(dl.tensor([2.0]))
    assert weight.grad.tolist() == [8.0]
    weight.grad = None
    step(dl.tensor([2.0]))
    assert weight.grad.tolist() == [2.0]


def test_step_that_reads_a_value_runs_eagerly_and_says_so():
    seen = []

    @dl.compile
    def step(x):
        y = x * 2
        seen.append(y.item())
        return y

    with pytest.warns(UserWarning, match="step runs eagerly: .*read by the host"):
        assert step(dl.tensor([1.0])).item() == 2.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert step(dl.tensor([2.0])).item() == 4.0
    assert seen == [2.0, 4.0]


def test_fresh_random_numbers_at_every_replay():
    drawn = []
    for recorded in (False, True):
        random.manual_seed(1)

        def step(x):
            y = nn.functional.dropout(x, 0.5) + dl.randn(16)
            random.next_step()
            return y

        run = dl.compile(step) if recorded else step
        drawn.append([run(dl.ones(16)).tolist() for _ in range(4)])
    assert drawn[0] == drawn[1]
    assert len({tuple(values) for values in drawn[1]}) == 4


def test_step_that_never_fits_its_recordings_runs_eagerly():
    """Dropout outside of any optimizer step: every call is another draw of the same step."""
    random.manual_seed(0)
    step = dl.compile(lambda x: nn.functional.dropout(x, 0.5))
    with pytest.warns(UserWarning, match="different at every call"):
        masks = {tuple(step(dl.ones(32)).tolist()) for _ in range(12)}
    assert len(masks) == 12
    assert not step.recordings


def test_label_out_of_range_is_noticed_in_a_replay():
    net = nn.Linear(2, 3)
    step = dl.compile(lambda x, y: nn.functional.cross_entropy(net(x), y))
    x = dl.ones(2, 2)
    step(x, dl.tensor([0, 1]))
    with pytest.raises(IndexRangeError, match="7"):
        step(x, dl.tensor([0, 7]))
    assert observer.get() is None


def test_arguments_of_any_structure():
    step = dl.compile(
        lambda pair, options: {"sum": pair[0] + options["b"], "name": options["name"]}
    )
    for value in (1.0, 2.0):
        result = step((dl.tensor([value]), 3), {"b": dl.tensor([10.0]), "name": "n"})
        assert result["sum"].tolist() == [value + 10]
        assert result["name"] == "n"


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        (dl.tensor([1.0], requires_grad=True), "detach"),
        (np.ones(2), "ndarray"),
    ],
    ids=["gradient", "array"],
)
def test_arguments_that_cannot_be_fed(argument, words):
    with pytest.raises(OptionError, match=words):
        dl.compile(lambda x: x)(argument)


def test_tensor_given_twice_is_not_two_tensors():
    subtract = dl.compile(lambda a, b: a - b)
    x, y = dl.tensor([5.0]), dl.tensor([1.0])
    assert [subtract(x, x).item(), subtract(x, y).item(), subtract(y, y).item()] == [0.0, 4.0, 0.0]


def test_plain_values_differ_by_type_and_sign_and_come_by_name():
    step = dl.compile(lambda x, n=1: dl.full((1,), float(isinstance(n, float))) + x / n)
    x = dl.ones(1)
    assert step(x, n=2).item() == 0.5
    assert step(x, n=2.0).item() == 1.5
    assert step(x, n=0.0).item() == np.inf
    assert step(x, n=-0.0).item() == -np.inf


def test_values_that_never_come_again_end_the_recording():
    step = dl.compile(lambda x, n: x * n)
    with pytest.warns(UserWarning, match="different at every call"):
        assert [step(dl.ones(1), n).item() for n in range(12)] == list(range(12))
    assert not any(step.recordings.values())


def test_writes_into_arguments_reach_the_caller():
    def step(x):
        x.add_(1.0)
        return x * 2

    recorded, x = dl.compile(step), dl.zeros(2)
    assert [recorded(x)[0].item() for _ in range(3)] == [2.0, 4.0, 6.0]
    assert x.tolist() == [3.0, 3.0]
    assert x.version.count == 3


def test_tensors_made_from_values_start_anew_at_every_replay():
    def step(x):
        total = dl.tensor(0.0)
        for _ in range(3):
            total += x.sum()
        return total

    recorded = dl.compile(step)
    assert [recorded(dl.ones(2)).item() for _ in range(3)] == [6.0] * 3


def test_gradient_of_an_argument_is_fresh_at_every_replay():
    def step(x):
        x.requires_grad_()
        (x * x).sum().backward()
        return x.grad

    recorded = dl.compile(step)
    assert [recorded(dl.tensor([n])).item() for n in (1.0, 2.0, 3.0)] == [2.0, 4.0, 6.0]
    assert sum(map(len, recorded.recordings.values())) == 1
