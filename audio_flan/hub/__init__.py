"""What the HuggingFace Hub needs: the dataset card."""
