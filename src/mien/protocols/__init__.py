"""How a network is measured: which faces, which labels of them, and which numbers, written down once.

``PROTOCOLS`` names them; ``measure`` runs one over what people use, an ``Analyzer``, so that finding and cutting the
face is part of what is measured.
"""

from mien.protocols.base import Goal, Protocol
from mien.protocols.shipped import SHIPPED

__all__ = ["PROTOCOLS", "Goal", "Protocol"]

PROTOCOLS: dict[str, Protocol] = {**SHIPPED}
