"""Work on a Ray cluster, or on Ray's processes of this machine."""

import os
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from typing import Any, TypeVar

from mien.errors import MienError
from mien.inference.pool import ATTEMPTS, check_all_done

T = TypeVar("T")
R = TypeVar("R")
AHEAD = 2  # items per worker: one in work, one that waits for it


def on_ray(work: Callable[[T], R], items: Iterable[T], workers: int | None = None, gpus: float = 0) -> Iterator[R]:
    """As ``pool.in_processes``, where Ray finds room: on the cluster of ``RAY_ADDRESS``, else on this machine.

    Args:
        work, items: as there; every machine needs the same mien.
        workers: how many items at a time; as many as the cluster has processors when None.
        gpus: of each worker.

    Raises:
        MienError: Ray is not installed; or as there.
    """
    if find_spec("ray") is None:
        raise MienError("The engine 'ray' needs ray, not installed here; type: pip install 'mien[ray]'")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would report to its makers
    import ray

    started = not ray.is_initialized()
    if started:
        here: dict[str, Any] = (
            {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": workers, "include_dashboard": False}
        )
        ray.init(log_to_driver=False, logging_level="ERROR", **here)
    try:
        yield from _done(ray, work, items, (workers or int(ray.cluster_resources().get("CPU", 1))) * AHEAD, gpus)
    finally:
        if started:
            ray.shutdown()


def _done(ray: Any, work: Callable[[T], R], items: Iterable[T], most: int, gpus: float) -> Iterator[R]:
    task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=ATTEMPTS - 1, retry_exceptions=True)(_call)
    shared, in_hand, lost = ray.put(work), dict[Any, T](), dict[str, str]()

    def first() -> Iterator[R]:
        (ref,), _ = ray.wait(list(in_hand), num_returns=1)
        item = in_hand.pop(ref)
        try:
            yield ray.get(ref)
        except ray.exceptions.RayError as error:
            lost[str(item)] = (
                str(getattr(error, "cause", error)).strip().splitlines()[-1]
            )  # above it stands a traceback

    for item in items:
        in_hand[task.remote(shared, item)] = item
        if len(in_hand) >= most:
            yield from first()
    while in_hand:
        yield from first()
    check_all_done(lost)


def _call(work: Callable[[T], R], item: T) -> R:
    return work(item)
