"""Wording: the template files, what they render, and the rules that they keep."""
