"""Music corpora, one file each."""
