"""Learning curves: what the picture shows, the same bytes twice, files that are refused."""

import json
import sys
from math import nan

import matplotlib
import pytest
from PIL import Image

from dlcore.errors import DataError, OptionError
from dlcore.report import curves
from dlcore.report.curves import learning_curves

PERFECT = {"epoch": 1, "step": 3, "split": "train", "loss": 0.5, "accuracy": 0.75}


def lines(epochs, metric="accuracy", splits=("train", "validation", "test")):
    return [
        json.dumps({"epoch": epoch, "step": 3 * epoch, "split": split, "loss": 1 / epoch})[:-1]
        + (f', "{metric}": {1 - 0.5 / epoch}}}' if metric else "}")
        for epoch in range(1, epochs + 1)
        for split in splits
    ]


@pytest.fixture
def draw(tmp_path, monkeypatch):
    """Writes lines into a file of metrics, draws it, and gives the picture and the figure."""
    figures = []

    def keep(figure, *arguments):
        figures.append(figure)
        return original(figure, *arguments)

    original = curves._draw
    monkeypatch.setattr(curves, "_draw", keep)

    def run(content, name="curves.png"):
        source = tmp_path / "metrics.jsonl"
        source.write_text("\n".join(content) + "\n")
        picture = learning_curves(source, tmp_path / name)
        return picture, figures[-1]

    return run


def panel(figure, place):
    """The points of each curve by split."""
    return {
        line.get_label(): [tuple(map(float, point)) for point in line.get_xydata()]
        for line in figure.axes[place].get_lines()
    }


def test_picture_of_every_split(draw):
    picture, figure = draw(lines(3))
    with Image.open(picture) as image:
        assert (image.format, image.size) == ("PNG", (1500, 600))
    points = [(1.0, 1.0), (2.0, 0.5), (3.0, 1 / 3)]
    assert panel(figure, 0) == dict.fromkeys(("train", "validation", "test"), points)
    points = [(1.0, 0.5), (2.0, 0.75), (3.0, 1 - 0.5 / 3)]
    assert panel(figure, 1) == dict.fromkeys(("train", "validation", "test"), points)
    colors = [line.get_color() for line in figure.axes[0].get_lines()]
    assert len(set(colors)) == 3
    assert colors == [line.get_color() for line in figure.axes[1].get_lines()]
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Loss", "Accuracy"]
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["train", "validation", "test"]


def test_regression_shows_rmse_and_a_bare_loss_stands_alone(draw):
    _, figure = draw(lines(2, "rmse"))
    assert [axes.get_title(loc="left") for axes in figure.axes] == [
        "Loss",
        "Root mean squared error",
    ]
    _, figure = draw(lines(2, None))
    assert len(figure.axes) == 1


@pytest.mark.parametrize("name", ["curves.png", "curves.svg"])
def test_same_data_same_bytes(draw, name, monkeypatch):
    """Whatever the date and the user's own settings."""
    first = draw(lines(3), name)[0].read_bytes()
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "black", "savefig.dpi": 10}):
        assert draw(lines(3), name)[0].read_bytes() == first
        assert matplotlib.rcParams["font.size"] == 20  # and they stay
    assert draw(lines(4), name)[0].read_bytes() != first


@pytest.mark.parametrize("epochs", [1, 60])
def test_colour_is_seen(draw, epochs):
    """A single epoch, too, and curves with many."""
    picture, _ = draw(lines(epochs, splits=("train",)))
    with Image.open(picture) as image:
        left = image.convert("RGB").crop((90, 100, 700, 500))
    blue = sum(count for count, color in left.getcolors(1 << 16) if color == (0, 0x72, 0xB2))
    assert blue > 50


def test_epochs_are_whole_numbers(draw):
    for epochs in (1, 2, 3):
        _, figure = draw(lines(epochs))
        low, high = figure.axes[0].get_xlim()
        ticks = [tick for tick in figure.axes[0].get_xticks() if low <= tick <= high]
        assert ticks
        assert all(tick == int(tick) for tick in ticks)


def test_what_is_not_finite_is_a_gap(draw):
    content = lines(4, splits=("train",))
    for place, value in ((1, "null"), (2, "NaN")):
        entry = json.loads(content[place])
        content[place] = json.dumps(entry).replace(str(entry["accuracy"]), value)
    content[3] = content[3].replace("0.25", "Infinity")
    _, figure = draw(content)
    accuracies = [value for _, value in panel(figure, 1)["train"]]
    assert accuracies == pytest.approx([0.5, nan, nan, 0.875], nan_ok=True)
    losses = [value for _, value in panel(figure, 0)["train"]]
    assert losses == pytest.approx([1.0, 0.5, 1 / 3, nan], nan_ok=True)


def test_run_folder_will_do(tmp_path):
    (tmp_path / "metrics.jsonl").write_text(json.dumps(PERFECT) + "\n")
    target = tmp_path / "curves.svg"
    assert learning_curves(tmp_path, target) == target
    assert target.read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ('{"epoch": 2, "spl', "line 2: expected JSON"),
        ("", "line 2: expected JSON"),
        ("[1, 2]", "line 2: expected an object"),
        ({"epoch": None}, "epoch: an integer, received None"),
        ({"epoch": True}, "epoch: an integer, received True"),
        ({"epoch": 1.5}, "epoch: an integer, received 1.5"),
        ({"epoch": 1}, "an epoch after 1, received epoch 1"),
        ({"split": 7}, "split: a text, received 7"),
        ({"loss": "low"}, "loss: a number or null, received 'low'"),
        ({"accuracy": [0.5]}, r"accuracy: a number or null, received \[0.5\]"),
        ('{"epoch": 2, "split": "train"}', "expected a loss, received none"),
    ],
)
def test_damaged_line_is_named_and_nothing_is_written(tmp_path, second, message):
    source, target = tmp_path / "metrics.jsonl", tmp_path / "curves.png"
    if isinstance(second, dict):
        second = json.dumps(PERFECT | {"epoch": 2} | second)
    source.write_text(f"{json.dumps(PERFECT)}\n{second}\n")
    with pytest.raises(DataError, match=rf"metrics\.jsonl, line 2: .*{message.split('2: ')[-1]}"):
        learning_curves(source, target)
    assert not target.exists()


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe"])
def test_file_that_is_none(tmp_path, content):
    source = tmp_path / "metrics.jsonl"
    if content is not None:
        source.write_bytes(content)
    with pytest.raises(DataError, match=r"metrics\.jsonl: expected"):
        learning_curves(tmp_path, tmp_path / "curves.png")
    with pytest.raises(DataError, match=r"nowhere: expected"):
        learning_curves(tmp_path / "nowhere", tmp_path / "curves.png")


def test_other_suffixes_are_refused(tmp_path):
    with pytest.raises(OptionError, match=r"\.png or \.svg.*curves\.jpg"):
        learning_curves(tmp_path, tmp_path / "curves.jpg")


def test_without_matplotlib_the_install_line_is_given(tmp_path, monkeypatch):
    (tmp_path / "metrics.jsonl").write_text(json.dumps(PERFECT))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(OptionError, match=r"pip install 'dlcore-framework\[plots\]'"):
        learning_curves(tmp_path, tmp_path / "curves.png")
    assert not (tmp_path / "curves.png").exists()


def test_pyplot_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    (tmp_path / "metrics.jsonl").write_text(json.dumps(PERFECT))
    learning_curves(tmp_path, tmp_path / "curves.png")
    assert "matplotlib.pyplot" not in sys.modules
