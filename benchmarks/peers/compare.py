"""mien beside other tools: the same crops, the same clip, each tool in an environment of its own.

    MIEN_DATA=/folder python benchmarks/peers/compare.py --mien PYTHON --fer PYTHON    all, and the README's table
    MIEN_DATA=/folder python benchmarks/peers/compare.py --mien PYTHON                 only our side anew
    python benchmarks/peers/compare.py                                                 only the README's table anew

PYTHON is that of an environment in which ``pip install`` put the tool and nothing else. Crops: strict test rows of
FER2013+ (majority of the votes, seven classes) and CK+ (six classes, a sequence's three frames averaged).
Every tool gets whole crops and answers with a number per class; classes that a set lacks are left out for all alike.

Time is processor time, so that other work on the machine does not count; on one core it is what a clock says on an
idle machine. Memory is the process's peak, size that of the environment's site-packages.
"""

import argparse
import json
import os
import platform
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from worker import SEVEN

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "peers.json"
SETS = {"ferplus": ("fer2013plus", SEVEN, 1000), "ck": ("ck48", SEVEN[1:], 1000)}
CLIP = "clips/single_face.mp4"
BEGIN, END = "<!-- made by: python benchmarks/peers/compare.py -->", "<!-- end of what it made -->"
DRAWS = 1000


def main() -> None:
    tools = sorted(path.stem.removeprefix("run_") for path in HERE.glob("run_*.py"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for tool in tools:
        parser.add_argument(f"--{tool}", type=Path, metavar="PYTHON", help=f"of the environment of {tool}")
    asked = {tool: python for tool, python in vars(parser.parse_args()).items() if python}
    results: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    if asked:
        with tempfile.TemporaryDirectory() as name:
            write_work(Path(name), Path(os.environ["MIEN_DATA"]))
            for tool, python in asked.items():
                results[tool] = measured(tool, python, Path(name))
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
    readme = ROOT / "README.md"
    readme.write_text(with_table(readme.read_text(), table(results)))
    print(table(results))


def write_work(folder: Path, data: Path) -> None:
    """The crops of each set with truth and people, and the clip."""
    from mien.data.databases import read_database
    from mien.images import read_image
    from mien.inference.video import read_video

    for name, (reader, classes, most) in SETS.items():
        source = read_database(reader, data)
        columns = [c for c in ("image", "expression", "subject", "split", "clip") if c in source.columns]
        rows = source.read(columns).to_pylist()
        rows = [row for row in rows if row["expression"] in classes and row.get("split", "test") == "test"]
        groups = [row.get("clip") or str(number) for number, row in enumerate(rows)]
        chosen = set(np.random.default_rng(0).permutation(sorted(set(groups)))[:most].tolist())
        kept = [(row, group) for row, group in zip(rows, groups, strict=True) if group in chosen]
        np.savez(
            folder / f"{name}.npz",
            crops=np.stack([read_image(row["image"]) for row, _ in kept]),
            truth=[row["expression"] for row, _ in kept],
            people=[row["subject"] or group for row, group in kept],
            groups=[group for _, group in kept],
        )
    np.save(folder / "clip.npy", np.stack([frame.image for frame in read_video(data / CLIP)]))


def measured(tool: str, python: Path, folder: Path) -> dict[str, Any]:
    """Costs and accuracies of one tool, from a process of its environment on one thread."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | threads
    done = subprocess.run(
        [python, HERE / f"run_{tool}.py", folder], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{tool} ended with {done.returncode}: {done.stderr[-2000:]}")
    costs: dict[str, Any] = json.loads((folder / "costs.json").read_text())
    machine = f"{platform.machine()}, one core"
    return costs | {"machine": machine} | {f"{name}_accuracy": accuracy(folder, name) for name in SETS}


def accuracy(folder: Path, name: str) -> dict[str, float]:
    """Share of right answers, with a 95 % interval over people; rows of one group (a sequence) are averaged first."""
    from mien.metrics.intervals import bootstrap

    given, answers = np.load(folder / f"{name}.npz"), np.load(folder / f"{name}.answers.npy")
    classes = SETS[name][1]
    _, first, number = np.unique(given["groups"], return_index=True, return_inverse=True)
    sums = np.zeros((len(first), len(classes)))
    np.add.at(sums, number, answers[:, [SEVEN.index(one) for one in classes]])
    right = (np.array(classes)[sums.argmax(axis=1)] == given["truth"][first]).astype(np.float64)
    people = given["people"][first].tolist()
    found = bootstrap(lambda weights: float(weights @ right / weights.sum()), people, DRAWS)
    return {"value": found.value, "low": found.low, "high": found.high, "n": len(right)}


def table(results: dict[str, Any]) -> str:
    """The README's table, and the machine that it is of."""
    tools = sorted(results, key=lambda tool: tool != "mien")
    rows = {
        "": [f"{tool} {results[tool]['version']}" for tool in tools],
        "FER2013+ test, 7 expressions": [_share(results[tool]["ferplus_accuracy"]) for tool in tools],
        "CK+, 6 expressions": [_share(results[tool]["ck_accuracy"]) for tool in tools],
        "a cut face": [f"{results[tool]['ms_per_crop']:.1f} ms" for tool in tools],
        "a 640x360 frame, with its face": [f"{results[tool]['ms_per_frame']:.0f} ms" for tool in tools],
        "ready to read": [f"{results[tool]['ready_s']:.1f} s" for tool in tools],
        "peak memory": [f"{results[tool]['peak_mb']:.0f} MB" for tool in tools],
        "installed": [f"{results[tool]['site_packages_mb']:,.0f} MB" for tool in tools],
    }
    lines = [f"| {what} | {' | '.join(cells)} |" for what, cells in rows.items()]
    machines = sorted({f"{results[tool]['machine']}, Python {results[tool]['python']}" for tool in tools})
    told = f"*Processor time on {'; '.join(machines)}; accuracies with 95 % intervals over people. "
    told += "mien looks for eyes, nose and mouth in a cut face, too, to turn it upright; fer reads it as it is.*"
    return "\n".join([lines[0], f"|{'---|' * (len(tools) + 1)}", *lines[1:], "", told])


def _share(found: dict[str, float]) -> str:
    return f"{found['value']:.3f} [{found['low']:.3f}, {found['high']:.3f}]"


def with_table(text: str, made: str) -> str:
    """The README with the table between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"README.md lacks the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{made}\n{END}{after}"


if __name__ == "__main__":
    main()
