"""A want of memory is known by whatever a library calls it, and nothing else is taken for one."""

import errno
import os

import pytest

from mien.memory import is_out_of_memory


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)),
        RuntimeError("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("could not create a primitive"),
        RuntimeError("can't start new thread"),
        ImportError("libx265.so.216: failed to map segment from shared object"),
        Exception("Failed to allocate memory for requested buffer of size 1024"),
    ],
)
def test_is_one(error: Exception) -> None:
    assert is_out_of_memory(error)


@pytest.mark.parametrize(
    "error",
    [OSError("broken data stream"), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), ValueError("primitive")],
)
def test_is_none(error: Exception) -> None:
    assert not is_out_of_memory(error)
