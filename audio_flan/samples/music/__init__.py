"""Writers of miniature music corpora, one file each."""
