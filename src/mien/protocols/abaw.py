"""The ABAW challenges on Aff-Wild2: the composites of the first two, and what replaced them from the third on.

The organisers' own scorer is not public. What is said of it is what the papers say and what the teams' public code
does, which agrees: scikit-learn's ``f1_score`` per class, NumPy's ``std`` (ddof = 0) in the CCC.
"""

from mien.data.databases.affwild2 import CLASSES, UNITS
from mien.labels import VALENCE_AROUSAL
from mien.protocols import measures
from mien.protocols.base import Figure, ScoringProtocol

EIGHT = CLASSES  # in the challenge's order, "other" last
SEVEN = EIGHT[:7]
EIGHT_UNITS = ("AU01", "AU02", "AU04", "AU06", "AU12", "AU15", "AU20", "AU25")
TWELVE_UNITS = UNITS

FIRST = "Kollias et al. 2020, Analysing Affective Behavior in the First ABAW 2020 Competition, arXiv 2001.11409"
LATER = "Kollias 2022, ABAW: Valence-Arousal, Expression, Action Unit & Multi-Task Learning, arXiv 2202.10659"
SCORER = (
    "the organisers' is not public; teams' code uses scikit-learn f1_score per class or unit, 0 for one that is never "
    "right, and population moments (ddof = 0) for the CCC"
)
CLASS_SCORER = f"{SCORER}; its macro mean drops a class that is neither in the truth nor answered, which we count as 0"
SPLIT = "Aff-Wild2, all annotated frames of the validation videos; the test labels are with the organisers"
ALL_CLASSES = "every class of the challenge counts, one without frames as 0; a mean over present classes only is wrong"
ALL_UNITS = "every unit of the challenge counts, one without positive frames as 0"
ONE_SEQUENCE = "all frames of all videos as one, population moments; a mean of videos' CCCs, or ddof = 1, is wrong"

ABAW = (
    ScoringProtocol(
        name="abaw1_expression",
        title="ABAW 1 and 2 (FG 2020, ICCV 2021): 0.67 F1 + 0.33 accuracy of seven expressions",
        source=FIRST,
        split=SPLIT,
        averaging=f"F1 per class, then the mean: {ALL_CLASSES}. Accuracy over frames, not over classes",
        scorer=CLASS_SCORER,
        labels={"expression": SEVEN},
        measure=measures.abaw_expression,
        splits=("val",),
    ),
    ScoringProtocol(
        name="abaw1_units",
        title="ABAW 1 and 2 (FG 2020, ICCV 2021): 0.5 F1 + 0.5 accuracy of eight action units",
        source=FIRST,
        split=SPLIT,
        averaging=f"F1 per unit, then the mean: {ALL_UNITS}. Accuracy over all decisions of all units together",
        scorer=SCORER,
        labels={"au": EIGHT_UNITS},
        measure=measures.abaw_units,
        splits=("val",),
        figures=(
            Figure(
                "Deng et al., five students",
                "0.626 (F1 0.3158, accuracy 0.9362)",
                "2002.03557",
            ),
            Figure("Deng et al., teacher, threshold 0.5", "0.577 (F1 0.209)", "2002.03557"),
        ),
    ),
    ScoringProtocol(
        name="abaw_va",
        title="ABAW, all years: mean CCC of valence and arousal",
        source=FIRST,
        split=SPLIT,
        averaging=f"CCC over {ONE_SEQUENCE}; then the mean of the two",
        scorer=SCORER,
        labels={"va": VALENCE_AROUSAL},
        measure=measures.abaw_va,
        splits=("val",),
        figures=(
            Figure("baseline of ABAW 2, validation", "valence 0.210, arousal 0.230", "2107.01175, abstract"),
            Figure("leader-follower fusion, validation", "valence 0.469, arousal 0.649", "2107.01175, abstract"),
            Figure("leader-follower fusion, test", "valence 0.463, arousal 0.492", "2107.01175, abstract"),
        ),
    ),
    ScoringProtocol(
        name="abaw3_expression",
        title="ABAW 3 and later: mean F1 of eight expressions (seven and 'other')",
        source=LATER,
        split=SPLIT,
        averaging=f"F1 per class, then the mean: {ALL_CLASSES}",
        scorer=CLASS_SCORER,
        labels={"expression": EIGHT},
        measure=measures.mean_expression_f1,
        splits=("val",),
    ),
    ScoringProtocol(
        name="abaw3_units",
        title="ABAW 3 and later: mean F1 of twelve action units",
        source=LATER,
        split=SPLIT,
        averaging=f"F1 per unit, then the mean: {ALL_UNITS}",
        scorer=SCORER,
        labels={"au": TWELVE_UNITS},
        measure=measures.mean_unit_f1,
        splits=("val",),
    ),
    ScoringProtocol(
        name="abaw_mtl",
        title="ABAW 3 and later, multi-task: P_MTL = mean CCC + mean F1 of expressions + mean F1 of units",
        source=LATER,
        split="the validation frames of s-Aff-Wild2 (26,876), each part over the rows that have its label",
        averaging=f"the sum, not the mean, of three means. CCC over all rows at once; {ALL_CLASSES}; {ALL_UNITS}",
        scorer=CLASS_SCORER,
        labels={"expression": EIGHT, "au": TWELVE_UNITS, "va": VALENCE_AROUSAL},
        measure=measures.abaw_mtl,
        splits=("val",),
        figures=(
            Figure("winner of ABAW 4, validation", "1.7607", "2207.09373, abstract"),
            Figure("winner of ABAW 4, test", "1.4361", "2207.09373, abstract"),
            Figure("fourth of ABAW 4, validation", "1.25", "https://khanhnd185.github.io/2022/08/22/ABAW4.html"),
        ),
    ),
)
