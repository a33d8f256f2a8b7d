"""The labels of a face: their names, order, ranges and meaning. The only place where they are written.

A *label set* says what a network or a database speaks of: a dict from task to the names of that task's labels, in
the order of the output columns, for example
``{"expression": ("neutral", "happiness"), "au": ("AU01", "AU12"), "va": ("valence", "arousal")}``.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mien.choose import nearest
from mien.errors import MienError

LabelSet = dict[str, tuple[str, ...]]

EXPRESSIONS = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt")
VALENCE_AROUSAL = ("valence", "arousal")
VA_RANGE = (-1.0, 1.0)
INTENSITY_RANGE = (0.0, 5.0)  # FACS: 0 absent, 1-5 for A-E
PRESENT_AT = 1.0  # an AU counts as present from intensity A on


class ActionUnit(NamedTuple):
    """One facial movement of FACS (Ekman, Friesen & Hager 2002)."""

    name: str
    muscles: str


ACTION_UNITS = {
    "AU01": ActionUnit("inner brow raiser", "frontalis, pars medialis"),
    "AU02": ActionUnit("outer brow raiser", "frontalis, pars lateralis"),
    "AU04": ActionUnit("brow lowerer", "corrugator supercilii, depressor supercilii, procerus"),
    "AU05": ActionUnit("upper lid raiser", "levator palpebrae superioris"),
    "AU06": ActionUnit("cheek raiser", "orbicularis oculi, pars orbitalis"),
    "AU07": ActionUnit("lid tightener", "orbicularis oculi, pars palpebralis"),
    "AU09": ActionUnit("nose wrinkler", "levator labii superioris alaeque nasi"),
    "AU10": ActionUnit("upper lip raiser", "levator labii superioris"),
    "AU11": ActionUnit("nasolabial deepener", "zygomaticus minor"),
    "AU12": ActionUnit("lip corner puller", "zygomaticus major"),
    "AU13": ActionUnit("sharp lip puller", "levator anguli oris"),
    "AU14": ActionUnit("dimpler", "buccinator"),
    "AU15": ActionUnit("lip corner depressor", "depressor anguli oris"),
    "AU16": ActionUnit("lower lip depressor", "depressor labii inferioris"),
    "AU17": ActionUnit("chin raiser", "mentalis"),
    "AU18": ActionUnit("lip pucker", "incisivii labii"),
    "AU20": ActionUnit("lip stretcher", "risorius, platysma"),
    "AU21": ActionUnit("neck tightener", "platysma"),
    "AU22": ActionUnit("lip funneler", "orbicularis oris"),
    "AU23": ActionUnit("lip tightener", "orbicularis oris"),
    "AU24": ActionUnit("lip pressor", "orbicularis oris"),
    "AU25": ActionUnit("lips part", "depressor labii inferioris, or relaxed mentalis or orbicularis oris"),
    "AU26": ActionUnit("jaw drop", "masseter, relaxed temporalis and internal pterygoid"),
    "AU27": ActionUnit("mouth stretch", "pterygoids, digastric"),
    "AU28": ActionUnit("lip suck", "orbicularis oris"),
    "AU38": ActionUnit("nostril dilator", "nasalis, pars alaris"),
    "AU39": ActionUnit("nostril compressor", "nasalis, pars transversa"),
    "AU43": ActionUnit("eyes closed", "relaxed levator palpebrae superioris"),
    "AU45": ActionUnit("blink", "relaxed levator palpebrae, orbicularis oculi, pars palpebralis"),
    "AU46": ActionUnit("wink", "orbicularis oculi"),
}

# Pairs that one face cannot show together: lips pressed and parted, two depths of one jaw, eyes wide and shut.
EXCLUSIVE_AUS = (("AU24", "AU25"), ("AU26", "AU27"), ("AU05", "AU43"))

# Du, Tao & Martinez 2014, "Compound facial expressions of emotion", PNAS 111(15): each with its two parts.
COMPOUNDS = {
    "happily_surprised": ("happiness", "surprise"),
    "happily_disgusted": ("happiness", "disgust"),
    "sadly_fearful": ("sadness", "fear"),
    "sadly_angry": ("sadness", "anger"),
    "sadly_surprised": ("sadness", "surprise"),
    "sadly_disgusted": ("sadness", "disgust"),
    "fearfully_angry": ("fear", "anger"),
    "fearfully_surprised": ("fear", "surprise"),
    "fearfully_disgusted": ("fear", "disgust"),
    "angrily_surprised": ("anger", "surprise"),
    "angrily_disgusted": ("anger", "disgust"),
    "disgustedly_surprised": ("disgust", "surprise"),
    "appalled": ("disgust", "anger"),
    "hatred": ("anger", "disgust"),
    "awed": ("fear", "surprise"),
}

# AUs that make an expression, with the share of people in whom each was observed (1.0: prototypical).
# Du et al. 2014, Table 1, as quoted by Kollias et al. (arXiv 1910.11111); contempt from FACS (Ekman & Friesen).
PROTOTYPES = {
    "neutral": {},
    "happiness": {"AU12": 1.0, "AU25": 1.0, "AU06": 0.51},
    "sadness": {"AU04": 1.0, "AU15": 1.0, "AU01": 0.60, "AU06": 0.50, "AU11": 0.26, "AU17": 0.67},
    "fear": {"AU01": 1.0, "AU04": 1.0, "AU20": 1.0, "AU25": 1.0, "AU02": 0.57, "AU05": 0.63, "AU26": 0.33},
    "anger": {"AU04": 1.0, "AU07": 1.0, "AU24": 1.0, "AU10": 0.26, "AU17": 0.52, "AU23": 0.29},
    "surprise": {"AU01": 1.0, "AU02": 1.0, "AU25": 1.0, "AU26": 1.0, "AU05": 0.66},
    "disgust": {"AU09": 1.0, "AU10": 1.0, "AU17": 1.0, "AU04": 0.31, "AU24": 0.26},
    "contempt": {"AU14": 1.0, "AU12": 0.5},
}

KNOWN_NAMES: LabelSet = {
    "expression": EXPRESSIONS,
    "au": tuple(ACTION_UNITS),
    "au_intensity": tuple(ACTION_UNITS),
    "va": VALENCE_AROUSAL,
    "compound": tuple(COMPOUNDS),
}
TASKS = tuple(KNOWN_NAMES)
CLASS_TASKS = ("expression", "compound")  # one class per face; the other tasks have one value per label


def label_set(names: Mapping[str, Iterable[str]]) -> LabelSet:
    """A label set with tasks and labels in their one order; raises on an unknown task or label.

    >>> label_set({"va": ["arousal", "valence"], "au": ["AU12", "AU01"]})
    {'au': ('AU01', 'AU12'), 'va': ('valence', 'arousal')}
    """
    wanted = {task: set(labels) for task, labels in names.items()}
    for task, labels in wanted.items():
        if task not in KNOWN_NAMES:
            raise MienError(f"Unknown task {task!r} in a label set: {nearest(task, TASKS)}")
        for label in sorted(labels - set(KNOWN_NAMES[task])):
            raise MienError(f"Unknown {task} label {label!r}: {nearest(label, KNOWN_NAMES[task])}")
    ordered = {task: tuple(n for n in known if n in wanted.get(task, ())) for task, known in KNOWN_NAMES.items()}
    return {task: labels for task, labels in ordered.items() if labels}


def union(label_sets: Iterable[LabelSet]) -> LabelSet:
    """The union of several label sets: what one network learns from several databases.

    >>> union([{"au": ("AU12",)}, {"au": ("AU01",), "expression": ("fear",)}])
    {'expression': ('fear',), 'au': ('AU01', 'AU12')}
    """
    merged: dict[str, set[str]] = {}
    for labels in label_sets:
        for task, names in labels.items():
            merged.setdefault(task, set()).update(names)
    return label_set(merged)


def size(labels: LabelSet) -> int:
    """How many outputs a label set needs in all."""
    return sum(len(names) for names in labels.values())
