"""Small valid inputs for the fuzzers: pictures, tables, recipes, and a tiny copy of each database's own layout."""

import json
from io import BytesIO
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image as PilImage

from mien.data.databases.emotionet import BASIC, COMPOUND

PICTURE_KINDS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM", "JPEG2000")
DISFA_UNITS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
POINTS = ";".join(f"{n % 9}.5" for n in range(136))
TWELVE = "AU1,AU2,AU4,AU6,AU7,AU10,AU12,AU15,AU23,AU24,AU25,AU26"
EMOTIONET = "\t".join(["http://a.org/x/N_1.jpg", "http://b.org/1", "1", "0", *["999"] * 58])
PIXELS = " ".join(str(n % 256) for n in range(48 * 48))
VOTES = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"

ANNOTATIONS: dict[str, dict[str, str]] = {
    "affwild": {
        "annotations/train/valence/105.txt": "0.5\n-1\n",
        "annotations/train/arousal/105.txt": "0.25\n0\n",
    },
    "afew_va": {
        "001/001.json": json.dumps(
            {"actor": "A", "frames": {"00000": {"valence": -3.0, "arousal": 10, "landmarks": [[1, 2]] * 68}}}
        ),
    },
    "mmi": {
        "Sessions/1/S001-001.xml": '<film><Metatag Name="Emotion" Value="4"/></film>',
        "Sessions/1/S001-001-oao_aucs.xml": '<a><ActionUnit Number="12"><Marker Frame="1" Type="2"/></ActionUnit></a>',
    },
    "fair_affect_expr": {
        "annotations/train.csv": "name,expression,age,gender,race\na.jpg,Anger,20-29,Male,White\n",
    },
    "fair_affect_au": {"annotations/train.csv": "name,AU1,AU12,age,gender,race\na.jpg,1,-1,20-29,Male,White\n"},
    "emotionet_compound": {
        "URLsWithEmotionCat.csv": f"URL,URL orig,{','.join((*BASIC, *COMPOUND))}\nhttp://a/N_1.jpg,-,1{',0' * 15}\n",
    },
    "affwild2_va": {"VA_Set/Train_Set/105.txt": "valence,arousal\n0.5,-0.25\n-5,-5\n"},
    "affwild2_expr": {
        "EXPR_Set/Train_Set/105.txt": "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other\n0\n7\n-1\n",
    },
    "affwild2_au": {"AU_Set/Train_Set/105.txt": f"{TWELVE}\n1,0,0,0,0,0,0,0,0,0,0,1\n"},
    "affwild2_mtl": {
        "training_set_annotations.txt": "image,valence,arousal,expression,aus\n105/00001.jpg,0.5,0.2,4"
        + ",-1" * 12
        + "\n",
    },
    "rafdb_basic": {
        "basic/EmoLabel/list_patition_label.txt": "train_00001.jpg 1\ntest_0001.jpg 7\n",
        "basic/Annotation/manual/train_00001_manu_attri.txt": "1.5\t2.5\n" * 5 + "1\n0\n3\n",
    },
    "raf_au": {"RAFAU_label.txt": "0001.jpg 1+L12+19\n0002.jpg null\n"},
    "raf_ce": {
        "RAFCE_emolabel.txt": "0001.jpg 1\n0002.jpg 13\n",
        "RAFCE_partition.txt": "0001.jpg 0\n0002.jpg 2\n",
        "RAFCE_AUlabel.txt": "0001.jpg R1+2\n0002.jpg null\n",
    },
    "affectnet": {
        "Manually_Annotated_file_lists/training.csv": "subDirectory_filePath,face_x,face_y,face_width,face_height,"
        f"facial_landmarks,expression,valence,arousal\n1/0.jpg,1,2,8,9,{POINTS},3,0.5,-0.25\n",
    },
    "ckplus": {
        "FACS/S005/001/S005_001_00000002_facs.txt": "   9.0000000e+00   4.0000000e+00\n1.7e+01 0.0e+00\n",
        "Emotion/S005/001/S005_001_00000002_emotion.txt": "   3.0000000e+00\n",
        "Landmarks/S005/001/S005_001_00000002_landmarks.txt": "   1.0e+00   2.0e+00\n" * 68,
    },
    "disfa": {f"ActionUnit_Labels/SN001/SN001_au{unit}.txt": "1,0\n2,3\n" for unit in DISFA_UNITS},
    "disfaplus": {
        f"Labels/SN004/T1/AU{unit}.txt": "Intensity\nPicture  Intensity\n000.jpg  0\n001.jpg  3\n"
        for unit in DISFA_UNITS
    },
    "bp4d": {
        "AUCoding/F001_T1.csv": "0,1,6,12,99\n1,1,9,0,0\n2,0,1,1,0\n",
        "AU_INT/AU06/F001_T1_AU06.csv": "1,9\n2,3\n",
    },
    "emotionet": {"dataFile_0001.txt": f"{EMOTIONET}\n"},
    "expw_lst": {"label/label.lst": "a.jpg 0 10 20 30 40 58.5 3\nb.jpg 1 1 2 3 4 5.0 0\n"},
    "fer2013_csv": {"fer2013.csv": f'emotion,pixels,Usage\n3,"{PIXELS}",Training\n'},
    "ferplus_csv": {
        "fer2013new.csv": f"{VOTES}\nTraining,fer0000000.png,4,0,0,1,3,2,0,0,0,0\n",
        "fer2013.csv": f'emotion,pixels,Usage\n3,"{PIXELS}",Training\n',
    },
}
"""Database -> its annotation files and their content."""

AFFWILD2_FRAMES = ("cropped_aligned/105/00001.jpg", "cropped_aligned/105/00002.jpg")
FRAMES = {
    "affwild": ("frames/105/00001.png", "frames/105/00002.png"),
    "afew_va": ("001/00000.png",),
    **dict.fromkeys(("affwild2_va", "affwild2_expr", "affwild2_au", "affwild2_mtl"), AFFWILD2_FRAMES),
    "rafdb_basic": ("basic/Image/aligned/train_00001_aligned.jpg", "basic/Image/aligned/test_0001_aligned.jpg"),
    "raf_au": ("aligned/0001_aligned.jpg",),
    "raf_ce": ("aligned/0001_aligned.jpg",),
    "affectnet": ("Manually_Annotated_Images/1/0.jpg",),
    "ckplus": tuple(f"cohn-kanade-images/S005/001/S005_001_0000000{n}.png" for n in (1, 2)),
    "disfa": ("img/SN001/1.png", "img/SN001/2.png"),
    "disfaplus": ("Images/SN004/T1/000.jpg", "Images/SN004/T1/001.jpg"),
    "bp4d": ("F001/T1/1.jpg", "F001/T1/2.jpg"),
    "emotionet": ("images/N_1.jpg",),
    "emotionet_compound": ("images/N_1.jpg",),
    "mmi": ("frames/S001-001/1.png",),
    "fair_affect_expr": ("images/a.jpg",),
    "fair_affect_au": ("images/a.jpg",),
    "expw_lst": ("image/origin/a.jpg", "image/origin/b.jpg"),
    "fer2013_csv": (),
    "ferplus_csv": (),
}
"""Database -> pictures that its annotations are about."""

RECIPE = """name = "mine"
[[data]]
name = "faces"
path = "faces.parquet"
weight = 0.5
tasks = ["expression"]
balance = {how = "classes", power = 0.5}
[labels]
expression = ["neutral", "happiness"]
[preprocessing]
size = 32
mean = [0.5, 0.5, 0.5]
[network]
backbone = "resnet32"
[method]
name = "sjmt"
[training]
lr = 1e-3
steps = 10
"""

CSV = {
    "csv": "path,subject,expression,AU04,AU12_intensity,valence,note\na.png,p1,happiness,1,2.5,-0.5,\nb.png,p2,,0,,,\n",
    "mien": "path,frame,time_s,face,track_id,x1,y1,x2,y2,score,status,expression,happiness,AU12,AU12_intensity,valence,"
    "arousal\na.mp4,0,0.0,0,1,1,2,3,4,0.9,ok,happiness,0.8,0.7,2.5,0.1,-0.2\na.mp4,1,0.1,0,1,,,,,,no face,,,,,,\n",
    "openface": "frame, face_id, timestamp, confidence, success, AU12_r, AU12_c\n1, 0, 0.0, 0.98, 1, 1.25, 1.0\n",
    "fex": "FaceRectX,FaceRectY,FaceRectWidth,FaceRectHeight,FaceScore,AU12,happiness,input,frame\n1,2,3,4,0.9,0.5,0.7,"
    "a.jpg,0\n",
    "libreface": "frame_idx,au_12,au_12_intensity,facial_expression\n0,1,2.5,Happiness\n",
    "abaw": "valence,arousal\n0.25,-0.1\n-5,-5\n",
}
"""Text tables by whose they are."""


def encoded(kind: str, side: int = 12) -> bytes:
    """A small picture in a format of Pillow."""
    pixels = np.random.default_rng(0).integers(0, 255, (side, side, 3), np.uint8)
    file = BytesIO()
    PilImage.fromarray(pixels).save(file, kind)
    return file.getvalue()


def pictures() -> list[bytes]:
    """One picture of each kind."""
    return [encoded(kind) for kind in PICTURE_KINDS]


def parquet() -> bytes:
    """A label table with columns of every type."""
    table = pa.table(
        {
            "path": ["a.png", "b.png"],
            "split": ["train", "val"],
            "subject": ["p1", None],
            "expression": ["happiness", None],
            "AU12": pa.array([1, None], pa.int8()),
            "valence": pa.array([0.5, None], pa.float32()),
        },
        metadata={"mien": json.dumps({"classes": {"expression": ["neutral", "happiness"]}, "notes": {"AU12": "note"}})},
    )
    file = pa.BufferOutputStream()
    pq.write_table(table, file)
    return file.getvalue().to_pybytes()


def write_database(name: str, root: Path) -> list[Path]:
    """The tiny copy of a database; gives its annotation files."""
    for picture in FRAMES[name]:
        path = root / picture
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded("JPEG" if path.suffix == ".jpg" else "PNG"))
    for file, content in ANNOTATIONS[name].items():
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return [root / file for file in ANNOTATIONS[name]]
