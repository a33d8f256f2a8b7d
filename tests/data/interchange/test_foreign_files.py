"""Files that others wrote, or broke: what can be read is read, the rest is listed, and no path leads out."""

import base64
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_round_trips import embedded, png

from mien.data.interchange import FORMATS
from mien.data.interchange.answers import laid_over
from mien.data.read_faults import ReadFault
from mien.data.table import LabelTable
from mien.errors import TableError


def convert(kind: str, source: Path, out: Path) -> tuple[dict[str, list[Any]], list[ReadFault]]:
    _, faults = FORMATS[kind].convert(source, out)
    table = LabelTable(out)
    return table.read(table.columns).to_pydict(), faults


def write_tar(path: Path, *members: tuple[str, bytes | None]) -> None:
    with tarfile.open(path, "w") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            info.size = len(content or b"")
            tar.addfile(info, io.BytesIO(content or b""))


def test_shards_of_other_tools_have_types_by_name_and_value(tmp_path: Path) -> None:
    rows = [{"AU12": 1, "age": 30, "who": {"a": 1}}, {"AU12": None, "age": 2.5, "who": "b"}]
    members = [
        (f"{n}.{kind}", data)
        for n, row in enumerate(rows)
        for kind, data in (("jpg", png(n)), ("json", json.dumps(row).encode()), ("cls", b"3"))
    ]
    write_tar(tmp_path / "a.tar", *members)
    found, faults = convert("webdataset", tmp_path, tmp_path / "out.parquet")
    assert faults == [] and found["image"] == [png(0), png(1)] and found["cls"] == ["3", "3"]
    assert (found["AU12"], found["age"], found["who"]) == ([1, None], [30.0, 2.5], ['{"a": 1}', "b"])


def test_a_shard_is_never_unpacked_and_broken_samples_are_listed(tmp_path: Path) -> None:
    good = json.dumps({"AU12": 1}).encode()
    write_tar(
        tmp_path / "a.tar",
        *[("../../escape.png", png(0)), ("../../escape.json", good)],
        *[("link.png", None), ("link.json", good)],
        *[("broken.png", png(1)), ("broken.json", b"{")],
        *[("list.png", png(1)), ("list.json", b"[1]")],
        *[("deep.png", png(1)), ("deep.json", b"[" * 100_000)],
        *[("odd.png", png(3)), ("odd.json", json.dumps({"AU12": {"x": []}, "subject": "\ud800"}).encode())],
        *[("last.png", png(2)), ("last.json", good)],
    )
    found, faults = convert("webdataset", tmp_path, tmp_path / "inside" / "out.parquet")
    assert found["image"] == [png(0), None, png(3), png(2)] and found["AU12"] == [1, 1, None, 1]
    assert {path.name for path in tmp_path.rglob("*")} == {"a.tar", "inside", "out.parquet"}
    assert [(f.kind, f.file) for f in faults] == [
        ("not a file of a sample", "a.tar/link.png"),
        ("broken JSON", "a.tar/broken.json"),
        ("broken JSON", "a.tar/list.json"),
        ("broken JSON", "a.tar/deep.json"),
        ("wrong value", "a.tar/odd"),
        ("wrong value", "a.tar/odd"),
    ]


def test_of_a_shard_that_breaks_off_the_samples_before_are_read(tmp_path: Path) -> None:
    FORMATS["webdataset"].export(embedded(), tmp_path)
    whole = (tmp_path / "faces-000000.tar").read_bytes()
    (tmp_path / "faces-000000.tar").write_bytes(whole[:5000])
    found, faults = convert("webdataset", tmp_path, tmp_path / "out.parquet")
    assert 1 <= len(found["image"]) < 4 and [fault.kind for fault in faults] == ["broken tar file"]
    (tmp_path / "faces-000000.tar").write_bytes(b"no tar at all" * 100)
    with pytest.raises(TableError, match="Not one row could be read; the first of 1 faults: broken tar file"):
        FORMATS["webdataset"].convert(tmp_path, tmp_path / "out2.parquet")


def test_a_value_of_another_type_is_null_and_listed(tmp_path: Path) -> None:
    FORMATS["fiftyone"].export(embedded(), tmp_path)
    content = json.loads((tmp_path / "labels.json").read_text())
    content["labels"]["000000000"]["attributes"]["AU12"] = "strong"
    content["labels"]["000000001"] = {"label": ["fear"]}
    content["labels"]["../../../etc/passwd"] = {"label": "fear"}
    (tmp_path / "labels.json").write_text(json.dumps(content))
    found, faults = convert("fiftyone", tmp_path, tmp_path / "out.parquet")
    assert found["AU12"][0] is None and found["valence"][0] == pytest.approx(-0.3) and len(found["AU12"]) == 3
    assert [(f.kind, f.rows) for f in faults] == [("broken label", 1), ("missing picture", 1), ("wrong value", 0)]
    assert "AU12: 'strong'" in faults[-1].found


def test_fiftyones_numbers_are_classes(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for n in range(3):
        (tmp_path / "data" / f"{n}.png").write_bytes(png(n))
    labels = {"0": 1, "1": None, "2": "neutral"}
    (tmp_path / "labels.json").write_text(json.dumps({"classes": ["neutral", "fear"], "labels": labels}))
    found, faults = convert("fiftyone", tmp_path, tmp_path / "out.parquet")
    assert found["expression"] == ["fear", None, "neutral"] and faults == []


def test_numbered_classes_of_datasets_become_words(tmp_path: Path) -> None:
    features = {"expression": {"names": ["neutral", "fear"], "_type": "ClassLabel"}, "image": {"_type": "Image"}}
    picture = {"bytes": png(0), "path": "a.png"}
    lists = (
        pa.array([b"\x00", None, b"", b"a"], pa.binary()),
        pa.array([[1.0], [], None, [2.0]], pa.list_(pa.float32())),
    )
    more = {"digest": lists[0], "points": lists[1]}
    table = pa.table({"expression": [1, -1, 7, None], **more, "image": [picture, picture, picture, None]})
    meta = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(table.replace_schema_metadata(meta), tmp_path / "validation-00000-of-00001.parquet")
    (tmp_path / "test-00000-of-00001.parquet").write_bytes(b"broken")
    found, faults = convert("huggingface", tmp_path, tmp_path / "out.parquet")
    assert found["expression"] == ["fear", None, None, None] and found["split"] == ["validation"] * 4
    assert found["image"] == [png(0)] * 3 + [None]
    assert LabelTable(tmp_path / "out.parquet").read([*more]).equals(pa.table(more))
    assert [(f.kind, f.line) for f in faults] == [("broken Parquet file", None), ("unknown code", 3)]


def task(image: str, *results: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"data": {"image": image}, "annotations": [{"result": result, **more} for result in results]}


def choices(name: str, *chosen: str) -> dict[str, Any]:
    return {"from_name": name, "to_name": "face", "type": "choices", "value": {"choices": list(chosen)}}


def test_pictures_of_label_studio_come_from_beside_the_file_alone(tmp_path: Path) -> None:
    (tmp_path / "project" / "faces").mkdir(parents=True)
    (tmp_path / "project" / "faces" / "a.png").write_bytes(png(0))
    (tmp_path / "secret.png").write_bytes(png(1))
    (tmp_path / "project" / "link.png").symlink_to(tmp_path / "secret.png")
    fear = [choices("expression", "fear")]
    images = [
        "faces/a.png",
        "/data/local-files/?d=faces/a.png",
        "../secret.png",
        str(tmp_path / "secret.png"),
        "link.png",
    ]
    images += ["https://example.org/a.png", "data:image/png;base64,???", "gone.png"]
    tasks: list[Any] = [*(task(image, fear) for image in images), {"data": None}, "nonsense"]
    (tmp_path / "project" / "export.json").write_text(json.dumps(tasks))
    found, faults = convert("labelstudio", tmp_path / "project" / "export.json", tmp_path / "out.parquet")
    assert found["expression"] == ["fear"] * 2 and found["image"] == [png(0)] * 2
    assert [fault.line for fault in faults] == [3, 4, 5, 6, 7, 8, 9, 10]
    assert "outside" in faults[0].found and "outside" in faults[2].found and "on the net" in faults[3].found


def test_what_people_answer_is_laid_over_the_row() -> None:
    row = {
        "expression": "fear",
        "votes_fear": 6.0,
        "votes_anger": 4.0,
        "AU12": 1,
        "AU25": None,
        "valence": 0.5,
        "age": 3,
    }
    units = ("AU12", "AU25")
    kept = laid_over(
        row, [{"result": [choices("expression", "fear"), choices("au", "AU12"), choices("au_unknown", "AU25")]}], units
    )
    assert kept == row | {"valence": None}  # taken away by the annotator
    changed = laid_over(row, [{"result": [choices("expression", "anger"), choices("au", "AU25")]}], units)
    assert (changed["expression"], changed["votes_fear"], changed["AU12"], changed["AU25"]) == ("anger", None, 0, 1)
    assert changed["age"] == 3
    assert laid_over(row, [{"result": [], "was_cancelled": True}], units) == row
    with pytest.raises(ValueError, match="no label is called AU99"):
        laid_over(row, [{"result": [choices("au", "AU99")]}], units)


def test_several_annotators_become_votes() -> None:
    given = [
        {"result": [choices("expression", name), choices("au", *aus)]}
        for name, aus in (("fear", ["AU12"]), ("fear", []), ("anger", ["AU12"]), ("anger", []))
    ]
    found = laid_over({"AU12": None}, given, ("AU12",))
    assert found["votes_fear"] == found["votes_anger"] == 2.0 and found["votes_neutral"] == 0.0
    assert found["expression"] is None and found["AU12"] is None  # two against two
    assert laid_over({}, given[:3], ("AU12",))["AU12"] == 1


def test_label_studios_tasks_hold_the_picture_and_an_interface(tmp_path: Path) -> None:
    FORMATS["labelstudio"].export(embedded(), tmp_path)
    first = json.loads((tmp_path / "tasks.json").read_text())[0]
    assert base64.b64decode(first["data"]["image"].removeprefix("data:image/png;base64,")) == png(0)
    named = {result["from_name"]: result["value"] for result in first["annotations"][0]["result"]}
    assert named["au"] == {"choices": ["AU12"]} and named["au_unknown"] == {"choices": ["AU01"]}
    interface = (tmp_path / "config.xml").read_text()
    assert '<Choice value="happiness"/>' in interface and '<Number name="valence"' in interface
