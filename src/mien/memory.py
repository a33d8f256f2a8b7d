"""Memory that is refused, which every library says in its own way."""

import errno

SAID_AS = (
    "allocate memory",  # torch, ONNX Runtime, the system
    "bad allocation",
    "bad_alloc",
    "out of memory",  # CUDA, Pillow
    "insufficient memory",  # OpenCV
    "map segment",  # of a library that is loaded
    "start new thread",  # whose stack finds no room
    "create a primitive",  # oneDNN, whatever the reason
    "execute a primitive",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there was not enough memory: they share no type, and some say it in words alone.

    >>> is_out_of_memory(MemoryError()), is_out_of_memory(RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"))
    (True, True)
    >>> is_out_of_memory(OSError("broken data stream"))
    False
    """
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    text = str(error).lower()
    return any(words in text for words in SAID_AS)
