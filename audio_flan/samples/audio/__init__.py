"""Writers of miniature sound corpora, one file each."""
