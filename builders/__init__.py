"""HuggingFace `datasets` builders of Audio-FLAN."""
