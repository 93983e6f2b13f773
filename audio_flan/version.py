"""The version of the package, which rows, cards and unit keys name."""

__version__ = "0.1.0"
