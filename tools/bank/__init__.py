"""The recordings of the bank, by kind: speech, melodies, scenes and noises, notes."""
