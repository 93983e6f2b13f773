"""From a task, a corpus and its shards to instances."""
