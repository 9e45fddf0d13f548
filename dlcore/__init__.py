"""dlcore: a deep learning framework written entirely in Python."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("dlcore-framework")
except PackageNotFoundError:  # a bare checkout, never installed
    __version__ = "0.0.0"
