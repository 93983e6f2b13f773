"""Miniature corpora: written from a bank of synthesised audio exactly as the publisher would."""
