"""From databases on disk to batches with masks."""
