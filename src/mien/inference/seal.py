"""The seal of an ONNX file: a digest of the file inside the file, so that an altered one is never run.

ONNX itself checks nothing: with one flipped byte in a weight, a file loads and answers wrongly.
"""

import hashlib

from mien.errors import CheckpointError

PRODUCER = "mien"  # stands near the beginning of a file, where the seal stands near the end
MARK = b"mien-sha256:"
UNSEALED = MARK + b"0" * 64
"""What a file holds once, as the value of a metadata entry, before ``seal`` puts its digest there."""


def seal(content: bytes) -> bytes:
    """A serialised ONNX model with its digest in the place of ``UNSEALED``."""
    return content.replace(UNSEALED, MARK + hashlib.sha256(content).hexdigest().encode())


def check_seal(content: bytes, where: str) -> None:
    """Raise unless ``content`` is what was sealed.

    Raises:
        CheckpointError: it was cut short or altered, or another tool wrote it.
    """
    at = content.rfind(MARK)
    if at < 0 and PRODUCER.encode() in content[:64]:
        raise CheckpointError(f"{where} was cut short; copy it again or export the network again")
    if at < 0:
        raise CheckpointError(
            f"{where} was not exported by mien, so its labels and its crop are unknown; expected a file made by "
            "'mien export RUN'"
        )
    view = memoryview(content)
    digest = hashlib.sha256(view[:at])
    digest.update(UNSEALED)
    digest.update(view[at + len(UNSEALED) :])
    if view[at + len(MARK) : at + len(UNSEALED)] != digest.hexdigest().encode():
        raise CheckpointError(f"{where} was altered since it was exported; copy it again or export the network again")
