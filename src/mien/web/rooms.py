"""Where visitors' files lie: a folder for each open page, which goes when the page does."""

import shutil
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Lock


class Rooms:
    """The files of all open pages.

    Args:
        root: a folder of our own; whoever made it removes it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._uploads: dict[str, set[Path]] = {}
        self._numbers = count(1)
        self._lock = Lock()

    def new_folder(self, page: str, upload: Path | None = None) -> Path:
        """An empty folder for what a page asked for; ``upload`` is removed with it."""
        with self._lock:
            uploads = self._uploads.setdefault(page, set())
            folder = self.root / "pages" / page / str(next(self._numbers))
            if upload is not None:
                uploads.add(upload)
        folder.mkdir(parents=True)
        return folder

    def is_open(self, page: str) -> bool:
        """Whether somebody still looks at it."""
        return page in self._uploads

    def close(self, page: str) -> None:
        """Remove all files of a page, but for uploads that another page shares."""
        with self._lock:
            gone = self._uploads.pop(page, set())
            for path in gone.difference(*self._uploads.values()):
                path.unlink(missing_ok=True)
                with suppress(OSError):  # not empty, or gone
                    path.parent.rmdir()
        shutil.rmtree(self.root / "pages" / page, ignore_errors=True)
