"""Makes `cases` importable for the case tables in the folders of the domains."""
