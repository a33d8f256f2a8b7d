"""The pictures of a request, taken from its body as it arrives: one that is too large is refused while it comes."""

import asyncio
from typing import NamedTuple, Protocol

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from mien.serve.limits import Limits, Refused

MULTIPART = "multipart/form-data"
BROKE_OFF = "the upload broke off; send it again"


class Upload(NamedTuple):
    """A picture as it was sent: its file name and type, as far as the sender gave them, and its encoded bytes."""

    name: str
    kind: str
    content: bytes


class _Body(Protocol):
    """Makes uploads of a body that comes in pieces."""

    def feed(self, piece: bytes) -> None: ...

    def done(self) -> list[Upload]: ...


async def read_uploads(request: Request, limits: Limits, most: int) -> list[Upload]:
    """The pictures of a request: its body where that is an ``image/*``, or the files of a multipart form.

    Nothing is written to a disk, and no more than the limits is ever held.

    Args:
        most: pictures that the request may bring.

    Raises:
        Refused: 415 another type; 413 beyond a limit; 408 too slow; 400 no picture, or a body that makes no sense.
    """
    body = _body(request, limits, most)
    if int(request.headers.get("content-length", 0)) > limits.request_bytes:
        raise _too_large("the request", limits.request_bytes)
    received = 0
    try:
        async with asyncio.timeout(limits.upload_s):
            async for piece in request.stream():
                received += len(piece)
                if received > limits.request_bytes:
                    raise _too_large("the request", limits.request_bytes)
                body.feed(piece)
        return body.done()
    except TimeoutError:
        raise Refused(408, f"the upload took more than {limits.upload_s:g} s; send smaller pictures") from None
    except ClientDisconnect:
        raise Refused(400, BROKE_OFF) from None
    except MultipartParseError as error:
        raise Refused(400, f"the form cannot be read ({error}); send files as multipart/form-data") from None


def _body(request: Request, limits: Limits, most: int) -> _Body:
    header = request.headers.get("content-type", "")
    kind, options = parse_options_header(header)
    if kind == MULTIPART.encode() and options.get(b"boundary"):
        return _Form(options[b"boundary"], limits, most)
    if kind.startswith(b"image/"):
        return _Whole(kind.decode("latin-1"), limits)
    raise Refused(415, f"the content type is {header!r}; send a picture as image/* or files as {MULTIPART}")


class _Whole:
    """A body that is one picture."""

    def __init__(self, kind: str, limits: Limits) -> None:
        self._kind, self._limits, self._content = kind, limits, bytearray()

    def feed(self, piece: bytes) -> None:
        self._content += piece
        if len(self._content) > self._limits.file_bytes:
            raise _too_large("the picture", self._limits.file_bytes)

    def done(self) -> list[Upload]:
        return [Upload("", self._kind, bytes(self._content))]


class _Form:
    """A multipart form; its files count, whatever their fields are called, and other fields are passed over."""

    def __init__(self, boundary: bytes, limits: Limits, most: int) -> None:
        self._limits, self._most, self._ended = limits, most, False
        self._uploads: list[Upload] = []
        self._begin()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._field.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._finish,
            },
        )

    def feed(self, piece: bytes) -> None:
        self._parser.write(piece)

    def done(self) -> list[Upload]:
        if not self._ended:
            raise Refused(400, BROKE_OFF)
        if not self._uploads:
            raise Refused(400, "there is no file in the form; send at least one picture with a file name")
        return self._uploads

    def _begin(self) -> None:
        self._name, self._headers = "", dict[bytes, bytes]()
        self._field, self._value, self._content = bytearray(), bytearray(), bytearray()

    def _header_end(self) -> None:
        self._headers[bytes(self._field).lower()] = bytes(self._value)
        self._field, self._value = bytearray(), bytearray()

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"filename", b"").decode("utf-8", "replace")
        if self._name and len(self._uploads) == self._most:
            raise Refused(413, f"more pictures than {self._most}; send fewer, or several to POST /analyze/batch")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if not self._name:
            return
        self._content += memoryview(data)[start:end]
        if len(self._content) > self._limits.file_bytes:
            raise _too_large(self._name, self._limits.file_bytes)

    def _end(self) -> None:
        if self._name:
            kind, _ = parse_options_header(self._headers.get(b"content-type", b""))
            self._uploads.append(Upload(self._name, kind.decode("latin-1"), bytes(self._content)))

    def _finish(self) -> None:
        self._ended = True


def _too_large(what: str, limit: int) -> Refused:
    return Refused(413, f"{what} has more than {limit / 1e6:g} MB; send a smaller one")
