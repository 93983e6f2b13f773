"""Sound tasks, one file per major task."""
