"""Valence and arousal outside the challenges' own composites: AFEW-VA and Aff-Wild."""

from mien.labels import VALENCE_AROUSAL
from mien.protocols import measures
from mien.protocols.base import ScoringProtocol

AVERAGING = (
    "CCC, PCC and RMSE of valence and of arousal over all test frames at once, population moments (ddof = 0), values "
    "in [-1, 1]. A mean of clips' CCCs is wrong: within a clip there is little to agree on"
)

VALENCE_AROUSAL_SETS = (
    ScoringProtocol(
        name="afewva",
        title="AFEW-VA: CCC, PCC and RMSE",
        source="Kossaifi et al. 2017, AFEW-VA database for valence and arousal estimation in-the-wild",
        split="600 clips, five folds by subject: every frame is tested once; labels -10 to 10, here divided by 10",
        averaging=AVERAGING,
        scorer="none official",
        labels={"va": VALENCE_AROUSAL},
        measure=measures.va_agreement,
    ),
    ScoringProtocol(
        name="affwild",
        title="Aff-Wild (CVPR 2017 challenge): CCC, PCC and RMSE",
        source="Kollias et al. 2019, Deep Affect Prediction in-the-wild: Aff-Wild, arXiv 1804.10938",
        split="the test videos, whose labels are with the organisers; else videos of people who do not train",
        averaging=AVERAGING,
        scorer="the organisers' is not public; CCC is the headline, their tables add the mean squared error",
        labels={"va": VALENCE_AROUSAL},
        measure=measures.va_agreement,
        splits=("test",),
    ),
)
