"""How papers and challenges score answers: which rows and labels, thresholds, averages, and their published figures.

``PROTOCOLS`` names them. A protocol takes answers that are written down, by mien or any other tool
(``mien.protocols.outputs``), and a table with the truth; ``score.score_outputs`` puts the two together. How the
shipped network is examined, from pictures on, is in ``mien.examination``.
"""

from mien.protocols.abaw import ABAW
from mien.protocols.action_units import ACTION_UNITS
from mien.protocols.base import Figure, ScoringProtocol
from mien.protocols.expressions import EXPRESSION_SETS
from mien.protocols.valence_arousal import VALENCE_AROUSAL_SETS

__all__ = ["PROTOCOLS", "Figure", "ScoringProtocol"]

PROTOCOLS: dict[str, ScoringProtocol] = {
    protocol.name: protocol for protocol in (*ABAW, *ACTION_UNITS, *EXPRESSION_SETS, *VALENCE_AROUSAL_SETS)
}
