"""Scores: plain functions on arrays, their intervals, and all of them at once (``scores.score``)."""
