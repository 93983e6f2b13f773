"""Speech tasks, one file per major task."""
