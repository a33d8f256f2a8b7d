"""What one visitor may ask of the page."""

from dataclasses import dataclass
from pathlib import Path

from mien.errors import MienError
from mien.inference.video import video_info

MEGABYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """Bounds of what is uploaded.

    Attributes:
        upload_mb: megabytes of one file.
        video_s: seconds of a video.
    """

    upload_mb: int = 200
    video_s: float = 180.0

    def check_file(self, path: Path) -> None:
        """Raise for a file that is too large."""
        size = path.stat().st_size / MEGABYTE
        if size > self.upload_mb:
            raise MienError(f"{path.name}: {size:.0f} MB are more than {self.upload_mb} MB; {AT_HOME}")

    def check_video(self, path: Path) -> None:
        """Raise for a video whose header says that it is too long, or that is none."""
        self.check_file(path)
        self.check_time(path.name, video_info(path).duration_s)

    def check_time(self, name: str, time_s: float) -> None:
        """Raise for a time beyond the longest video: headers may be wrong."""
        if time_s > self.video_s:
            raise MienError(f"{name}: longer than the {self.video_s:g} seconds that this page takes; {AT_HOME}")


AT_HOME = "take a shorter cut, or read it with 'mien analyze', which knows no such limit"
