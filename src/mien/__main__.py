"""``python -m mien``, and so ``accelerate launch -m mien train RECIPE``: the command line."""

from mien.cli import main

main()
