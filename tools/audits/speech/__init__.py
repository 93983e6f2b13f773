"""The speech corpora."""
