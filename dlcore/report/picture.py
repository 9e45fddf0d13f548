"""Pictures in the house's style, as files that are the same for the same data."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from dlcore.errors import OptionError
from dlcore.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
"""One for each curve; people with any colour vision tell them apart.

Source: Okabe and Ito, Color Universal Design, 2008.
"""

STYLE = {
    "axes.edgecolor": "#888888",
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "figure.dpi": 150,
    "font.size": 10,
    "grid.color": "#dddddd",
    "legend.frameon": False,
    "lines.markeredgewidth": 0,
    "savefig.dpi": 150,
    "svg.hashsalt": "dlcore",  # names of parts, random otherwise
}


def require_picture(owner: str, target: Path) -> None:
    """Refuse to draw into a file of another kind.

    Raises:
        OptionError: the suffix isn't .png or .svg.
    """
    if target.suffix not in (".png", ".svg"):
        raise OptionError(
            owner,
            expected="a picture with suffix .png or .svg",
            received=str(target),
            remedy="choose another name",
        )


def write_picture(
    owner: str, target: Path, size: tuple[float, float], draw: Callable[[Figure], None]
) -> Path:
    """Draw a figure and write it; pyplot's figures and settings, the user's own, stay untouched.

    Args:
        owner: who draws, for errors.
        target: .png or .svg.
        size: inches of 150 pixels.
        draw: fills the figure.

    Returns: the target.

    Raises:
        OptionError: matplotlib isn't installed.
        DataError: the target can't be written.
    """
    try:
        from matplotlib import style
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise OptionError(
            owner,
            expected="matplotlib, which draws the picture",
            received="an installation without it",
            remedy="install it with: pip install 'dlcore-framework[plots]'",
        ) from error
    kind = target.suffix[1:]
    with style.context(["default", STYLE]):
        figure = Figure(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
        draw(figure)
        content = BytesIO()
        # No date, no version.
        metadata = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}
        figure.savefig(content, format=kind, metadata=metadata[kind])
    write_atomically(target, content.getvalue())
    return target
