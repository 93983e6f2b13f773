"""Music tasks, one file per major task."""
