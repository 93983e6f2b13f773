"""Sound corpora, one file each."""
