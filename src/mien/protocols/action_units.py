"""Action units outside the challenges: DISFA, BP4D, and SJMT's accuracy."""

from mien.protocols import measures
from mien.protocols.base import Figure, ScoringProtocol


def _units(*numbers: int) -> tuple[str, ...]:
    return tuple(f"AU{number:02d}" for number in numbers)


FOLDS = (
    "F1 of each unit in each fold, mean over the folds, then over units; a unit that a fold lacks scores 0 there. "
    "F1 of all folds' rows together is another number and is printed beside it: papers seldom say which they mean"
)
GRAPH_AU = "https://github.com/CVI-SZU/ME-GraphAU, table of results"
SCORER = "none official; ME-GraphAU's public code scores each fold's network on its own, present at probability >= 0.5"

ACTION_UNITS = (
    ScoringProtocol(
        name="disfa",
        title="DISFA: F1 of eight action units over three subject folds",
        source="Zhao, Chu & Zhang 2016, Deep Region and Multi-label Learning (folds); Mavadati et al. 2013 (DISFA)",
        split="27 people in three folds, each person's frames in one; present where the intensity is 2 or more",
        averaging=FOLDS,
        scorer=SCORER,
        labels={"au": _units(1, 2, 4, 6, 9, 12, 25, 26)},
        measure=measures.fold_f1,
        present_from=2.0,
        fold="fold",
        figures=(
            Figure("EAC-Net", "48.5 %", GRAPH_AU),
            Figure("JAA-Net", "56.0 %", GRAPH_AU),
            Figure("ME-GraphAU, ResNet-50", "63.1 %", GRAPH_AU),
        ),
    ),
    ScoringProtocol(
        name="bp4d",
        title="BP4D: F1 of twelve action units over three subject folds",
        source="Zhao, Chu & Zhang 2016, Deep Region and Multi-label Learning (folds); Zhang et al. 2014 (BP4D)",
        split="41 people in three folds, each person's frames in one; presence as coded",
        averaging=FOLDS,
        scorer=SCORER,
        labels={"au": _units(1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)},
        measure=measures.fold_f1,
        fold="fold",
        figures=(
            Figure("EAC-Net", "55.9 %", GRAPH_AU),
            Figure("JAA-Net", "60.0 %", GRAPH_AU),
            Figure("ME-GraphAU, Swin-B", "65.5 %", GRAPH_AU),
        ),
    ),
    ScoringProtocol(
        name="disfa_intensity",
        title="DISFA: PCC, ICC(3,1) and MAE of twelve intensities",
        source="Mavadati et al. 2013, DISFA: A Spontaneous Facial Action Intensity Database",
        split="27 people, folds by subject (three or five: say which); every test frame once",
        averaging="each measure per unit over all test frames at once, population moments, then the mean over units",
        scorer="none official; ICC(3,1) is consistency of two raters (Shrout & Fleiss 1979), not ICC(1,1) or agreement",
        labels={"au_intensity": _units(1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)},
        measure=measures.intensity_agreement,
        figures=(Figure("LibreFace, five folds", "PCC 0.63", "2308.10713, abstract; folds: its README"),),
    ),
    ScoringProtocol(
        name="sjmt_units",
        title="SJMT on EmotioNet: mean over eleven units of (TP + TN) / n",
        source="Pons & Masip 2018, Multi-task, multi-label and multi-domain learning, arXiv 1802.06664",
        split="1,000 random EmotioNet images, fixed, but not published",
        averaging=(
            "(TP + TN) / n of each unit over the images that carry it, then the mean over units. Absent units decide "
            "it: answering 'absent' everywhere scores high, so mean F1 stands beside it"
        ),
        scorer="none public; present at probability >= 0.5 [derived]",
        labels={"au": _units(1, 2, 4, 5, 6, 9, 12, 17, 20, 25, 26)},
        measure=measures.label_accuracy,
        splits=("test",),
        figures=(
            Figure("single task, ResNet-110", "93.9 %", "1802.06664, Table 1"),
            Figure("multi-task, ResNet-110", "93.6 %", "1802.06664, Table 2"),
            Figure("SJMT, ResNet-110", "93.9 %", "1802.06664, Table 2"),
        ),
    ),
)
