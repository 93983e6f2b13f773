"""Publishes a built dataset on the HuggingFace Hub."""
