"""Benchmarks: ratios to a peer that does the same work in the same run. See README.md."""
