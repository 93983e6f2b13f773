"""The bank of synthesised recordings that the miniature corpora are written from."""
