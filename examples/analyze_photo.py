"""Read the faces of a photo with the network that comes with mien: no training, no torch, no download.

    python examples/analyze_photo.py

The photo here is a drawn one. Put your own in its place.
"""

import sys
from pathlib import Path

from mien import Analyzer

HERE = Path(sys.argv[1] if len(sys.argv) > 1 else "example")
PHOTO = Path(__file__).parents[1] / "docs" / "images" / "faces.png"

if __name__ == "__main__":
    HERE.mkdir(parents=True, exist_ok=True)
    analyzer = Analyzer()
    faces = analyzer.image(PHOTO)  # a path, or an RGB array
    print(f"One network for {', '.join(analyzer.labels)}: {len(faces)} faces in {PHOTO.name}")
    for name, (valence, arousal), present in zip(faces.top(), faces.va, faces.au_present, strict=True):
        units = " ".join(unit for unit, there in zip(faces.au_names, present, strict=True) if there)
        print(f"{name:<10} valence {valence:+.2f}, arousal {arousal:+.2f}  {units}")
    faces.to_pandas().to_csv(HERE / "faces.csv", index=False)
    print(f"{HERE / 'faces.csv'}: one row per face")
