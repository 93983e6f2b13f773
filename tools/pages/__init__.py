"""The pages of docs/ that are written by tools/write_docs.py, a module each."""
