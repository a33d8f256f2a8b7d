"""The tab for videos: options, progress, and a way to stop."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

from mien.errors import MienError
from mien.inference.analyzer import Analyzer
from mien.inference.job import Options
from mien.web.answer import refusal
from mien.web.limits import Limits
from mien.web.result import Result
from mien.web.rooms import Rooms
from mien.web.video import read_video_file

TOLD_EVERY_S = 0.25  # how often the progress moves


def video_tab(analyzer: Analyzer, rooms: Rooms, limits: Limits, example: Path) -> None:
    """Draw the tab into the page that is being built.

    Args:
        example: a video to try, which stays when the page closes.
    """
    import gradio as gr

    label = f"Video, at most {limits.video_s:g} seconds and {limits.upload_mb} MB"
    upload = gr.File(label=label, file_types=["video"], height=150, elem_id="video")
    with gr.Row():
        every = gr.Slider(1, 10, 1, step=1, label="Look at every n-th frame", min_width=220)
        smooth = gr.Slider(0, 1, 0, step=0.05, label="Smooth over time, seconds", min_width=220)
    with gr.Row():
        start = gr.Button("Read the video", variant="primary", min_width=150)
        try_it = gr.Button("Read the drawn example", min_width=150)
        stop = gr.Button("Stop", min_width=90)
    result = Result(video=True)
    stops: dict[str, Event] = {}
    bar = gr.Progress()

    def read(path: str | None, every: int, smooth: float, request: gr.Request, progress: Any = bar) -> list[Any]:
        if path is None:
            return result.show(refusal(MienError("Choose a video first.")))
        video, page, stopped = Path(path), str(request.session_hash), Event()
        folder = rooms.new_folder(page, None if video == example else video)
        stops[page] = stopped

        def wanted() -> bool:
            return rooms.is_open(page) and not stopped.is_set()

        options = Options(int(every), float(smooth))
        try:
            return result.show(read_video_file(analyzer, video, folder, limits, options, _calmly(progress), wanted))
        finally:
            stops.pop(page, None)
            if not rooms.is_open(page):  # closed meanwhile: what was still written goes, too
                rooms.close(page)

    def read_example(every: int, smooth: float, request: gr.Request, progress: Any = bar) -> list[Any]:
        return read(str(example), every, smooth, request, progress)

    def end(request: gr.Request) -> None:
        if running := stops.get(str(request.session_hash)):
            running.set()

    def uploaded(path: str, request: gr.Request) -> None:
        rooms.new_folder(str(request.session_hash), Path(path))

    one_at_a_time = {"concurrency_id": "video", "concurrency_limit": 1, "show_progress_on": result.html}
    start.click(read, [upload, every, smooth], result.outputs, api_visibility="private", **one_at_a_time)
    try_it.click(read_example, [every, smooth], result.outputs, api_visibility="private", **one_at_a_time)
    stop.click(end, queue=False, api_visibility="private")
    upload.upload(uploaded, upload, queue=False, api_visibility="private")
    upload.clear(result.nothing, None, result.outputs, api_visibility="private")


def _calmly(progress: Callable[..., Any]) -> Callable[[float, str], None]:
    """Progress that is told a few times a second, however fast the frames come."""
    last = 0.0

    def tell(share: float, text: str) -> None:
        nonlocal last
        if time.monotonic() - last > TOLD_EVERY_S or share >= 1:
            last = time.monotonic()
            progress(share, desc=text)

    return tell
