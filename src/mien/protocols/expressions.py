"""Expressions in still pictures: SFEW and compounds as SJMT has them, AffectNet, RAF-DB, FER2013 and FER+."""

from mien.labels import EXPRESSIONS
from mien.protocols import measures
from mien.protocols.base import Figure, ScoringProtocol

SEVEN = tuple(name for name in EXPRESSIONS if name != "contempt")
TABLE4 = (  # of the SJMT paper
    *("happily_surprised", "happily_disgusted", "sadly_angry", "sadly_disgusted", "fearfully_angry"),
    *("fearfully_surprised", "angrily_surprised", "angrily_disgusted"),
)
AVERAGING = (
    "accuracy is the share of right pictures; mean class accuracy is the mean of the classes' recalls, each class "
    "weighing the same (balanced accuracy). The two agree only where all classes are equally frequent"
)
UNFILTERED = "as published, with the photos that are, or nearly are, in the training set"
DAN = "https://github.com/yaoing/DAN"
POSTER = "https://github.com/Talented-Q/POSTER_V2, abstract"
FER = "Goodfellow et al. 2013, Challenges in representation learning, arXiv 1307.0414"
FERPLUS = "Barsoum et al. 2016, Training deep networks with crowd-sourced label distribution, arXiv 1608.01041"
VGG = Figure("VGGNet, one network", "73.28 %", "2105.03588, abstract")
NONE_OFFICIAL = "none official"

EXPRESSION_SETS = (
    ScoringProtocol(
        name="sjmt_expression",
        title="SJMT on SFEW 2.0: accuracy of seven expressions",
        source="Pons & Masip 2018, Multi-task, multi-label and multi-domain learning, arXiv 1802.06664",
        split="the 436 validation pictures of SFEW 2.0, used as test",
        averaging=(
            "the share of right pictures. The paper's (TP_i + TN_i) / n averaged over seven one-against-all decisions "
            "would be 1 - 2/7 of the errors, 81 % and more for its figures, and so is not what it prints [derived]"
        ),
        scorer="none public",
        labels={"expression": SEVEN},
        measure=measures.class_accuracy,
        splits=("val",),
        figures=(
            Figure("single task, ResNet-110", "41.3 %", "1802.06664, Table 1"),
            Figure("multi-task, ResNet-110", "40.3 %", "1802.06664, Table 2"),
            Figure("SJMT, ResNet-110", "45.9 %", "1802.06664, Table 2"),
        ),
    ),
    ScoringProtocol(
        name="sjmt_compounds",
        title="SJMT on EmotioNet: recall of eight compound expressions, learned from few pictures",
        source="Pons & Masip 2018, Multi-task, multi-label and multi-domain learning, arXiv 1802.06664",
        split=(
            "the 722 pictures that do not train. Which these are cannot be known: the text has 160 training pictures, "
            "and 15 of each class, which of eight classes are 120; the evaluation counts of Table 4 add up to 722"
        ),
        averaging=(
            "the recall of each class, their mean (mean class accuracy), and the share of right pictures (accuracy). "
            "Two thirds of the pictures are happily disgusted, so that the last two differ widely: 34.9 % and 43.4 %"
        ),
        scorer="none public; that the table's numbers are recalls follows from its counts [derived]",
        labels={"compound": TABLE4},
        measure=measures.class_accuracy,
        splits=("test",),
        figures=tuple(
            Figure(f"{who}, ResNet-110, {what}", f"{value} %", "1802.06664, Table 4")
            for who, values in (("single task", (34.9, 43.4)), ("SJMT", (59.4, 73.1)))
            for what, value in zip(("mean class accuracy", "accuracy"), values, strict=True)
        ),
    ),
    ScoringProtocol(
        name="affectnet7",
        title="AffectNet, seven expressions",
        source="Mollahosseini, Hasani & Mahoor 2017, AffectNet, arXiv 1708.03985",
        split="the validation set, 500 pictures of each class, without contempt; the test set was never published",
        averaging=AVERAGING,
        scorer=NONE_OFFICIAL,
        labels={"expression": SEVEN},
        measure=measures.class_accuracy,
        splits=("val",),
        figures=(Figure("DAN", "65.69 %", DAN), Figure("POSTER V2", "67.49 %", POSTER)),
    ),
    ScoringProtocol(
        name="affectnet8",
        title="AffectNet, eight expressions",
        source="Mollahosseini, Hasani & Mahoor 2017, AffectNet, arXiv 1708.03985",
        split="the validation set, 500 pictures of each class; the test set was never published",
        averaging=AVERAGING,
        scorer=NONE_OFFICIAL,
        labels={"expression": EXPRESSIONS},
        measure=measures.class_accuracy,
        splits=("val",),
        figures=(Figure("DAN", "62.09 %", DAN), Figure("POSTER V2", "63.77 %", POSTER)),
    ),
    ScoringProtocol(
        name="rafdb",
        title="RAF-DB, seven basic expressions",
        source="Li, Deng & Du 2017, Reliable Crowdsourcing and Deep Locality-Preserving Learning",
        split="the 3,068 test pictures of the basic part",
        averaging=f"{AVERAGING}. The database's paper has the latter; most papers print the former",
        scorer=NONE_OFFICIAL,
        labels={"expression": SEVEN},
        measure=measures.class_accuracy,
        splits=("test",),
        figures=(Figure("DAN, accuracy", "89.70 %", DAN), Figure("POSTER V2, accuracy", "92.21 %", POSTER)),
    ),
    ScoringProtocol(
        name="fer2013",
        title="FER2013 PrivateTest without leaked pictures",
        source=FER,
        split="PrivateTest without photos that are, or nearly are, in an earlier split; one label per picture",
        averaging=AVERAGING,
        scorer=NONE_OFFICIAL,
        labels={"expression": SEVEN},
        measure=measures.class_accuracy,
        splits=("test",),
    ),
    ScoringProtocol(
        name="fer2013_published",
        title="FER2013 PrivateTest, all 3,589 pictures",
        source=FER,
        split=f"PrivateTest {UNFILTERED}; comparable with papers, and too kind",
        averaging=AVERAGING,
        scorer="Kaggle's of the contest: accuracy",
        labels={"expression": SEVEN},
        measure=measures.class_accuracy,
        splits=("test", "test_leaked"),
        figures=(VGG,),
    ),
    ScoringProtocol(
        name="ferplus",
        title="FER+ PrivateTest without leaked pictures",
        source=FERPLUS,
        split="PrivateTest without photos that are, or nearly are, in an earlier split; majority of ten votes",
        averaging=AVERAGING,
        scorer=NONE_OFFICIAL,
        labels={"expression": EXPRESSIONS},
        measure=measures.class_accuracy,
        splits=("test",),
    ),
    ScoringProtocol(
        name="ferplus_published",
        title="FER+ PrivateTest with leaked pictures",
        source=FERPLUS,
        split=f"PrivateTest {UNFILTERED}; pictures that most call unknown or no face are left out",
        averaging=AVERAGING,
        scorer=NONE_OFFICIAL,
        labels={"expression": EXPRESSIONS},
        measure=measures.class_accuracy,
        splits=("test", "test_leaked"),
    ),
)
