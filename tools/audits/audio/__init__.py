"""The sound corpora."""
