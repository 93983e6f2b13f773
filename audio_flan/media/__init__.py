"""Audio and files: where they are, what their headers say, their bytes and samples."""
