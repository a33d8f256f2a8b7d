"""What a request may cost, and how one is refused."""

from dataclasses import dataclass

from mien.errors import MienError


@dataclass(frozen=True)
class Limits:
    """Bounds that keep a service alive; ``requests * request_bytes`` bounds the memory that uploads take.

    Attributes:
        file_bytes: of one picture, as it is sent.
        request_bytes: of a whole request.
        files: pictures in one request.
        requests: that are uploaded, wait or are worked on at one time.
        upload_s: seconds that an upload may take.
    """

    file_bytes: int = 20_000_000
    request_bytes: int = 100_000_000
    files: int = 64
    requests: int = 8
    upload_s: float = 60.0


STANDARD = Limits()


class Refused(MienError):
    """A request that is not answered.

    Attributes:
        status: of HTTP.
        headers: of the answer, beside the usual ones.
    """

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}
