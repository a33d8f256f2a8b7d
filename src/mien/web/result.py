"""The places on the page where an answer is shown: picture, cards, table or time lines, files."""

from pathlib import Path
from typing import Any

from mien.web.answer import Answer

FILES = {
    ".csv": "Table (CSV)",
    ".jsonl": "Table (JSON lines)",
    ".parquet": "Table (Parquet)",
    "report": "Report (HTML)",
    "picture": "Annotated copy",
}


class Result:
    """Components of ``gradio``, empty and unseen at first.

    Args:
        video: whether the picture is one that moves; a video has no cards.
    """

    def __init__(self, video: bool = False) -> None:
        import gradio as gr

        self._update = gr.update
        with gr.Row(elem_classes="mien-result"):
            with gr.Column(scale=6, min_width=300):
                looks = {"visible": False, "show_label": False, "interactive": False}
                self.picture: Any = (
                    gr.Video(buttons=[], **looks)
                    if video
                    else gr.Image(type="filepath", buttons=["fullscreen"], **looks)
                )
            with gr.Column(scale=5, min_width=300, visible=not video):
                self.cards = gr.HTML()
        self.html = gr.HTML()
        with gr.Row(elem_classes="mien-files"):
            buttons = [gr.DownloadButton(name, visible=False, size="sm", min_width=130) for name in FILES.values()]
        self.outputs = [self.html, self.cards, self.picture, *buttons]

    def show(self, answer: Answer) -> list[Any]:
        """Updates of ``outputs``."""
        files: dict[str, Path | None] = {path.suffix: path for path in answer.tables}
        files |= {"report": answer.report, "picture": answer.picture}
        shown = [self._file(files.get(kind)) for kind in FILES]
        return [answer.html, answer.cards, self._file(answer.picture), *shown]

    def nothing(self) -> list[Any]:
        """Updates that empty the places."""
        return self.show(Answer(""))

    def _file(self, path: Path | None) -> Any:
        return self._update(value=str(path) if path else None, visible=path is not None)
