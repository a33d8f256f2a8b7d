"""How the shipped network is measured. None of these faces trained it, and none but validation rows chose anything."""

from mien.examination.base import Exam, Goal
from mien.labels import EXPRESSIONS

SIX = ("happiness", "sadness", "surprise", "fear", "disgust", "anger")
CK_AUS = tuple(f"AU{number:02d}" for number in (1, 2, 4, 5, 6, 7, 9, 12, 15, 17, 20, 25, 27))
MUXSPACE = {"train": 0.8, "val": 0.2}

EXAMS: dict[str, Exam] = {
    "ferplus": Exam(
        about="FER+ PrivateTest without photos that are, or nearly are, in earlier splits; majority of the votes",
        reader="fer2013plus",
        labels={"expression": EXPRESSIONS},
        where={"split": "test"},
        trained=True,
        goals={"expression accuracy": Goal(0.84, 0.89)},
    ),
    "ck_expressions": Exam(
        about="CK+, six basic expressions, mean of a sequence's three frames; this database trains nothing",
        reader="ck48",
        labels={"expression": SIX},
        one_per="clip",
        goals={"expression accuracy": Goal(0.80, 0.92)},
    ),
    "ck_units": Exam(
        about="CK+, frequent action units, mean of a sequence's three frames, thresholds from rendered faces",
        reader="ck48",
        labels={"au": CK_AUS},
        one_per="clip",
        goals={"au f1": Goal(0.55, 0.75)},
    ),
    "muxspace": Exam(
        about="muxspace, news photos of people who do not train: five expressions, one student's opinion each",
        reader="muxspace",
        labels={"expression": ("neutral", "happiness", "surprise", "anger", "sadness")},
        where={"source": "lfw", "split": "val"},
        fractions=MUXSPACE,
        trained=True,
        goals={"expression balanced_accuracy": Goal(0.68, 0.80)},
    ),
    "london": Exam(
        about="London set, whole photos: neutral or told to smile (many smiles are faint)",
        reader="london",
        labels={"expression": ("neutral", "happiness")},
        photos=True,
        groups=("sex", "ethnicity"),
        class_auc=("happiness",),
        goals={"expression auc happiness": Goal(0.93, 0.99)},
    ),
    "avatars": Exam(
        about="rendered faces of two face families that do not train; labels are what the renderer was told",
        reader="avatars",
        labels={"au": (), "au_intensity": (), "expression": (), "compound": (), "va": ()},
        where={"split": "val"},
        person="avatar",
        groups=("sex",),
        trained=True,
        goals={"au f1": Goal(0.65, 0.85), "au_intensity pcc": Goal(0.65, 0.85)},
    ),
    "expw": Exam(
        about="ExpW subset, colour photos of the web, seven expressions, very noisy labels: for comparison only",
        reader="expw",
        labels={"expression": tuple(name for name in EXPRESSIONS if name != "contempt")},
    ),
}
