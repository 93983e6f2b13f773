"""The command line, and all that it prints."""
