"""What a user may point at."""

from pathlib import Path

import pytest

from mien.errors import MienError
from mien.inference.sources import Source, find_sources


@pytest.fixture
def study(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.PNG", "notes.txt", "p1/talk.mp4", "p1/deep/c.webp", "odd.dat"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_a_folder_gives_its_photos_and_videos_sorted(study: Path) -> None:
    found = find_sources([str(study)])
    assert [Path(s.name).name for s in found] == ["a.PNG", "b.jpg", "c.webp", "talk.mp4"]
    assert [s.kind for s in found] == ["photo", "photo", "photo", "video"]


def test_a_link_in_a_folder_whose_file_is_gone_is_not_passed_over(study: Path) -> None:
    (study / "gone.jpg").symlink_to(study / "moved-away.jpg")
    (study / "folder.jpg").mkdir()
    names = [Path(source.name).name for source in find_sources([str(study)])]
    assert "gone.jpg" in names and "folder.jpg" not in names


def test_patterns_and_files_each_once_in_the_order_given(study: Path) -> None:
    names = [str(study / "p1" / "talk.mp4"), str(study / "*.jpg"), str(study / "**" / "*.mp4"), str(study / "b.jpg")]
    assert find_sources(names) == [Source("video", names[0]), Source("photo", names[3])]


def test_a_file_that_is_named_is_taken_whatever_its_ending(study: Path) -> None:
    assert find_sources([str(study / "odd.dat")]) == [Source("photo", str(study / "odd.dat"))]


@pytest.mark.parametrize(("name", "number"), [("webcam", 0), ("webcam:2", 2)])
def test_cameras(name: str, number: int) -> None:
    (source,) = find_sources([name])
    assert source.kind == "webcam" and source.camera == number


def test_a_file_called_like_a_camera_is_a_file(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (study / "webcam.jpg").touch()
    monkeypatch.chdir(study)
    assert find_sources(["webcam.jpg"]) == [Source("photo", "webcam.jpg")]


@pytest.mark.parametrize("name", ["nothing.jpg", "*.gif", "empty"])
def test_a_name_that_leads_to_nothing_is_said(study: Path, name: str) -> None:
    (study / "empty").mkdir()
    with pytest.raises(MienError, match="no photo or video there"):
        find_sources([str(study / "b.jpg"), str(study / name)])
