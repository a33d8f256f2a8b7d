"""How long it takes until something is on the screen: ``import mien``, ``mien --help``, a photo's faces.

python benchmarks/startup.py --out benchmarks/results/startup.json
"""

import argparse
import statistics
import subprocess
import sys
import time
from importlib.resources import files
from pathlib import Path

from common import machine, write_results

PHOTO = files("mien.web") / "examples" / "group.jpg"  # four drawn faces, 2048 x 512
COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "import mien": [sys.executable, "-c", "import mien"],
    "mien --help": [
        sys.executable,
        "-c",
        "import sys; sys.argv = ['mien', '--help']; from mien.cli import main; main()",
    ],
    "mien analyze PHOTO": [sys.executable, "-m", "mien.cli", "analyze", str(PHOTO)],
}
ROUNDS = 9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/startup.json"))
    arguments = parser.parse_args()
    seconds = {name: [run(command) for _ in range(ROUNDS)] for name, command in COMMANDS.items()}
    rows = [{"what": name, "seconds": statistics.median(times)} for name, times in seconds.items()]
    for row in rows:
        print(f"{row['what']:<18} {row['seconds']:.3f} s")
    write_results(arguments.out, {"machine": machine(), "rows": rows})


def run(command: list[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
