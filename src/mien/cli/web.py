"""``mien web``: a page to try a network on photos, videos and the camera, or the same without a server."""

from pathlib import Path
from typing import Annotated

import typer


def web(
    model: Annotated[
        str | None,
        typer.Argument(metavar="MODEL", help="An ONNX file or a run's folder; default: the shipped model."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 shows the page to the whole network.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option(min=1, max=65535)] = 7860,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    min_face: Annotated[int, typer.Option(min=12, help="Side of the smallest face to look for, in pixels.")] = 40,
    upload_mb: Annotated[int, typer.Option(min=1, help="Megabytes of the largest file taken.")] = 200,
    video_s: Annotated[float, typer.Option(min=1, help="Seconds of the longest video taken.")] = 180,
    device: Annotated[str | None, typer.Option(help="cpu or cuda; default: the best that is there.")] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of the processor for each network; default: half of the cores.")
    ] = None,
    static: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a page that runs wholly in the browser, and end.")
    ] = None,
    runtime: Annotated[
        Path | None, typer.Option(help="For --static: the npm package onnxruntime-web, as .tgz file or folder.")
    ] = None,
) -> None:
    """Show a page on which faces are read: photos, videos, the camera. Ctrl+C ends it.

    Nothing leaves this machine, and uploads are deleted when their page closes. With --static a folder is written
    instead: a page for any file server, on which the visitor's own browser does the work.

        mien web model.onnx

        npm pack onnxruntime-web@1.30.0 && mien web model.onnx --static site
    """
    from mien.errors import MienError

    if static is not None:
        from mien.web.static import write_static

        written = write_static(static, model, runtime, min_face)
        typer.echo(f"{static}: {len(written)} files, {sum(path.stat().st_size for path in written) / 1e6:.1f} MB.")
        typer.echo(f"Next: python -m http.server --bind 127.0.0.1 --directory {static}")
        return
    if runtime is not None:
        raise MienError("--runtime is for --static DIR alone")
    from mien.web.server import need_gradio, serve

    need_gradio()
    from mien.inference.analyzer import Analyzer
    from mien.web.limits import Limits

    analyzer = Analyzer(model, device, threads, min_face=min_face)
    serve(analyzer, Limits(upload_mb, video_s), host, port, open_browser, lambda text: typer.echo(text, err=True))
