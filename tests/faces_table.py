"""Analysis tables made by hand, as ``mien analyze`` would write them."""

from typing import Any

import numpy as np
import pandas as pd

from mien.labels import EXPRESSIONS, VALENCE_AROUSAL

AUS = ("AU01", "AU02", "AU04", "AU06", "AU12", "AU15", "AU25")
SMILES_S = (6.0, 15.0, 27.0, 41.0, 52.0)
LAG_S = 0.8  # the second person smiles this much later


def video_table(
    path: str = "talk.mp4", people: int = 2, seconds: float = 60.0, rate: float = 25.0, seed: int = 0
) -> pd.DataFrame:
    """People who smile at ``SMILES_S``, each later than the one before by ``LAG_S``; frown lines in between."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * rate)) / rate
    parts = []
    for track in range(people):
        smile = sum(0.9 * bump(time_s, at + LAG_S * track, 0.7) for at in SMILES_S)
        surprise = 0.8 * bump(time_s, 33.0 + 3 * track, 0.4)
        sad = 0.5 * bump(time_s, 20.0 + track, 2.0)
        weights = {"neutral": 0.35, "happiness": 2 * smile, "surprise": surprise, "sadness": sad, "anger": 0.04}
        raw = np.stack([weights.get(name, 0.02) + 0.02 * rng.random(len(time_s)) for name in EXPRESSIONS])
        probs = dict(zip(EXPRESSIONS, raw / raw.sum(axis=0), strict=True))
        levels = {
            "AU12": smile,
            "AU06": 0.7 * smile,
            "AU25": 0.4 * smile + 0.8 * surprise,
            "AU01": surprise + 0.5 * sad,
        }
        levels |= {"AU02": 0.9 * surprise, "AU04": 0.2 + 0.6 * sad, "AU15": 0.8 * sad}
        noise = 0.03 * rng.standard_normal((len(AUS), len(time_s)))
        aus = {name: np.clip(levels[name] + n, 0, 1) for name, n in zip(AUS, noise, strict=True)}
        va = (0.7 * smile - 0.6 * sad, 0.5 * smile + 0.6 * surprise - 0.2)
        affect = {
            n: np.clip(v + 0.05 * rng.standard_normal(len(time_s)), -1, 1)
            for n, v in zip(VALENCE_AROUSAL, va, strict=True)
        }
        parts.append(rows(path, np.arange(len(time_s)), time_s, track, probs | aus | affect))
    return pd.concat(parts, ignore_index=True).sort_values(["frame", "face"], ignore_index=True)


def photo_table(count: int = 30, seed: int = 1) -> pd.DataFrame:
    """One face a photo, with no time."""
    rng = np.random.default_rng(seed)
    probs = dict(zip(EXPRESSIONS, rng.dirichlet(np.full(8, 0.4), count).T, strict=True))
    aus = {name: rng.beta(0.6, 1.5, count) for name in AUS}
    aus |= {f"{name}_intensity": 5 * aus[name] for name in AUS}
    affect = {name: rng.uniform(-0.8, 0.8, count) for name in VALENCE_AROUSAL}
    table = rows("p", np.zeros(count), np.zeros(count), 0, probs | aus | affect)
    table["path"] = [f"photo{i:02d}.png" for i in range(count)]
    table[["frame", "time_s", "track_id"]] = np.nan
    return table


def rows(path: str, frame: Any, time_s: Any, track: int, values: dict[str, Any]) -> pd.DataFrame:
    """One face in each of the given frames, in a box of 100 pixels."""
    left = 40 + 200 * track
    place = {"path": path, "frame": frame, "time_s": time_s, "face": track, "track_id": track}
    box = {"x1": left, "y1": 30, "x2": left + 100, "y2": 130, "score": 0.99}
    table = pd.DataFrame(place | {name: np.full(len(time_s), float(v)) for name, v in box.items()} | values)
    names = [name for name in EXPRESSIONS if name in values]
    if names:
        table["expression"] = np.array(names)[np.argmax(table[names].to_numpy(), axis=1)]
    table["status"] = "ok"
    return table


def without_face(path: str, status: str = "no face", frames: int = 1) -> pd.DataFrame:
    """Frames without a face (or a file that failed): one row each, with nulls."""
    table = rows(path, np.arange(frames), np.arange(frames) / 25, 0, {})
    table[["face", "track_id", "x1", "y1", "x2", "y2", "score"]] = np.nan
    return table.assign(status=status)


def bump(time_s: Any, at: float, width: float) -> Any:
    return np.exp(-0.5 * ((time_s - at) / width) ** 2)
