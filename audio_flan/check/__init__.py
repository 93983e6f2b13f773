"""Checks a built dataset: every file, every row, and what holds across them."""
