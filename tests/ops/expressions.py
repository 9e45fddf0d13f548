"""Random index expressions that fit random arrays."""

import numpy as np


def expressions(count, seed, integers):
    """Pairs of an array and a tuple to index it with; `integers` lets single integers in."""
    generator = np.random.default_rng(seed)
    for _ in range(count):
        shape = tuple(generator.integers(1, 5, generator.integers(1, 5)))
        yield generator.standard_normal(shape), expression(generator, shape, integers)


def expression(generator, shape, integers):
    common = tuple(generator.integers(1, 4, generator.integers(1, 3)))  # shape of index arrays
    used = int(generator.integers(0, len(shape) + 1))
    dots = int(generator.integers(0, used + 1))  # where an Ellipsis stands, if one does
    with_dots = generator.random() < 0.3
    front, back = (
        (shape[:dots], shape[len(shape) - used + dots :]) if with_dots else (shape[:used], ())
    )
    masked = False
    items = []
    for place, part in enumerate((front, back)):
        if place and with_dots:
            items.append(...)
        for length in part:
            if generator.random() < 0.15:
                items.append(None)
            kind = generator.choice(["slice", "integer", "array", "mask"], p=[0.4, 0.2, 0.3, 0.1])
            if kind == "mask" and not masked and len(common) and not arrays(items):
                masked = True  # alone: its length must fit no other array
                items.append(generator.random(length) < 0.6)
            elif kind == "integer" and integers:
                items.append(int(generator.integers(-length, length)))
            elif kind == "array" and not masked:
                lengths = [n if generator.random() < 0.7 else 1 for n in common]
                items.append(generator.integers(-length, length, lengths))
            else:
                start, stop = generator.integers(-length - 1, length + 2, 2)
                items.append(slice(int(start), int(stop), int(generator.integers(1, 3))))
    return tuple(items)


def arrays(items):
    return [item for item in items if isinstance(item, np.ndarray)]
