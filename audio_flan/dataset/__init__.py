"""What a built dataset looks like: rows, files, records, figures and the card."""
