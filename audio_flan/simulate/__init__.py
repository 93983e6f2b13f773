"""Simulated signals: pure, seeded functions on arrays of samples."""
