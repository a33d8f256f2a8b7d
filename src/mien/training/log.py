"""The log of a run: one JSON object per line, and the same numbers for TensorBoard."""

import json
from pathlib import Path
from typing import Any

from torch.utils.tensorboard import SummaryWriter

from mien.files import atomic_write, cannot_write

LOG_FILE = "log.jsonl"


class Log:
    """Appends events to ``log.jsonl`` and to TensorBoard's files.

    Args:
        folder: of the run.
        step: where the run goes on; later events, of a run that was cut off, are dropped, since they come again.
    """

    def __init__(self, folder: Path, step: int = 0) -> None:
        self._path = folder / LOG_FILE
        if self._path.exists():
            kept = [json.dumps(event) for event in read_log(folder) if event["step"] <= step]
            atomic_write(self._path, "".join(line + "\n" for line in kept))
        self._file = self._path.open("a", encoding="utf-8")
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=step)

    def write(self, kind: str, step: int, values: dict[str, Any]) -> None:
        """Log named values of update ``step``.

        Raises:
            MienError: the disk is full.
        """
        try:
            self._file.write(json.dumps({"kind": kind, "step": step, **values}) + "\n")
            self._file.flush()
            for name, value in values.items():
                if isinstance(value, (int, float)):
                    self._board.add_scalar(f"{kind}/{name}", value, step)
        except OSError as error:
            raise cannot_write(self._path, error) from error

    def close(self) -> None:
        """Flush and close; raises as ``write``."""
        try:
            self._file.close()
            self._board.close()
        except OSError as error:
            raise cannot_write(self._path, error) from error


def read_log(folder: Path) -> list[dict[str, Any]]:
    """All events of a run's log; a line that was cut short by a crash is left out."""
    events = []
    for line in (folder / LOG_FILE).read_text(encoding="utf-8").splitlines():
        try:
            events.append(json.loads(line))
        except ValueError:
            continue
    return events
