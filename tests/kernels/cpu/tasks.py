"""Small tasks that tests launch."""

from functools import cache
from typing import NamedTuple

from dlcore.kernels.cpu.machine import host
from dlcore.kernels.cpu.simd import vector_code
from dlcore.kernels.cpu.task import task

LINE = 16  # float32 that a piece has to itself


class Plan(NamedTuple):
    x: int
    y: int
    scale: float


@vector_code(host())
def scaled(v, x, y, scale, times):
    """y = y scale + x, several times."""

    def again(_, values):
        return [v.fma(value, v.splat(scale), more) for value, more in zip(values, xs, strict=True)]

    places = range(0, 4 * LINE, 4 * v.lanes)
    xs = [v.load(x + place) for place in places]
    ys = v.loop(times, [v.load(y + place) for place in places], again)
    for place, value in zip(places, ys, strict=True):
        v.store(value, y + place)


@task(Plan)
def scale_and_add(index, memory, p):
    """y = y scale + x, line by line."""
    scaled(p.x + index * 64, p.y + index * 64, p.scale, 1)


@task(Plan)
def work(index, memory, p):
    """The same some ten thousand times: so long that several threads take part."""
    scaled(p.x + index * 64, p.y + index * 64, p.scale, 10_000)


@cache
def constant(number):
    """A task of which there is one for each number: fills lines of y with it."""

    @vector_code(host())
    def filled(v, y):
        for place in range(0, 4 * LINE, 4 * v.lanes):
            v.store(v.splat(number), y + place)

    @task(Plan, f"{number}")
    def fill(index, memory, p):
        filled(p.y + index * 64)

    return fill


@vector_code(host())
def noted(v, memory, y):
    v.store(memory, y)


@task(Plan)
def note_memory(index, memory, p):
    """A line of y begins with the address of the piece's memory; takes as long as `work`."""
    scaled(p.x + index * 64, p.y + index * 64, p.scale, 10_000)
    noted(memory, p.y + index * 64)
