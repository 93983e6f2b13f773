"""Template files, one YAML per minor task: the wording of instructions and answers."""
