"""Faces from labels: a generator conditioned on any part of a label set, and what shows how good it is."""
