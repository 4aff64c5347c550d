"""Tests of Hiwar: transcripts, cases of channels, rules, storage and pages."""
