"""The page itself: tabs for photos, videos, the camera and examples, built with Gradio over ``mien.inference``."""

from importlib import resources
from pathlib import Path
from typing import Any

from mien.inference.analyzer import Analyzer
from mien.preprocessing import Image
from mien.web.answer import TEMPLATES
from mien.web.limits import Limits
from mien.web.live import Live
from mien.web.photo import read_photo
from mien.web.result import Result
from mien.web.rooms import Rooms
from mien.web.video_tab import video_tab

EXAMPLES = Path(str(resources.files("mien.web") / "examples"))
FRAME_EVERY_S = 0.1  # of the camera, at most
CAMERA = {"video": {"width": 640, "height": 480}}
FORGET_S = (600, 3600)  # every ten minutes, files of an hour ago go, should a closed page not have been noticed


def build_page(analyzer: Analyzer, rooms: Rooms, limits: Limits) -> Any:
    """The page as ``gradio.Blocks``, ready to be launched. Gradio must be installed and set up; see ``server``."""
    import gradio as gr

    def leave(request: gr.Request) -> None:
        rooms.close(str(request.session_hash))

    with gr.Blocks(title="mien", analytics_enabled=False, delete_cache=FORGET_S) as page:
        gr.HTML(_heading(analyzer))
        with gr.Tabs():
            with gr.Tab("Photo"):
                _photo_tab(analyzer, rooms, limits)
            with gr.Tab("Video"):
                video_tab(analyzer, rooms, limits, EXAMPLES / "two-people.mp4")
            with gr.Tab("Webcam"):
                _webcam_tab(analyzer)
            with gr.Tab("Examples"):
                _examples_tab(analyzer, rooms, limits)
        page.unload(leave)
    return page


def _photo_tab(analyzer: Analyzer, rooms: Rooms, limits: Limits) -> None:
    import gradio as gr

    upload = gr.File(label=f"Photo, at most {limits.upload_mb} MB", file_types=["image"], height=150, elem_id="photo")
    result = Result()

    def read(path: str, request: gr.Request) -> list[Any]:
        photo = Path(path)
        return result.show(read_photo(analyzer, photo, rooms.new_folder(str(request.session_hash), photo), limits))

    upload.upload(read, upload, result.outputs, api_visibility="private")
    upload.clear(result.nothing, None, result.outputs, api_visibility="private")


def _webcam_tab(analyzer: Analyzer) -> None:
    import gradio as gr

    with gr.Row():
        with gr.Column(scale=4, min_width=280):
            options = gr.WebcamOptions(mirror=False, constraints=CAMERA)
            camera = gr.Image(label="Camera", sources=["webcam"], streaming=True, type="numpy", webcam_options=options)
            gr.HTML('<p class="mien-soft">"Record" starts; no picture is kept.</p>')
        with gr.Column(scale=7, min_width=300):
            shown = gr.HTML()
    live = gr.State(None)

    def look(image: Image | None, live: Live | None) -> tuple[str, Live]:
        live = live or Live(analyzer)
        return "" if image is None else live.html(image), live

    camera.stream(
        look,
        [camera, live],
        [shown, live],
        stream_every=FRAME_EVERY_S,
        show_progress="hidden",
        concurrency_limit=2,
        api_visibility="private",
    )


def _examples_tab(analyzer: Analyzer, rooms: Rooms, limits: Limits) -> None:
    import gradio as gr

    photos = sorted(EXAMPLES.glob("*.jpg"))
    gr.set_static_paths([EXAMPLES])  # served from where they lie; a copy would be taken for an upload, and removed
    gr.HTML('<p class="mien-soft">Drawn people, made by mien itself: nobody you could know. Choose one.</p>')
    looks: dict[str, Any] = {"columns": 5, "height": "auto", "allow_preview": False, "show_label": False, "buttons": []}
    gallery = gr.Gallery([(str(photo), photo.stem) for photo in photos], elem_classes="mien-gallery", **looks)
    result = Result()

    def read(chosen: gr.SelectData, request: gr.Request) -> list[Any]:
        folder = rooms.new_folder(str(request.session_hash))
        return result.show(read_photo(analyzer, photos[chosen.index], folder, limits))

    gallery.select(read, None, result.outputs, api_visibility="private")


def _heading(analyzer: Analyzer) -> str:
    name, labels = Path(analyzer.predictor.name).name, analyzer.labels
    return TEMPLATES.get_template("heading.html").render(labels=labels, name=name, server=True)
