"""The vocabulary: clips, labels, drafts, instances, tasks of the taxonomy, languages, notation."""
