"""The service: its endpoints, and one shape for every error."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from mien import __version__
from mien.errors import ImageError, MienError
from mien.images import Encoded, read_image
from mien.inference.analyzer import Analyzer
from mien.inference.results import PRESENT_FROM, Faces
from mien.serve.answers import answer
from mien.serve.described import described
from mien.serve.limits import STANDARD, Limits, Refused
from mien.serve.uploads import Upload, read_uploads
from mien.serve.worker import Worker

ENDPOINTS = "GET /health, GET /model, POST /analyze, POST /analyze/batch and POST /crops, described in /openapi.json"


def make_app(analyzer: Analyzer, limits: Limits = STANDARD) -> FastAPI:
    """The service over an analyzer; its detector is loaded here, so that the first request does not wait for it."""
    _ = analyzer.detector
    worker = Worker(limits.requests)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        worker.close()

    # The pages that show /openapi.json load their scripts from another server, and this one works without a network.
    app = FastAPI(title="mien", version=__version__, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.worker = worker
    pictures = described(analyzer.schema)

    async def faces_of(request: Request, most: int, work: Callable[[Sequence[Upload]], Sequence[Faces]]) -> Response:
        with worker.place():
            uploads = await read_uploads(request, limits, most)
            return answer(request, await worker.run(lambda: work(uploads)))

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Whether the service is up."""
        return {"status": "ok"}

    @app.get("/model")
    async def model() -> dict[str, Any]:
        """What the network says: labels, columns, thresholds, crop, and the limits of this service."""
        return about(analyzer) | {"limits": asdict(limits)}

    @app.post("/analyze", **pictures("One picture, as the body (image/*) or as the file of a form: a row per face.", 1))
    async def analyze(request: Request) -> Response:
        return await faces_of(request, 1, lambda uploads: [one_picture(analyzer, uploads[0])])

    several = "Several pictures in a form; one that is broken is a row that says why."

    @app.post("/analyze/batch", **pictures(several, limits.files))
    async def analyze_batch(request: Request) -> Response:
        def work(uploads: Sequence[Upload]) -> list[Faces]:
            return list(analyzer.images(Encoded(upload.name, upload.content) for upload in uploads))

        return await faces_of(request, limits.files, work)

    @app.post("/crops", **pictures("Pictures that each are a cut face already: a row per picture.", limits.files))
    async def crops(request: Request) -> Response:
        return await faces_of(request, limits.files, lambda uploads: cut_faces(analyzer, uploads))

    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(MienError, _broken)
    app.add_exception_handler(HTTPException, _no_such_page)
    app.add_exception_handler(Exception, _our_fault)
    return app


def about(analyzer: Analyzer) -> dict[str, Any]:
    """What ``GET /model`` says of the network."""
    info, device = analyzer.predictor.info, analyzer.predictor.device
    units = analyzer.labels.get("au", ())
    return {
        "mien_version": __version__,
        "name": Path(analyzer.predictor.name).name,
        "weights_sha256": info.weights_sha256,
        "device": device,
        "labels": analyzer.labels,
        "thresholds": {unit: info.thresholds.get(unit, PRESENT_FROM) for unit in units},
        "columns": analyzer.schema.names,
        "preprocessing": info.spec.preprocessing.model_dump(),
    }


def one_picture(analyzer: Analyzer, upload: Upload) -> Faces:
    """The faces of one picture.

    Raises:
        Refused: 415, it was sent as something else.
        ImageError: it is broken.
    """
    if upload.kind not in ("", "application/octet-stream") and not upload.kind.startswith("image/"):
        raise Refused(415, f"{upload.name} was sent as {upload.kind}; expected image/*")
    image = read_image(upload.content, upload.name or "the picture")
    return replace(analyzer.image(image), path=upload.name)


def cut_faces(analyzer: Analyzer, uploads: Sequence[Upload]) -> list[Faces]:
    """One ``Faces`` per picture, all through the network together; a broken one says why."""
    images, reasons = {}, {}
    for number, upload in enumerate(uploads):
        try:
            images[number] = read_image(upload.content, upload.name or "the picture")
        except ImageError as error:
            reasons[number] = str(error)
    found = iter(analyzer.crops(list(images.values())))
    return [
        analyzer.nobody(path=upload.name, status=f"error: {reasons[number]}")
        if number in reasons
        else replace(next(found), path=upload.name)
        for number, upload in enumerate(uploads)
    ]


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return JSONResponse({"error": str(error)}, error.status, error.headers)


async def _broken(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 422)


async def _no_such_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = f"{error.detail}: {request.method} {request.url.path}; there are {ENDPOINTS}"
    return JSONResponse({"error": message}, error.status_code, error.headers)


async def _our_fault(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": "Something broke inside the service; its log says what"}, 500)
