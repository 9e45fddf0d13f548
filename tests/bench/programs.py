"""Loads the programs in bench/, which are no modules of a package."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def program(name):
    """The program bench/NAME.py as a module."""
    spec = spec_from_file_location(f"program_{name}", BENCH / f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
