"""CK+, DISFA, DISFA+, BP4D and EmotioNet in their own folders."""

from pathlib import Path

from mien.data.check import check
from mien.data.databases import read_database
from tiny_databases import LANDMARKS, circle68, faults, pictures, rows, text


def ck(root: Path, sequence: str, last: int, facs: tuple[str, ...] | None, emotion: str | None) -> None:
    name = sequence.replace("/", "_")
    pictures(root / f"cohn-kanade-images/{sequence}", *(f"{name}_{n:08d}.png" for n in range(1, last + 1)))
    apex = f"{sequence}/{name}_{last:08d}"
    if facs is not None:
        text(root / f"FACS/{apex}_facs.txt", *facs)
    if emotion is not None:
        text(root / f"Emotion/{apex}_emotion.txt", emotion)


def test_ckplus_apex_and_neutral_frames(tmp_path: Path) -> None:
    ck(
        tmp_path,
        "S005/001",
        3,
        ("   9.0000000e+00   4.0000000e+00", "1.7e+01 0.0e+00", "3.1e+01 2.0e+00"),
        "   3.0e+00",
    )
    ck(tmp_path, "S010/002", 2, ("   1.2000000e+01   3.0000000e+00",), None)
    points = (f"   {x:.7e}   {y:.7e}" for x, y in circle68())
    text(tmp_path / "Landmarks/S005/001/S005_001_00000003_landmarks.txt", *points)
    table = read_database("ckplus", tmp_path)
    columns = ("subject", "clip", "frame", "expression", "AU09", "AU09_intensity", "AU17", "AU17_intensity", "facs")
    assert rows(table, *columns) == [
        ("S005", "S005_001", 3, "disgust", 1, 4.0, 1, None, "9:4+17+31:2"),  # 17: there, intensity not given
        ("S005", "S005_001", 1, "neutral", None, None, None, None, None),
        ("S010", "S010_002", 2, None, 0, 0.0, 0, 0.0, "12:3"),  # coded, and not listed: absent
        ("S010", "S010_002", 1, "neutral", None, None, None, None, None),
    ]
    assert rows(table, *LANDMARKS)[0] == tuple(LANDMARKS.values())
    assert table.labels["au"] == ("AU09", "AU12", "AU17") and table.read_faults == ()
    assert check(table, images=True).errors == 0


def test_ckplus_emotions(tmp_path: Path) -> None:
    for code in range(8):
        ck(tmp_path, f"S{code:03d}/001", 2, ("1 0",), f"{code}")
    table = read_database("ckplus", tmp_path)
    names = ("neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
    assert [row[0] for row in rows(table, "expression")[::2]] == list(names)


def test_ckplus_of_which_parts_are_missing(tmp_path: Path) -> None:
    ck(tmp_path, "S005/001", 3, ("9 4", "12", "6 7", "x 1"), "8")
    (tmp_path / "cohn-kanade-images/S005/001/S005_001_00000001.png").unlink()
    ck(tmp_path, "S006/001", 2, None, "1")
    ck(tmp_path, "S007/001", 2, ("12 2",), "1")
    (tmp_path / "cohn-kanade-images/S007/001/S007_001_00000002.png").unlink()
    ck(tmp_path, "S008/001", 2, (), "1")
    ck(tmp_path, "S009/001", 2, ("1 1",), None)
    text(tmp_path / "Emotion/S009/001/S009_001_00000001_emotion.txt", "1")
    table = read_database("ckplus", tmp_path)
    # A line of S005 is broken: AU12, which is listed elsewhere, is unknown there, not absent.
    assert rows(table, "clip", "frame", "expression", "AU09", "AU06", "facs") == [
        ("S005_001", 3, None, 1, 1, "6+9:4"),
        ("S006_001", 2, "anger", None, None, None),
        ("S006_001", 1, "neutral", None, None, None),
        ("S007_001", 1, "neutral", None, None, None),
        ("S008_001", 2, "anger", None, None, None),
        ("S008_001", 1, "neutral", None, None, None),
        ("S009_001", 2, None, 0, 0, "1:1"),
        ("S009_001", 1, "neutral", None, None, None),
    ]
    assert rows(table, "AU12")[0] == (None,) and rows(table, "AU12")[6] == (0,)
    facs = "FACS/S005/001/S005_001_00000003_facs.txt"
    assert faults(table) == [
        ("missing folder", ".", None, 0),
        ("broken line", facs, 2, 0),
        ("out of range", facs, 3, 0),
        ("not a number", facs, 4, 0),
        ("empty file", "FACS/S008/001/S008_001_00000002_facs.txt", None, 0),
        ("unknown code", "Emotion/S005/001/S005_001_00000003_emotion.txt", 1, 0),
        ("missing picture", facs, None, 1),
        ("missing file", "cohn-kanade-images/S006/001", None, 0),
        ("missing picture", "FACS/S007/001/S007_001_00000002_facs.txt", None, 1),
        ("rows do not match", "Emotion/S009/001/S009_001_00000001_emotion.txt", None, 0),
    ]


DISFA_UNITS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)


def disfa(root: Path, subject: str, given: dict[int, tuple[int, ...]]) -> None:
    """Labels of all units: those ``given`` from frame 1 on, and zeros."""
    length = max(map(len, given.values()))
    for unit in DISFA_UNITS:
        strengths = given.get(unit, (0,) * length)
        lines = (f"{frame},{strength}" for frame, strength in enumerate(strengths, start=1))
        text(root / f"ActionUnit_Labels/{subject}/{subject}_au{unit}.txt", *lines)


def test_disfa_intensity_and_presence_from_two_on(tmp_path: Path) -> None:
    disfa(tmp_path, "SN001", {12: (0, 1, 2, 5), 4: (3, 0, 0, 0)})
    pictures(tmp_path, *(f"img/SN001/{n}.png" for n in range(4)))  # numbered from 0
    disfa(tmp_path, "SN002", {12: (4,)})
    for side in ("Right", "Left"):
        pictures(tmp_path, f"Videos_{side}Camera/{side}VideoSN002_comp/SN002_0001.jpg")
    table = read_database("disfa", tmp_path)
    columns = ("subject", "frame", "path", "AU12", "AU12_intensity", "AU04")
    assert rows(table, *columns) == [
        ("SN001", 1, "img/SN001/0.png", 0, 0.0, 1),
        ("SN001", 2, "img/SN001/1.png", 0, 1.0, 0),
        ("SN001", 3, "img/SN001/2.png", 1, 2.0, 0),
        ("SN001", 4, "img/SN001/3.png", 1, 5.0, 0),
        ("SN002", 1, "Videos_LeftCamera/LeftVideoSN002_comp/SN002_0001.jpg", 1, 4.0, 0),
    ]
    assert "from intensity 2" in table.notes["AU12"] and table.read_faults == ()
    assert len(table.labels["au"]) == len(table.labels["au_intensity"]) == 12
    assert check(table, images=True).errors == 0


def test_disfa_faults(tmp_path: Path) -> None:
    disfa(tmp_path, "SN001", {12: (0, 1, 2), 4: (3, 0), 26: (0, 6, 0)})
    labels = tmp_path / "ActionUnit_Labels/SN001"
    (labels / "SN001_au1.txt").unlink()
    text(labels / "SN001_au2.txt", "1,0", "2,1", "2,3", "3,0,0", "3,1")
    text(labels / "SN001_au99.txt", "1,0")
    pictures(tmp_path, "img/SN001/1.png", "img/SN001/3.png", "img/SN001/4.png")
    disfa(tmp_path, "SN003", {1: (0, 0)})
    table = read_database("disfa", tmp_path)
    assert rows(table, "frame", "AU02_intensity", "AU04_intensity", "AU26") == [(1, 0.0, 3.0, 0), (3, 1.0, None, 0)]
    folder = "ActionUnit_Labels/SN001"
    assert faults(table) == [
        ("two labels", f"{folder}/SN001_au2.txt", 3, 0),
        ("broken line", f"{folder}/SN001_au2.txt", 4, 0),
        ("out of range", f"{folder}/SN001_au26.txt", 2, 0),
        ("unknown code", f"{folder}/SN001_au99.txt", None, 0),
        ("missing file", f"{folder}/SN001_au1.txt", None, 0),
        ("too few lines", f"{folder}/SN001_au4.txt", None, 0),
        ("missing picture", f"{folder}/SN001_au12.txt", 2, 1),
        ("too few lines", folder, None, 1),
        ("missing folder", "ActionUnit_Labels/SN003", None, 2),
    ]


def test_disfaplus_trials(tmp_path: Path) -> None:
    trial = "SN004/A1_AU1_TrailNo_1"
    for unit in DISFA_UNITS:
        strengths = (0, 3) if unit == 1 else (0, 0)
        lines = (f"{n:03d}.jpg     {strength}" for n, strength in enumerate(strengths))
        text(tmp_path / f"Labels/{trial}/AU{unit}.txt", "Intensity of one unit", "Picture   Intensity", *lines)
    pictures(tmp_path / "Images" / trial, "000.jpg", "001.jpg")
    table = read_database("disfaplus", tmp_path)
    assert rows(table, "subject", "clip", "frame", "path", "AU01", "AU01_intensity", "AU26") == [
        ("SN004", trial, 0, f"Images/{trial}/000.jpg", 0, 0.0, 0),
        ("SN004", trial, 1, f"Images/{trial}/001.jpg", 1, 3.0, 0),
    ]
    assert table.read_faults == () and check(table, images=True).errors == 0

    text(tmp_path / f"Labels/{trial}/AU2.txt", "", "", "000.jpg 1", "001.jpg")
    pictures(tmp_path / "Images" / trial, "002.jpg")
    (tmp_path / f"Labels/{trial}/AU26.txt").unlink()
    again = read_database("disfaplus", tmp_path)
    assert rows(again, "AU02_intensity") == [(1.0,), (None,)]
    assert faults(again) == [
        ("broken line", f"Labels/{trial}/AU2.txt", 4, 0),
        ("missing file", f"Labels/{trial}", None, 0),
        ("too few lines", f"Labels/{trial}/AU2.txt", None, 0),
        ("no label", f"Labels/{trial}", None, 1),
    ]


def test_bp4d_presence_and_intensity(tmp_path: Path) -> None:
    (tmp_path / "AUCoding/AU_OCC/AU_OCC").mkdir(parents=True)  # some archives have a folder of their own
    text(tmp_path / "AUCoding/AU_OCC/AU_OCC/F001_T1.csv", "0,1,6,12,99", "2440,1,9,0,0", "2441,0,1,1,0")
    text(tmp_path / "AUCoding/AU_INT/AU06/F001_T1_AU06.csv", "2440,9", "2441,3")
    pictures(tmp_path / "2D+3D/F001/T1", "02440.jpg", "02441.jpg")
    table = read_database("bp4d", tmp_path)
    assert rows(table, "subject", "clip", "frame", "path", "AU01", "AU06", "AU12", "AU06_intensity") == [
        ("F001", "F001_T1", 2440, "2D+3D/F001/T1/02440.jpg", 1, None, 0, None),
        ("F001", "F001_T1", 2441, "2D+3D/F001/T1/02441.jpg", 0, 1, 1, 3.0),
    ]
    assert table.labels == {"au": ("AU01", "AU06", "AU12"), "au_intensity": ("AU06",)}
    assert table.read_faults == () and check(table, images=True).errors == 0


def test_bp4d_faults(tmp_path: Path) -> None:
    folder = tmp_path / "AUCoding"
    text(folder / "F001_T1.csv", "0,1,6", "1,1,0", "2,7,1", "3,1", "4,0,0", "5,1,1", "5,0,1")
    text(folder / "F001_T2.csv", "0,1,6", "1,1,0")
    text(folder / "M002_T1.csv", "a,b")
    text(folder / "readme.csv", "")
    text(tmp_path / "AU-Intensity-Codes3.0/AU12/F001_T1_AU12.csv", "1,6", "9,2")
    pictures(tmp_path / "F001/T1", *(f"{n}.jpg" for n in (1, 2, 3, 5)))
    table = read_database("bp4d", tmp_path)
    assert rows(table, "frame", "AU01", "AU06") == [(1, 1, 0), (2, None, 1)]
    intensities = "AU-Intensity-Codes3.0/AU12"
    assert faults(table) == [
        ("out of range", f"{intensities}/F001_T1_AU12.csv", 1, 0),
        ("unknown code", "AUCoding/F001_T1.csv", 3, 0),
        ("broken line", "AUCoding/F001_T1.csv", 4, 1),
        ("missing picture", "AUCoding/F001_T1.csv", 5, 1),
        ("too few lines", "AUCoding/F001_T1.csv", None, 1),
        ("missing file", f"{intensities}/F001_T2_AU12.csv", None, 0),
        ("missing folder", "AUCoding/F001_T2.csv", None, 1),
        ("missing file", f"{intensities}/M002_T1_AU12.csv", None, 0),
        ("unknown header", "AUCoding/M002_T1.csv", 1, 0),
        ("unknown file", "AUCoding/readme.csv", None, 0),
        ("two labels", "AUCoding/F001_T1.csv", 6, 1),
        ("two labels", "AUCoding/F001_T1.csv", 7, 1),
    ]


def units(given: dict[int, int], missing: int) -> list[str]:
    return [str(given.get(unit, missing)) for unit in range(1, 61)]


def test_emotionet_in_both_forms(tmp_path: Path) -> None:
    header = ",".join(["URL", "URL orig", *(f"\"'AU {unit}'\"" for unit in range(1, 61))])
    first = ",".join(["'http://a.org/x/N_1.jpg'", "'http://b.org/1'", *units({1: 1, 12: 0}, 999)])
    text(tmp_path / "EmotioNet_FACS_aws_2020_24600.csv", header, first)
    second = "\t".join(["http://a.org/x/N_2.jpg", "http://b.org/2", *units({25: 1}, -1)])
    text(tmp_path / "dataFile_0001.txt", second)
    pictures(tmp_path, "images/N_1.jpg", "dataFile_0001/N_2.jpg")
    table = read_database("emotionet", tmp_path)
    assert rows(table, "list", "path", "AU01", "AU12", "AU25") == [
        ("EmotioNet_FACS_aws_2020_24600", "images/N_1.jpg", 1, 0, None),
        ("dataFile_0001", "dataFile_0001/N_2.jpg", None, None, 1),
    ]
    assert table.labels == {"au": ("AU01", "AU12", "AU25")} and table.read_faults == ()
    assert check(table, images=True).errors == 0


def test_emotionet_faults(tmp_path: Path) -> None:
    photos = ("1", "2", "1", "gone", "3")
    codes = ({1: 1}, {1: 2, 4: 0}, {1: 0}, {1: 1}, {})
    lines = ["\t".join([f"http://a/{n}.jpg", "-", *units(c, 999)]) for n, c in zip(photos, codes, strict=True)]
    text(tmp_path / "dataFile_0001.txt", *lines, "http://a/2.jpg\t1")
    pictures(tmp_path, *(f"imgs/{n}.jpg" for n in (1, 2, 3)))
    table = read_database("emotionet", tmp_path)
    assert rows(table, "path", "AU04") == [("imgs/2.jpg", 0)]
    assert "1 faces without any label" in table.notes["rows"]
    assert faults(table) == [
        ("unknown code", "dataFile_0001.txt", 2, 0),
        ("missing picture", "dataFile_0001.txt", 4, 1),
        ("broken line", "dataFile_0001.txt", 6, 1),
        ("two labels", "dataFile_0001.txt", 1, 1),
        ("two labels", "dataFile_0001.txt", 3, 1),
    ]


EXPRESSIONS16 = (
    *("angrily_disgusted", "angrily_surprised", "angry", "appalled", "awed", "disgusted", "fearful", "fearfully_angry"),
    *("fearfully_surprised", "happily_disgusted", "happily_surprised", "happy", "sad", "sadly_angry"),
    *("sadly_disgusted", "surprised"),
)


def emotionet_line(name: str, *shown: str, other: str = "0") -> str:
    cells = ("1" if name in shown else other for name in EXPRESSIONS16)
    return ",".join([f"'http://a.org/x/{name}.jpg'", "http://b.org", *cells])


def test_emotionet_basic_and_compound_expressions(tmp_path: Path) -> None:
    lines = [emotionet_line(f"N_{i}", name) for i, name in enumerate(EXPRESSIONS16)]
    text(tmp_path / "URLsWithEmotionCat_aws.csv", ",".join(["URL", "URL orig", *EXPRESSIONS16]), *lines)
    pictures(tmp_path, *(f"images/N_{i}.jpg" for i in range(16)))
    table = read_database("emotionet_compound", tmp_path)
    basic = {"angry": "anger", "disgusted": "disgust", "fearful": "fear", "happy": "happiness", "sad": "sadness"}
    basic["surprised"] = "surprise"
    given = [compound or expression for expression, compound in rows(table, "expression", "compound")]
    assert given == [basic.get(name, name) for name in EXPRESSIONS16]
    assert sum(expression is None for (expression,) in rows(table, "expression")) == 10
    assert table.read_faults == () and check(table, images=True).errors == 0


def test_emotionet_compound_faults(tmp_path: Path) -> None:
    lines = (
        emotionet_line("1", "happy", other="-1"),
        emotionet_line("2", "sad", "awed"),
        emotionet_line("3"),
        emotionet_line("gone", "sad"),
        emotionet_line("4", "sad", other="7"),
        emotionet_line("1", "awed"),
        "http://a.org/5.jpg,x,1",
    )
    text(tmp_path / "list.csv", ",".join(["url_server", "url_orig", *EXPRESSIONS16]), *lines)
    pictures(tmp_path, *(f"images/{n}.jpg" for n in range(1, 6)))
    table = read_database("emotionet_compound", tmp_path)
    assert rows(table, "path", "expression") == [("images/4.jpg", "sadness")]
    assert "1 faces without any label" in table.notes["rows"]
    found = [fault for fault in faults(table) if fault[0] != "unknown code"]
    assert found == [
        ("two labels", "list.csv", 3, 1),
        ("missing picture", "list.csv", 5, 1),
        ("broken line", "list.csv", 8, 1),
        ("two labels", "list.csv", 2, 1),
        ("two labels", "list.csv", 7, 1),
    ]
    assert len(faults(table)) == len(found) + 15, "every cell that is neither 0 nor 1 nor -1"
