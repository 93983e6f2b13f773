"""Writers of miniature speech corpora, one file each."""
