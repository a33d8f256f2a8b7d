"""Published tables that can be made again: ``PUBLISHED`` names them, and each has its recipe here."""

from mien.training.published.base import Published
from mien.training.published.fg2020 import FG2020_STUDENTS
from mien.training.published.sjmt import TABLE1, TABLE2, TABLE4_AVATARS

PUBLISHED: dict[str, Published] = {table.name: table for table in (TABLE1, TABLE2, TABLE4_AVATARS, FG2020_STUDENTS)}
