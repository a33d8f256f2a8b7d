"""Backbones, heads, the network that joins them, and its checkpoints."""
