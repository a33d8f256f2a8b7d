"""Run by ``torch.distributed.run``: train the recipes of a JSON file, one after the other, each into its folder.

What ends with a sentence is written to ``error.RANK`` in its folder.
"""

import json
import sys
from pathlib import Path

import torch.distributed as dist
from smooth import SMOOTH

from mien.config import Recipe
from mien.errors import MienError
from mien.models.backbones import BACKBONES
from mien.training.stages import train

BACKBONES |= SMOOTH
for folder, recipe in json.loads(Path(sys.argv[1]).read_text()).items():
    try:
        train(Recipe.model_validate(recipe), folder)
    except MienError as error:
        Path(folder, f"error.{dist.get_rank()}").write_text(str(error))
    assert dist.get_world_size() == 2, "each process trained for itself"
dist.destroy_process_group()
