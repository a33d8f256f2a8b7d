"""The page of an analysis table, and ``mien report``."""

import base64
import re
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from faces_table import photo_table, video_table, without_face
from inference.made import write_video
from mien.analysis.table import check_analysis
from mien.cli.report import report
from mien.errors import MienError
from mien.images import write_picture
from mien.report.analysis_page import PEOPLE, write_analysis_page
from mien.report.thumbnails import SIDE, crop, cut_thumbnails
from report.test_page import Page

EVIL = "<script>alert(1)</script>&\"'.mp4"


def page_of(table: pd.DataFrame, to: Path, **options: object) -> str:
    write_analysis_page(check_analysis(table), to / "report.html", **options)  # type: ignore[arg-type]
    return (to / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a minute of two people whose left half of the picture is red, two photos, a file that failed."""
    folder = tmp_path_factory.mktemp("study")
    table = video_table("talk.mp4", seconds=24, rate=5)
    image = np.zeros((160, 440, 3), np.uint8)
    image[:, :170, 0] = 255
    image[:, 170:, 2] = 255
    write_video(folder / "talk.mp4", [image] * 120, [i / 5 for i in range(120)])
    for name in ("photo00.png", "photo01.png"):
        write_picture(folder / name, np.full((150, 160, 3), (0, 200, 0), np.uint8))
    parts = [table, photo_table(2), without_face(EVIL, f"error: {EVIL}: <b>broken</b>")]
    pd.concat(parts, ignore_index=True).to_parquet(folder / "faces.parquet")
    return folder


@pytest.fixture(scope="module")
def text(study: Path) -> str:
    return page_of(pd.read_parquet(study / "faces.parquet"), study, folder=study, title="A <study>")


def test_the_page_needs_nothing_beside_it(text: str) -> None:
    page = Page(text)
    assert page.loads and [source for source in page.loads if not source.startswith(("data:image/", "#"))] == []
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "@import" not in text and "url(http" not in text


def test_names_of_files_are_escaped(text: str) -> None:
    assert "<script" not in text and "<b>broken" not in text and "A &lt;study&gt;" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text and "&lt;b&gt;broken&lt;/b&gt;" in text


def test_an_evil_name_of_a_video_and_a_photo_is_escaped(tmp_path: Path) -> None:
    photos = photo_table(2).assign(path=EVIL.replace("mp4", "png").replace("/", "|"))
    text = page_of(pd.concat([video_table(EVIL, seconds=4), photos], ignore_index=True), tmp_path)
    assert "<script" not in text and "&lt;script&gt;" in text


def test_the_page_holds_every_part(text: str) -> None:
    # shares by person; of each person 3 time lines, 2 muscle maps, plane, shares; the pair; of photos 5
    assert text.count("<svg") == 1 + 2 * 7 + 1 + 5
    for words in (
        "Person 1",
        "Person 2",
        "Persons 1 and 2 together",
        "Photos",
        "file failed",
        "A face is not a feeling",
    ):
        assert words in text
    assert len(re.findall(r'href="#([^"]+)"', text)) >= 4
    for anchor in re.findall(r'<a href="#([^"]+)"', text):
        assert f'id="{anchor}"' in text


def test_thumbnails_show_the_right_face(study: Path) -> None:
    table = check_analysis(pd.read_parquet(study / "faces.parquet"))
    wanted = table[(table["frame"] == 30) | (table["path"] == "photo01.png")]
    found = cut_thumbnails(wanted, study)
    assert found.missing == {} and set(found.pictures) == set(wanted.index)
    for row, data in found.pictures.items():
        raw = np.frombuffer(base64.b64decode(data.removeprefix("data:image/jpeg;base64,")), np.uint8)
        image = cv2.cvtColor(cv2.imdecode(raw, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        assert image.shape == (SIDE, SIDE, 3)
        track, photo = table.at[row, "track_id"], table.at[row, "path"] == "photo01.png"
        assert image[SIDE // 2, SIDE // 2].argmax() == (1 if photo else 0 if track == 0 else 2)


@pytest.mark.parametrize(
    "box", [(-30, -30, 40, 40), (90, 90, 130, 130), (500, 500, 600, 600), (10, 10, 10, 10), (0, 0, 1e6, 1e6)]
)
def test_a_box_beyond_the_picture_still_gives_a_thumbnail(box: tuple[float, ...]) -> None:
    found = crop(np.zeros((100, 120, 3), np.uint8), box)
    assert found.shape == (SIDE, SIDE, 3)
    if box[0] == 500:
        assert (found == 228).all()


def test_files_that_are_gone_are_said(study: Path, tmp_path: Path) -> None:
    text = page_of(pd.read_parquet(study / "faces.parquet"), tmp_path, folder=tmp_path)
    assert "No thumbnails from" in text and "the file is not there any more" in text and "<img" not in text


def test_without_thumbnails_nobody_is_shown(study: Path) -> None:
    text = page_of(pd.read_parquet(study / "faces.parquet"), study, folder=study, thumbnails=False)
    assert "<img" not in text and "data:image/jpeg" not in text and "left out of this page on request" in text


@pytest.mark.parametrize(
    "table",
    [
        without_face("a.mp4", frames=9),
        without_face("a.mp4", "error: broken"),
        video_table(people=1, seconds=0.04),
        photo_table(1),
        photo_table(3)[["path", "frame", "time_s", "face", "track_id", "x1", "y1", "x2", "y2", "score", "status"]],
        video_table(seconds=4).drop(columns=["valence", "arousal", "happiness", "AU12"]),
        video_table(seconds=4).assign(AU12=np.nan, valence=np.nan, happiness=np.nan),
    ],
)
def test_every_table_gives_a_page(table: pd.DataFrame, tmp_path: Path) -> None:
    text = page_of(table, tmp_path)
    assert text.rstrip().endswith("</html>") and "nan" not in re.sub(
        r"<svg.*?</svg>", "", text, flags=re.S
    ).lower().replace("finan", "")


def test_a_page_of_100_000_rows_stays_small(tmp_path: Path) -> None:
    table = video_table("long.mp4", seconds=2000, rate=25)
    assert len(table) == 100_000
    assert 500_000 < len(page_of(table, tmp_path)) < 6_000_000


def test_a_crowd_is_not_drawn_in_full(tmp_path: Path) -> None:
    bare = video_table(people=PEOPLE + 3, seconds=2, rate=5)[
        ["path", "frame", "time_s", "face", "track_id", "x1", "y1", "x2", "y2", "score", "status", "valence", "arousal"]
    ]
    text = page_of(bare, tmp_path)
    assert text.count("<section") == PEOPLE and "3 more people" in text


def test_the_verb(study: Path, tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(report)
    done = CliRunner().invoke(
        app, [str(study / "faces.parquet"), "-o", str(tmp_path / "r.html"), "--plots", str(tmp_path / "p")]
    )
    assert done.exit_code == 0, done.output
    assert "242 faces in 122 frames of 4 files, 21 plots" in done.output.replace("\n", " ")
    assert "data:image/jpeg" in (tmp_path / "r.html").read_text()  # paths are found beside the table
    names = sorted(p.name for p in (tmp_path / "p").iterdir())
    assert len(names) == 42 and names[0] == "01-people-shares.png"
    default = CliRunner().invoke(app, [str(study / "faces.parquet"), "--no-faces"])
    assert default.exit_code == 0 and (study / "faces.html").exists()
    with pytest.raises(MienError, match=r"ends with \.html"):
        CliRunner().invoke(app, [str(study / "faces.parquet"), "-o", "r.pdf"], catch_exceptions=False)
