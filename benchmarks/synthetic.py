"""How fast synthetic faces are drawn on one core, labels and PNG included.

    python benchmarks/synthetic.py --out benchmarks/results/synthetic.json

The process's own CPU time is counted, so that other work on the machine disturbs it little.
"""

import argparse
import statistics
import time
from pathlib import Path

import cv2
from common import machine, write_results

from mien.data.synthetic import clips, stills

IMAGES, ROUNDS = 400, 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/synthetic.json"))
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    rows = []
    for size in (64, 128):
        for what in ("stills", "clips"):
            draw(what, size, 40)
            speeds = [draw(what, size, IMAGES) for _ in range(ROUNDS)]
            rows.append({"what": what, "size": size, "images_per_s": statistics.median(speeds), "best": max(speeds)})
            print(f"{what} at {size} px: {statistics.median(speeds):.0f} images/s, best {max(speeds):.0f}")
    write_results(arguments.out, {"machine": machine(), "rows": rows})


def draw(what: str, size: int, images: int) -> float:
    begun = time.process_time()
    people = range(images // 40)
    batches = stills(people, 40, size, 0) if what == "stills" else clips(people, 1, 40, size, 0)
    drawn = sum(batch.num_rows for batch in batches)
    return drawn / (time.process_time() - begun)


if __name__ == "__main__":
    main()
