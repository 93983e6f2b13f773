"""The music corpora."""
