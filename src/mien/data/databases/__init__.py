"""Readers: from a database on disk to a label table. ``READERS`` names them all; one file per database."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from mien.choose import choose
from mien.data.databases import (
    afew_va,
    affectnet,
    affwild,
    affwild2,
    avatar_clips,
    avatars,
    bp4d,
    ck48,
    ckplus,
    csv_file,
    disfa,
    disfaplus,
    emotic,
    emotionet,
    expw,
    expw_lst,
    fair_affect,
    fer2013,
    fer2013_csv,
    fer2013plus,
    ferplus_csv,
    folders,
    london,
    mmi,
    muxspace,
    raf_au,
    rafdb,
    sfew,
)
from mien.data.databases.layout import Layout
from mien.data.databases.source import Source
from mien.data.table import LabelTable
from mien.errors import TableError


class Reader(NamedTuple):
    """How to read one database.

    Attributes:
        read: from ROOT to the label table.
        description: what the database holds, in one line.
        expects: what ROOT is.
        request: where to request or download the database.
    """

    read: Callable[[Path], LabelTable]
    description: str
    expects: str
    request: str


def _reader(read: Callable[[Path], LabelTable], source: Source | Layout, description: str) -> Reader:
    return Reader(read, description, source.expects, source.request)


READERS = {
    "fer2013plus": _reader(
        fer2013plus.read, fer2013plus.SOURCE, "faces from web searches, ten crowd votes each, eight expressions"
    ),
    "fer2013": _reader(fer2013.read, fer2013.SOURCE, "the same faces with FER2013's one label, seven expressions"),
    "ck48": _reader(ck48.read, ck48.SOURCE, "CK+: posed faces, action units by FACS coders, seven expressions"),
    "muxspace": _reader(muxspace.read, muxspace.SOURCE, "news photos and film stills, one label, eight expressions"),
    "expw": _reader(expw.read, expw.SOURCE, "faces in web photos, colour, noisy labels, seven expressions"),
    "london": _reader(london.read, london.SOURCE, "studio photos of 40 adults, neutral and smiling, landmarks"),
    "avatars": _reader(
        avatars.read, avatars.SOURCE, "rendered faces: exact action units, expressions, compounds, modelled VA"
    ),
    "avatar_clips": _reader(
        avatar_clips.read, avatar_clips.SOURCE, "rendered clips: the same labels for each of 32 frames"
    ),
    "fer2013_csv": _reader(
        fer2013_csv.read, fer2013_csv.LAYOUT, "FER2013 as given out: faces from web searches, seven expressions"
    ),
    "ferplus_csv": _reader(ferplus_csv.read, ferplus_csv.LAYOUT, "FER+ as given out: FER2013's faces, ten votes each"),
    "affwild2_va": _reader(
        affwild2.read_va, affwild2.LAYOUTS["va"], "Aff-Wild2 (ABAW): frames of videos, valence and arousal"
    ),
    "affwild2_expr": _reader(
        affwild2.read_expression,
        affwild2.LAYOUTS["expression"],
        "Aff-Wild2 (ABAW): frames, seven expressions and other",
    ),
    "affwild2_au": _reader(affwild2.read_au, affwild2.LAYOUTS["au"], "Aff-Wild2 (ABAW): frames, twelve action units"),
    "affwild2_mtl": _reader(
        affwild2.read_mtl, affwild2.MTL, "s-Aff-Wild2 (ABAW multi-task): frames with any of the three labels"
    ),
    "sfew": _reader(sfew.read, sfew.LAYOUT, "SFEW 2.0: faces of film stills, seven expressions"),
    "rafdb_basic": _reader(rafdb.read_basic, rafdb.LAYOUTS["basic"], "RAF-DB: faces from the web, seven expressions"),
    "rafdb_compound": _reader(
        rafdb.read_compound, rafdb.LAYOUTS["compound"], "RAF-DB: faces from the web, eleven compound expressions"
    ),
    "raf_au": _reader(raf_au.read, raf_au.LAYOUT, "RAF-AU: faces from the web, action units by FACS coders"),
    "raf_ce": _reader(
        raf_au.read_ce, raf_au.LAYOUT_CE, "RAF-CE: faces from the web, fourteen compound expressions, action units"
    ),
    "affectnet": _reader(
        affectnet.read, affectnet.LAYOUT, "AffectNet: web photos, eight expressions, valence, arousal, boxes, landmarks"
    ),
    "affectnet_npy": _reader(
        affectnet.read_npy, affectnet.LAYOUT_NPY, "AffectNet's smaller release: cut faces, one array file per label"
    ),
    "ckplus": _reader(
        ckplus.read, ckplus.LAYOUT, "CK+ as given out: posed sequences, action units with intensity, expressions"
    ),
    "disfa": _reader(disfa.read, disfa.LAYOUT, "DISFA: 27 people watching a film, intensity of twelve action units"),
    "disfaplus": _reader(
        disfaplus.read, disfaplus.LAYOUT, "DISFA+: nine people posing, intensity of twelve action units"
    ),
    "bp4d": _reader(bp4d.read, bp4d.LAYOUT, "BP4D: 41 people in eight tasks, action units, five with intensity"),
    "emotionet": _reader(emotionet.read, emotionet.LAYOUT, "EmotioNet: web photos, up to sixty action units"),
    "emotionet_compound": _reader(
        emotionet.read_compound,
        emotionet.LAYOUT_COMPOUND,
        "EmotioNet: web photos, six basic and ten compound expressions",
    ),
    "mmi": _reader(mmi.read, mmi.LAYOUT, "MMI: posed and spontaneous clips, action units by phase, six expressions"),
    "emotic": _reader(emotic.read, emotic.LAYOUT, "EMOTIC: people in everyday photos, valence, arousal, body boxes"),
    "fair_affect_expr": _reader(
        fair_affect.read_expression,
        fair_affect.LAYOUT,
        "AffectNet and RAF-DB divided anew: expressions, sex, age, race",
    ),
    "fair_affect_va": _reader(
        fair_affect.read_va, fair_affect.LAYOUT, "AffectNet divided anew: valence, arousal, sex, age, race"
    ),
    "fair_affect_au": _reader(
        fair_affect.read_au,
        fair_affect.LAYOUT,
        "DISFA, EmotioNet, GFT and RAF-AU divided anew: action units, sex, age, race",
    ),
    "afew_va": _reader(
        afew_va.read, afew_va.LAYOUT, "AFEW-VA: clips of films, valence, arousal and landmarks per frame"
    ),
    "affwild": _reader(affwild.read, affwild.LAYOUT, "Aff-Wild: videos from the web, valence and arousal per frame"),
    "expw_lst": _reader(
        expw_lst.read, expw_lst.LAYOUT, "ExpW as given out: web photos with face boxes, seven expressions"
    ),
    "folders": Reader(
        folders.read, "your own pictures, one folder per expression", folders.EXPECTS, "your own pictures and labels"
    ),
    "csv": Reader(
        csv_file.read, "your own CSV or TSV file, one row per picture", csv_file.EXPECTS, "your own pictures and labels"
    ),
}


def read_database(name: str, root: str | Path) -> LabelTable:
    """The database at ``root`` as a label table.

    Args:
        name: one of ``READERS``.
        root: what that reader ``expects``.

    Raises:
        TableError: the name is unknown, or ``root`` is not what the reader expects.
    """
    table = choose(READERS, name, "database", TableError).read(Path(root))
    table.name = f"{name} in {root}"
    return table
