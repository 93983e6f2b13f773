"""Where the units of a build run: this machine, Slurm, Ray."""
