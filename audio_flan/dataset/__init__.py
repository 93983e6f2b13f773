"""What a built dataset looks like: rows, files, records, figures and the card."""

REPO_ID = "HKUSTAudio/Audio-FLAN"
"""Where the dataset is published on the Hub."""
