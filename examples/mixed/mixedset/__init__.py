"""Shared parts of the mixed example: queries, drawing from packages, reading answers, judging."""
