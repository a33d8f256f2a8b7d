"""Three tiny databases that each label part of a face, and a recipe that trains on them within a second or two."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa

from mien.config import Recipe
from mien.data.table import LabelTable

SPLITS = {"train": 24, "val": 12, "test": 12}
NAMES = ("neutral", "happiness", "fear")
MakeRecipe = Callable[..., Recipe]


def picture(rng: np.random.Generator, brightness: float) -> bytes:
    """A blurred random pattern whose mean follows ``brightness`` in [0, 1], as PNG."""
    noise = cv2.GaussianBlur(rng.uniform(-40, 40, (32, 32)), (0, 0), 2)
    return cv2.imencode(".png", np.clip(60 + 140 * brightness + noise, 0, 255).astype(np.uint8))[1].tobytes()


def rows(name: str, seed: int) -> dict[str, list[Any]]:
    """Columns that every database has; brightness stands for what the labels are about."""
    rng = np.random.default_rng(seed)
    split = [name for name, count in SPLITS.items() for _ in range(count)]
    brightness = rng.random(len(split))
    return {
        "database": [name] * len(split),
        "split": split,
        "subject": [f"{name}{s}{i // 3}" for i, s in enumerate(split)],
        "image": [picture(rng, b) for b in brightness],
        "brightness": brightness.tolist(),
    }


def write(folder: Path, name: str, columns: dict[str, list[Any]], **options: Any) -> Path:
    path = folder / f"{name}.parquet"
    LabelTable(pa.table({n: v for n, v in columns.items() if n != "brightness"}), **options).write(path)
    return path


def write_all(folder: Path) -> None:
    """A gives three expressions, B two action units, C valence and arousal, with some labels missing."""
    a, b, c = (rows(name, seed) for seed, name in enumerate("ABC"))
    a["expression"] = [NAMES[int(3 * x)] for x in a["brightness"]]
    b["AU01"] = [None if i % 7 == 0 else int(x > 0.5) for i, x in enumerate(b["brightness"])]
    b["AU12"] = [int(x < 0.6) for x in b["brightness"]]
    c["valence"] = [2 * x - 1 for x in c["brightness"]]
    c["arousal"] = [None if i % 5 == 0 else 1 - 2 * x for i, x in enumerate(c["brightness"])]
    write(folder, "A", a, classes={"expression": NAMES})
    write(folder, "B", b)
    write(folder, "C", c)


def tree(folder: Path, names: str = "ABC") -> dict[str, Any]:
    """The tiny recipe as it would stand in TOML."""
    return {
        "name": "tiny",
        "data": [{"name": name, "path": str(folder / f"{name}.parquet")} for name in names],
        "preprocessing": {"size": 16},
        "network": {"backbone": "plain_small"},
        "method": {"name": "sjmt"},
        "training": {
            "steps": 8,
            "batch_size": 12,
            "lr": 0.02,
            "warmup": 2,
            "evaluate_every": 4,
            "checkpoint_every": 4,
            "log_every": 1,
            "threads": 1,
        },
    }
