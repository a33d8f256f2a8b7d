"""Published tables that can be made again: ``PUBLISHED`` names them, and each has its recipe here."""

from mien.training.published.base import Published
from mien.training.published.sjmt import TABLE1, TABLE2, TABLE4_AVATARS

PUBLISHED: dict[str, Published] = {table.name: table for table in (TABLE1, TABLE2, TABLE4_AVATARS)}
