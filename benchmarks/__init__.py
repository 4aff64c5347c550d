"""Measures, each a ratio within one run; docs/benchmarks.md tells what came out."""
