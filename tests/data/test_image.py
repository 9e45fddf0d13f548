"""One picture in many files: modes, depths, orientations, sizes, and what is no picture."""

import os

import numpy as np
import pytest
from PIL import Image

from dlcore.data import image as module
from dlcore.data.image import image_size, list_images, open_image
from dlcore.errors import DataError, OptionError

RNG = np.random.default_rng(0)
COLOURS = RNG.integers(0, 256, (5, 7, 3), np.uint8)
GREYS = RNG.integers(0, 256, (5, 7), np.uint8)


def save(path, array, **options):
    Image.fromarray(array).save(path, **options)
    return path


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".ppm", ".tif", ".webp"])
def test_colours_without_loss(tmp_path, suffix):
    options = {"lossless": True} if suffix == ".webp" else {}
    path = save(tmp_path / f"image{suffix}", COLOURS, **options)
    pixels = open_image(path, None, 3)
    assert pixels.dtype == np.uint8
    np.testing.assert_array_equal(pixels, COLOURS.transpose(2, 0, 1))
    assert image_size(path) == (5, 7)


@pytest.mark.parametrize("suffix", [".png", ".pgm", ".gif", ".tif"])
def test_grey(tmp_path, suffix):
    path = save(tmp_path / f"image{suffix}", GREYS)
    np.testing.assert_array_equal(open_image(path, None, 1), GREYS[None])
    np.testing.assert_array_equal(open_image(path, None, 3), np.stack([GREYS] * 3))


def test_jpeg_is_close(tmp_path):
    smooth = np.linspace(0, 255, 32 * 32).reshape(32, 32).astype(np.uint8)
    path = save(tmp_path / "image.jpeg", smooth, quality=95)
    assert abs(open_image(path, None, 1)[0].astype(int) - smooth).max() < 6


def test_grey_of_colours_is_luma(tmp_path):
    path = save(tmp_path / "image.png", COLOURS)
    luma = COLOURS @ [0.299, 0.587, 0.114]
    assert abs(open_image(path, None, 1)[0] - luma).max() <= 1


@pytest.mark.parametrize(("suffix", "depth"), [(".png", np.uint16), (".tif", np.uint16)])
def test_16_bits_keep_the_upper_byte(tmp_path, suffix, depth):
    path = save(tmp_path / f"image{suffix}", (GREYS.astype(depth) << 8) + 200)
    np.testing.assert_array_equal(open_image(path, None, 1)[0], GREYS)
    np.testing.assert_array_equal(open_image(path, None, 3)[2], GREYS)


def test_16_bit_pgm(tmp_path):
    path = tmp_path / "image.pgm"
    path.write_bytes(b"P5 2 1 65535\n" + bytes([0x12, 0x34, 0xFF, 0xFF]))
    assert open_image(path, None, 1).tolist() == [[[0x12, 0xFF]]]


@pytest.mark.parametrize(
    ("array", "message"),
    [(GREYS / np.float32(255), "floating-point"), (GREYS.astype(np.int32) << 16, "16 bits")],
)
def test_pixels_of_unknown_range(tmp_path, array, message):
    path = save(tmp_path / "image.tif", array)
    with pytest.raises(DataError, match=message):
        open_image(path, None, 1)


def test_transparent_pixels_are_white(tmp_path):
    alpha = np.where(GREYS > 127, 255, 0).astype(np.uint8)
    path = save(tmp_path / "image.png", np.dstack([COLOURS, alpha]))
    expected = np.where(alpha[..., None], COLOURS, 255).transpose(2, 0, 1)
    np.testing.assert_array_equal(open_image(path, None, 3), expected)
    palette = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    palette.putpalette([10, 20, 30, 40, 50, 60])
    palette.save(tmp_path / "palette.png", transparency=1)
    assert open_image(tmp_path / "palette.png", None, 3)[:, 0].T.tolist() == [
        [10, 20, 30],
        [255, 255, 255],
    ]


def test_orientation_of_the_camera(tmp_path):
    """Tag 6: the camera was turned, so row 0 of the file is the right column of the scene."""
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save(tmp_path / "image.png", GREYS, exif=exif)
    np.testing.assert_array_equal(open_image(path, None, 1)[0], np.rot90(GREYS, -1))
    assert image_size(path) == (7, 5)


def test_size_scales_the_shorter_side_and_cuts_the_centre(tmp_path):
    """12 x 20 to 6 x 6: the columns 4 to 15, each pixel a weighted mean of its surroundings."""
    picture = RNG.integers(0, 256, (12, 20), np.uint8)
    path = save(tmp_path / "image.png", picture)
    pixels = open_image(path, (6, 6), 1)
    assert pixels.shape == (1, 6, 6)
    # The triangle of bilinear interpolation, 2 pixels wide to each side, where no border is near.
    weights = np.array([1, 3, 3, 1]) / 8
    rows, columns = slice(3, 7), slice(4 + 3, 4 + 7)  # around output row 2, column 2
    expected = weights @ picture[rows, columns] @ weights
    assert abs(pixels[0, 2, 2] - expected) <= 1


@pytest.mark.peer
@pytest.mark.parametrize("size", [(16, 12), (8, 6), (64, 48), (92, 69)])
def test_scaling_is_torchs_with_antialias(tmp_path, size):
    torch = pytest.importorskip("torch")
    picture = RNG.integers(0, 256, (3, 32, 24), np.uint8)
    path = save(tmp_path / "image.png", picture.transpose(1, 2, 0))
    expected = torch.nn.functional.interpolate(
        torch.tensor(picture)[None].float(), size, mode="bilinear", antialias=True
    )
    # Pillow rounds to whole levels twice, after columns and after rows.
    assert abs(open_image(path, size, 3) - expected[0].numpy()).max() < 1.001


@pytest.mark.parametrize("shape", [(10, 30), (30, 10), (9, 9), (1, 2000)])
@pytest.mark.parametrize("size", [(3, 3), (4, 2), (20, 30)])
def test_size_is_always_met(tmp_path, shape, size):
    path = save(tmp_path / "image.png", RNG.integers(0, 256, (*shape, 3), np.uint8))
    assert open_image(path, size, 3).shape == (3, *size)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".gif", ".webp", ".bmp", ".tif", ".ppm"])
def test_truncated_files(tmp_path, suffix):
    path = save(tmp_path / f"half{suffix}", RNG.integers(0, 256, (64, 64, 3), np.uint8))
    content = path.read_bytes()
    for length in (0, 4, len(content) // 2):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=rf"half\{suffix}: expected a whole image file"):
            open_image(path, None, 3)


def test_what_is_no_image(tmp_path):
    text = tmp_path / "text.jpg"
    text.write_text("no image")
    with pytest.raises(DataError, match=r"text\.jpg: .*received 8 bytes that are none"):
        open_image(text, None, 3)
    with pytest.raises(DataError, match="received no file"):
        open_image(tmp_path / "missing.png", None, 3)
    with pytest.raises(DataError, match="received no file"):
        image_size(tmp_path)
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(DataError, match="received no file"):
        open_image(tmp_path / "pipe.png", None, 3)


def test_only_listed_formats_are_decoded(tmp_path):
    path = tmp_path / "image.png"
    Image.fromarray(COLOURS).save(path, format="TGA")
    with pytest.raises(DataError, match="that are none"):
        open_image(path, None, 3)


def test_bombs(tmp_path, monkeypatch):
    """A header that claims more pixels than any photograph has costs nothing."""
    path = tmp_path / "bomb.pgm"
    for width in (9000, 1 << 20):
        path.write_bytes(f"P5 {width} {width} 255\n".encode())
        with pytest.raises(DataError, match="pixels"):
            image_size(path)
    monkeypatch.setattr(module, "MAX_PIXELS", 34)
    with pytest.raises(DataError, match="7 x 5 pixels, more than 34"):
        open_image(save(tmp_path / "image.png", GREYS), None, 1)


@pytest.mark.parametrize(
    "arguments", [(None, 2), ((0, 5), 3), ((5, -1), 1), ((1 << 14, 1 << 13), 3)]
)
def test_forms_no_image_has(tmp_path, arguments):
    with pytest.raises(OptionError, match="1 or 3 channels, and a size"):
        open_image(save(tmp_path / "image.png", GREYS), *arguments)


def test_listing(tmp_path):
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("z.JPG", "a.png", "b/2.Tiff", "b/10.webp", "b/c/x.gif", ".hidden.png", "t.txt"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    names = [path.relative_to(tmp_path).as_posix() for path in list_images(tmp_path)]
    assert names == ["a.png", "b/10.webp", "b/2.Tiff", "b/c/x.gif", "z.JPG"]
    assert list_images(tmp_path / "t.txt") == [tmp_path / "t.txt"]
    with pytest.raises(DataError, match="No such file"):
        list_images(tmp_path / "missing")
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match=r"image files \(\.jpg \.jpeg .*received none"):
        list_images(tmp_path / "none")
