"""Builds datasets: plan of work units, Parquet writer, engines, resume."""
