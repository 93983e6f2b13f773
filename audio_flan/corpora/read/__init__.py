"""Readers of file formats, which several corpora share."""
