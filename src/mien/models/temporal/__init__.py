"""Models of clips: what a frame network says of every frame, read together by a sequence model.

``base`` says what a sequence model is; one architecture, one file; ``columns`` which features a task reads;
``clip_model`` puts frame network and sequence model together.
"""

from mien.models.temporal.base import SequenceModel
from mien.models.temporal.bigru import BiGru
from mien.models.temporal.causal import CausalTransformer
from mien.models.temporal.gru2 import Gru2

TEMPORAL: dict[str, type[SequenceModel]] = {"bigru": BiGru, "gru2": Gru2, "causal": CausalTransformer}
