"""RAF-AU and RAF-CE: faces of RAF with action units by FACS coders; RAF-CE has compound expressions as well.

``RAFAU_label.txt`` has a line ``0007.jpg 1+4+L12`` per face, or ``0007.jpg null``; ``L`` and ``R`` mark a unit on one
side. The face is ``aligned/0007_aligned.jpg``. RAF-CE has ``RAFCE_AUlabel.txt`` of the same form,
``RAFCE_emolabel.txt`` with a line ``0007.jpg 3`` and ``RAFCE_partition.txt`` with 0 train, 1 test, 2 validation. Its
codes: 0 happily surprised, 1 happily disgusted, 2 sadly fearful, 3 sadly angry, 4 sadly surprised, 5 sadly disgusted,
6 fearfully angry, 7 fearfully surprised, 8 fearfully disgusted, 9 angrily surprised, 10 angrily disgusted,
11 disgustedly surprised, 12 happily fearful, 13 happily sad; mien has no name for the last two.

A unit that is not listed is absent, one that is listed for one side is present. ``null`` is taken for "not coded".

*Source*: Yan et al. 2020, "RAF-AU database: in-the-wild facial expressions with subjective emotion judgement and
objective AU annotations"; RAF-CE (same authors); files as public loaders read them. Not verified: what ``null`` stands
for, and the numbers of RAF-CE's parts, on which loaders do not agree.
"""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from mien.data.databases.layout import Layout, Pictures, find_file, find_folder
from mien.data.databases.reading import OTHER_COMPOUND, Place, Reading, au_name
from mien.data.table import LabelTable
from mien.labels import ACTION_UNITS, COMPOUNDS

AU_FILE, CE_AU_FILE = "RAFAU_label.txt", "RAFCE_AUlabel.txt"
CE_FILE, CE_PARTS = "RAFCE_emolabel.txt", "RAFCE_partition.txt"
NOT_CODED = "null"
CODES = dict(
    enumerate(
        (
            *("happily_surprised", "happily_disgusted", "sadly_fearful", "sadly_angry", "sadly_surprised"),
            *("sadly_disgusted", "fearfully_angry", "fearfully_surprised", "fearfully_disgusted"),
            *("angrily_surprised", "angrily_disgusted", "disgustedly_surprised", "happily_fearful", "happily_sad"),
        )
    )
)
PARTS = {0: "train", 1: "test", 2: "val"}
REQUEST = "http://www.whdeng.cn/RAF/model1.html"
LAYOUT = Layout("raf_au", f"a folder with {AU_FILE} and aligned/0001_aligned.jpg", REQUEST)
LAYOUT_CE = Layout("raf_ce", f"a folder with {CE_FILE}, {CE_PARTS}, {CE_AU_FILE} and aligned/0001_aligned.jpg", REQUEST)
NOTES = {
    "facs": "the units as they were coded, with their side, those without a column of their own included",
    OTHER_COMPOUND: "happily_fearful and happily_sad, which mien has no name for",
}

Coded = dict[str, tuple[Place, str]]  # picture -> where it stands, its codes


def read(root: Path) -> LabelTable:
    """The faces of RAF-AU with their action units."""
    reading = _reading(LAYOUT, root)
    file = find_file(reading.root, AU_FILE)
    if file is None:
        raise LAYOUT.wrong(reading.root, f"no {AU_FILE} here")
    coded = _coded(reading, file)
    looked_for = _looked_for(coded)
    pictures = _pictures(reading)
    for name, (place, codes) in coded.items():
        if path := reading.picture(pictures.named(_aligned(name)), place, _aligned(name)):
            reading.add(place, path=path, **_units(codes, looked_for))
    return reading.table(notes=NOTES)


def read_ce(root: Path) -> LabelTable:
    """The faces of RAF-CE with compound expressions, parts, and action units where they were coded."""
    reading = _reading(LAYOUT_CE, root)
    files = {name: find_file(reading.root, name) for name in (CE_FILE, CE_PARTS, CE_AU_FILE)}
    if files[CE_FILE] is None:
        raise LAYOUT_CE.wrong(reading.root, f"no {CE_FILE} here")
    for name, file in files.items():
        if file is None:
            reading.fault("missing file", Place(reading.root), f"no {name}")
    emotions, parts, units = (_coded(reading, file) if file else {} for file in files.values())
    looked_for = _looked_for(units)
    pictures = _pictures(reading)
    for name, (place, code) in emotions.items():
        label = reading.code(code, CODES, place, "compound")
        split = reading.code(parts[name][1], PARTS, parts[name][0], "partition") if name in parts else None
        if parts and name not in parts:
            reading.fault("no part", place, f"{name} is not in {CE_PARTS}")
        codes = units[name][1] if name in units else NOT_CODED
        if path := reading.picture(pictures.named(_aligned(name)), place, _aligned(name)):
            labels = {"compound" if label in COMPOUNDS else OTHER_COMPOUND: label, **_units(codes, looked_for)}
            reading.add(place, split=split, path=path, **labels)
    return reading.table({"compound": [name for name in CODES.values() if name in COMPOUNDS]}, NOTES)


def _reading(layout: Layout, root: Path) -> Reading:
    columns = ("split", "path", *ACTION_UNITS, "compound")
    return Reading(layout, root, columns, {"facs": pa.string(), OTHER_COMPOUND: pa.string()})


def _pictures(reading: Reading) -> Pictures:
    return Pictures(find_folder(reading.root, "aligned") or reading.root / "aligned")


def _aligned(name: str) -> str:
    """The aligned face of a picture; some lists leave the zeros out, and say ``7.jpg``."""
    return f"{name.rpartition('.')[0].zfill(4)}_aligned.jpg"


def _coded(reading: Reading, file: Path) -> Coded:
    """The lines by picture; a picture with two different ones is left out."""
    found: Coded = {}
    contradicted = set()
    for place, text in reading.lines(file):
        if cells := reading.cells(text, None, 2, place):
            name, codes = cells
            if name in found and found[name][1] != codes:
                reading.fault("two labels", place, f"{name}: {codes}, and in another line {found[name][1]}", rows=1)
                contradicted.add(name)
            found.setdefault(name, (place, codes))
    return {name: line for name, line in found.items() if name not in contradicted}


def _tokens(codes: str) -> Sequence[str]:
    return () if codes == NOT_CODED else codes.split("+")


def _looked_for(coded: Coded) -> set[str]:
    """The units that mien names and that are coded somewhere."""
    return {unit for _, codes in coded.values() for token in _tokens(codes) if (unit := au_name(token.lstrip("LR")))}


def _units(codes: str, looked_for: set[str]) -> dict[str, int | str]:
    if codes == NOT_CODED:
        return {}
    present = {au_name(token.lstrip("LR")) for token in _tokens(codes)}
    return {**{unit: int(unit in present) for unit in looked_for}, "facs": codes}
