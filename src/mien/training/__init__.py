"""From a recipe to a trained network: one loop for every paper."""
