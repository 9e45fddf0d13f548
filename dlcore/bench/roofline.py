"""The roofline: what kernels reach, beneath what the machine can do at most.

Source: Williams, Waterman, Patterson, Roofline: an insightful visual performance model, 2009.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dlcore.report.picture import COLORS, require_picture, write_picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Point(NamedTuple):
    """A kernel at work.

    Attributes:
        name: kernels with one name have one colour.
        intensity: floating-point operations for each byte that has to be read or written.
        rate: 10**9 floating-point operations a second.
    """

    name: str
    intensity: float
    rate: float


def roof(intensity: float, peak: float, bandwidth: float) -> float:
    """The most that is possible: 10**9 floating-point operations a second.

    Args:
        intensity: floating-point operations for each byte.
        peak: 10**9 floating-point operations a second.
        bandwidth: 10**9 bytes a second.
    """
    return min(peak, bandwidth * intensity)


def roofline(
    points: Sequence[Point], peaks: Mapping[str, float], bandwidth: float, target: Path
) -> Path:
    """Draw kernels beneath the roofs, on logarithmic axes.

    Args:
        points: one or more.
        peaks: of the arithmetic, by dtype: 10**9 floating-point operations a second.
        bandwidth: of the memory: 10**9 bytes a second.
        target: where the picture goes, .png or .svg.

    Returns: the target.

    Raises:
        OptionError: another suffix, or matplotlib isn't installed.
        DataError: the target can't be written.
    """
    require_picture("roofline", target)
    return write_picture(
        "roofline", target, (8, 5), lambda figure: _draw(figure, points, peaks, bandwidth)
    )


def _draw(
    figure: Figure, points: Sequence[Point], peaks: Mapping[str, float], bandwidth: float
) -> None:
    axes = figure.add_subplot()
    ridges = [peak / bandwidth for peak in peaks.values()]  # where arithmetic becomes the limit
    low = min(*ridges, *(point.intensity for point in points)) / 2
    high = max(*ridges, *(point.intensity for point in points)) * 2
    for (dtype, peak), ridge in zip(peaks.items(), ridges, strict=True):
        slope = roof(low, peak, bandwidth)
        axes.plot([low, ridge, high], [slope, peak, peak], color="#444444", linewidth=1)
        axes.annotate(f"{dtype}: {peak:.0f} GFLOP/s", (high, peak), ha="right", va="bottom")
    for place, name in enumerate(dict.fromkeys(point.name for point in points)):
        own = [point for point in points if point.name == name]
        axes.plot(
            [point.intensity for point in own],
            [point.rate for point in own],
            linestyle="none",
            marker="o^sDvP"[place % 6],
            color=COLORS[place % len(COLORS)],
            label=name,
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(f"FLOP/byte (memory: {bandwidth:.0f} GB/s)")
    axes.set_ylabel("GFLOP/s")
    axes.set_title("Roofline")
    axes.legend(loc="lower right")
