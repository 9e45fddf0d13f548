"""How long a fast consumer waits for its batches: `python bench/loader.py [--json FILE]`.

The consumer takes a batch and is busy elsewhere for a while, as a device that computes by itself;
the share of waiting is of the time that its whole pass takes. Medians of 5 passes, interleaved.
"""

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from dlcore.data import ArrayDataset, DataLoader, ImageFolder, Normalize
from dlcore.data.transforms import augmentation
from dlcore.machine import cores, processor

COUNT, SIZE, BATCH, PASSES = 6400, 32, 128, 5
BUSY = (0.005, 0.02)  # seconds a batch: 25,600 and 6,400 images a second
WORKERS = (0, 1, 2, 4)


def images():
    generator = np.random.default_rng(0)
    smooth = generator.integers(0, 256, (COUNT, 8, 8, 3)).astype(np.uint8)
    return np.kron(smooth, np.ones((1, SIZE // 8, SIZE // 8, 1), np.uint8))


def folder(root, pixels):
    for number, image in enumerate(pixels):
        path = root / f"class{number % 2}" / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(image).save(path, quality=75)
    return root


def photographs(root):
    """256 photographs of 375 x 495 that are scaled to 224 x 224."""
    generator = np.random.default_rng(0)
    for number in range(256):
        path = root / f"class{number % 2}" / f"{number}.jpg"
        path.parent.mkdir(exist_ok=True)
        pixels = np.kron(generator.integers(0, 256, (25, 33, 3)), np.ones((15, 15, 1), np.int64))
        Image.fromarray(pixels.astype(np.uint8)).save(path, quality=90)
    return root


def rate(root, workers):
    """Photographs a second, where nobody else is busy."""
    dataset = ImageFolder(root, (224, 224))
    start = time.perf_counter()
    count = sum(len(batch.targets) for batch in DataLoader(dataset, 32, num_workers=workers))
    return count / (time.perf_counter() - start)


def one_pass(dataset, workers, busy):
    """The share of a pass in which the consumer waits for a batch."""
    loader = DataLoader(
        dataset,
        BATCH,
        shuffle=True,
        num_workers=workers,
        transform=augmentation(("flip", "crop"), dataset.shape),
        normalize=Normalize((0.5,) * 3, (0.25,) * 3),
    )
    start, waited = time.perf_counter(), 0.0
    batches = iter(loader)
    for _ in range(len(loader)):
        asked = time.perf_counter()
        next(batches)
        waited += time.perf_counter() - asked
        time.sleep(busy)
    return waited / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here, too")
    arguments = parser.parse_args()
    pixels = images()
    with tempfile.TemporaryDirectory() as scratch:
        root = folder(Path(scratch), pixels)
        memory = ArrayDataset(
            np.ascontiguousarray(pixels.transpose(0, 3, 1, 2)), np.zeros(COUNT, np.int64)
        )
        sources = {
            "in memory": lambda: memory,
            "JPEG, first epoch": lambda: ImageFolder(root),
        }
        cases = [(s, w, b) for s in sources for b in BUSY for w in WORKERS]
        shares = {case: [] for case in cases}
        for _ in range(PASSES):
            for source, workers, busy in cases:
                share = one_pass(sources[source](), workers, busy)
                shares[source, workers, busy].append(share)
    name, features = processor()
    machine = f"{name}, {cores()} cores, {' '.join(features)}; Python {platform.python_version()}"
    print(f"{machine}, NumPy {np.__version__}; {COUNT} images of {SIZE} x {SIZE}, batch {BATCH}\n")
    print("| data, flip + crop + normalise | busy | " + " | ".join(f"{w} workers" for w in WORKERS))
    print("|---|---|" + "---|" * len(WORKERS))
    for source in sources:
        for busy in BUSY:
            row = (f"{median(shares[source, workers, busy]):.0%}" for workers in WORKERS)
            print(f"| {source} | {busy * 1e3:.0f} ms | " + " | ".join(row) + " |")
    with tempfile.TemporaryDirectory() as scratch:
        root = photographs(Path(scratch))
        passes = [[rate(root, workers) for workers in WORKERS] for _ in range(PASSES)]
    rates = [median(column) for column in zip(*passes, strict=True)]
    print("| photographs a second | | " + " | ".join(f"{each:,.0f}" for each in rates) + " |")
    if arguments.json:
        rows = [
            {"source": s, "workers": w, "busy": b, "waiting": values}
            for (s, w, b), values in shares.items()
        ]
        content = {"machine": machine, "rows": rows, "photographs": passes}
        arguments.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
