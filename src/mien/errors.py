"""The errors that mien raises.

Every message is one sentence or two that say what went wrong, where, what was found, what was expected and what to
do next. The command line prints the message alone; ``--debug`` adds the traceback.
"""


class MienError(Exception):
    """Base of every error that a user can cause and mend."""


class TableError(MienError):
    """A label table is missing something or holds a value that it may not hold."""


class ImageError(MienError):
    """A picture cannot be read: missing, broken, too large or of no known format."""


class VideoError(MienError):
    """A video cannot be read: missing, broken, without pictures, or no such camera."""


class RecipeError(MienError):
    """A recipe has an unknown key, a wrong value or settings that contradict each other."""


class CheckpointError(MienError):
    """A checkpoint is incomplete, altered, or of another label set or architecture."""


class ScoreError(MienError):
    """Predictions and labels do not fit each other."""
