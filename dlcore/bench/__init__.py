"""Measuring: contenders take turns, each in a process of its own if need be.

What is imported here needs the standard library only, so that a rival's process carries nothing of
dlcore's; `worker` runs dlcore's own steps, and `roofline` draws.
"""

from dlcore.bench.memory import peak_memory
from dlcore.bench.process import Contender, serve
from dlcore.bench.provenance import fingerprint
from dlcore.bench.results import markdown, write_json
from dlcore.bench.timing import Timing, measure, repeated

__all__ = [
    "Contender",
    "Timing",
    "fingerprint",
    "markdown",
    "measure",
    "peak_memory",
    "repeated",
    "serve",
    "write_json",
]
