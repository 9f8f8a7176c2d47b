"""Benchmarks: extraction against the published pipeline, and how live the program is."""
