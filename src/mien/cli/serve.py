"""``mien serve``: a network as a REST service."""

from typing import Annotated

import typer


def serve(
    model: Annotated[
        str | None,
        typer.Argument(metavar="MODEL", help="An ONNX file or a run's folder; default: the shipped model."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8000,
    detector: Annotated[str, typer.Option(help="mtcnn, or the path of a YuNet model (.onnx).")] = "mtcnn",
    min_face: Annotated[int, typer.Option(min=12, help="Side of the smallest face to look for, in pixels.")] = 40,
    device: Annotated[
        str | None, typer.Option(help="cpu, cuda or openvino; default: the best of the first two.")
    ] = None,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of the processor for each network; default: half of the cores.")
    ] = None,
    max_bytes: Annotated[int, typer.Option(min=1, help="Of one picture, as it is sent.")] = 20_000_000,
    max_request_bytes: Annotated[int, typer.Option(min=1, help="Of all pictures of one request.")] = 100_000_000,
    max_files: Annotated[int, typer.Option(min=1, help="Pictures in one request.")] = 64,
    max_requests: Annotated[int, typer.Option(min=1, help="Uploading, waiting and in work; more get 503.")] = 8,
) -> None:
    """Serve a network over HTTP: pictures in, JSON or CSV out. Ctrl+C ends it.

    It knows no passwords: it is for this machine, or for a network behind a proxy that asks who is there.

        mien serve model.onnx

        curl -F file=@photo.jpg http://127.0.0.1:8000/analyze
    """
    from mien.cli.needs import need_serving

    need_serving()
    from mien.inference.analyzer import Analyzer
    from mien.serve.app import make_app
    from mien.serve.limits import Limits
    from mien.serve.run import address, listen, run

    listening = listen(host, port)
    limits = Limits(max_bytes, max_request_bytes, max_files, max_requests)
    app = make_app(Analyzer(model, device, threads, detector=detector, min_face=min_face), limits)
    typer.echo(f"Ready on {address(listening)}; Ctrl+C ends it.", err=True)
    run(app, listening)
