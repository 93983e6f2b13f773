"""Builds datasets: plan of work units, Parquet writer, process pool, resume."""
