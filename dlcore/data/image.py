"""Image files: which ones there are, and the pixels in one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from dlcore.data.root import unreadable
from dlcore.errors import DataError, OptionError

EXTENSIONS = (
    ".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff"
)  # fmt: skip
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "PPM", "TIFF")  # no other decoder runs
MODES = {1: "L", 3: "RGB"}
MAX_PIXELS = 1 << 26  # 8192 x 8192; a small file may claim far more
ORIENTATION = 0x0112  # the EXIF tag
WHITE = (255, 255, 255, 255)


def open_image(path: str | Path, size: tuple[int, int] | None, channels: int) -> NDArray[np.uint8]:
    """The pixels of an image file, uint8 (C, H, W).

    The camera's orientation is applied. Transparent pixels lie on white. Grey is
    0.299 R + 0.587 G + 0.114 B; of 16-bit grey values the upper byte is kept; of an animation
    the first picture.

    Args:
        size: (H, W) to scale to: the largest centred part with these proportions, scaled by
            bilinear interpolation that averages when it shrinks. For a square this is scaling the
            shorter side and cutting out the centre. None keeps the image's own size.
        channels: 1 for grey, 3 for red, green and blue.

    Raises:
        DataError: the file can't be read, is damaged, no image of these FORMATS, or of more than
            2**26 pixels; names it.
        OptionError: another number of channels, or a size below 1 or of more than
            2**26 pixels.
    """
    require_form("open_image", size, channels)
    with _decoding(path) as image:
        flat = _flat(ImageOps.exif_transpose(image), MODES[channels])
        if size:
            flat = ImageOps.fit(flat, (size[1], size[0]), Image.Resampling.BILINEAR)
        pixels = np.asarray(flat)
    return pixels[np.newaxis] if channels == 1 else pixels.transpose(2, 0, 1)


def image_size(path: str | Path) -> tuple[int, int]:
    """Height and width that `open_image` would give, from the file's header alone.

    Raises:
        DataError: as `open_image`, as far as the header tells.
    """
    with _decoding(path) as image:
        # For tags behind the pixels, which no camera writes, Pillow would decode the whole PNG.
        early = image.format != "PNG" or "exif" in image.info
        turned = early and image.getexif().get(ORIENTATION, 1) >= 5
        return image.size if turned else image.size[::-1]


def require_form(source: str, size: tuple[int, int] | None, channels: int) -> None:
    """Refuse a size or a number of channels that no image can have.

    Raises:
        OptionError: names what may be chosen.
    """
    fits = size is None or (min(size) >= 1 and size[0] * size[1] <= MAX_PIXELS)
    if channels not in MODES or not fits:
        raise OptionError(
            source,
            expected=f"1 or 3 channels, and a size (H, W) of 1 to {MAX_PIXELS} pixels or none",
            received=f"channels={channels}, size={size}",
            remedy="choose others",
        )


def list_images(path: str | Path) -> list[Path]:
    """The image files in a folder and the folders below it, in the order of their names.

    A file is listed as it is. Hidden files are left out, and links are followed, but into no folder
    twice.

    Raises:
        DataError: the path leads nowhere, holds no image, or can't be read.
    """
    path = Path(path)
    if path.is_file():
        return [path]
    images = [file for file in walk(path) if file.suffix.lower() in EXTENSIONS]
    if not images:
        raise DataError(
            str(path),
            expected=f"image files ({' '.join(EXTENSIONS)})",
            received="none",
            remedy="name an image, or a folder that holds some",
        )
    return images


def walk(folder: Path, root: Path | None = None) -> Iterator[Path]:
    """All files below a folder but hidden ones, in the order of their names.

    Links are followed, but into no folder twice, and not to `root`.

    Raises:
        DataError: a folder is missing or can't be read.
    """
    return _walk(folder, set() if root is None else {_identity(root)})


def list_names(folder: Path) -> list[str]:
    """What is in a folder, without hidden files, sorted.

    Raises:
        DataError: the folder is missing or can't be read.
    """
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError as error:
        raise unreadable(folder, error) from error


def _walk(folder: Path, seen: set[tuple[int, int]]) -> Iterator[Path]:
    names = list_names(folder)
    identity = _identity(folder)
    if identity in seen:  # a link that leads back
        return
    seen.add(identity)
    for name in names:
        path = folder / name
        if path.is_dir():
            yield from _walk(path, seen)
        else:
            yield path


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return status.st_dev, status.st_ino


@contextmanager
def _decoding(path: str | Path) -> Iterator[Image.Image]:
    """An open image; whatever goes wrong with it names the file."""
    if not os.path.isfile(path):  # a pipe would never end
        raise _error(path, "no file")
    try:
        with Image.open(path, formats=FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise _error(path, f"{width} x {height} pixels, more than {MAX_PIXELS}")
            yield image
    except DataError:
        raise
    except UnidentifiedImageError as error:
        raise _error(path, f"{os.path.getsize(path)} bytes that are none") from error
    except Exception as error:  # on damaged files the decoders raise nearly everything
        raise _error(path, str(error) or type(error).__name__) from error


def _flat(image: Image.Image, mode: str) -> Image.Image:
    """Without transparency, with 8 bits, and in the wanted mode."""
    if image.mode == "F":
        raise ValueError("floating-point pixels")
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 0xFFFF:
            raise ValueError("pixels of more than 16 bits")
        image = Image.fromarray((values >> 8).astype(np.uint8))
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, WHITE)
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    return image.convert(mode)


def _error(path: str | Path, received: str) -> DataError:
    return DataError(
        str(path),
        expected=f"a whole image file ({', '.join(FORMATS)})",
        received=received,
        remedy="replace or remove the file",
    )
