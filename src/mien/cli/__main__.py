"""``python -m mien.cli``, and so ``accelerate launch -m mien.cli train RECIPE``."""

from mien.cli import main

main()
