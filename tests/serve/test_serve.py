"""The service as a client meets it: rows, errors of one shape, limits that hold while an upload comes, few in work."""

import asyncio
import io
import json
import math
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="fastapi is not installed: pip install 'mien[serve]'")
pytest.importorskip("python_multipart", reason="python-multipart is not installed: pip install 'mien[serve]'")
pytest.importorskip("httpx2", reason="httpx2, of starlette's test client, is not installed: pip install 'mien[dev]'")

import pandas as pd
from fastapi import FastAPI
from PIL import Image as PilImage
from starlette.testclient import TestClient

from inference.made import LABELS, RedDetector, Reddish, scene
from mien.images import write_picture
from mien.inference.analyzer import Analyzer
from mien.inference.table import schema
from mien.serve.answers import plain
from mien.serve.app import make_app
from mien.serve.limits import Limits, Refused
from mien.serve.worker import Worker

COLUMNS = schema(LABELS).names
LIMITS = Limits(file_bytes=20_000, request_bytes=50_000, files=4, requests=2, upload_s=5)


@pytest.fixture
def analyzer() -> Analyzer:
    return Analyzer(Reddish().predictor(), detector=RedDetector())


@pytest.fixture
def app(analyzer: Analyzer) -> FastAPI:
    return make_app(analyzer, LIMITS)


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as one:
        yield one


def png(squares: Sequence[tuple[int, int, int]]) -> bytes:
    out = io.BytesIO()
    PilImage.fromarray(scene(squares)).save(out, "png")
    return out.getvalue()


TWO, NOBODY = png([(20, 30, 40), (90, 60, 50)]), png([])
IMAGE = {"content-type": "image/png"}


def files(*contents: tuple[str, bytes, str]) -> list[tuple[str, tuple[str, bytes, str]]]:
    return [("file", content) for content in contents]


def form(*contents: bytes, head: bytes = b"") -> bytes:
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"' + head + b"\r\n\r\n"
    return b"".join(part + content + b"\r\n" for content in contents) + b"--x--\r\n"


def error_of(answer: Any, status: int) -> str:
    """The sentence of an error, after its shape is checked."""
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error"] and "Traceback" not in answer.text
    return str(answer.json()["error"])


def test_a_picture_gives_the_rows_of_mien_analyze(client: TestClient, analyzer: Analyzer, tmp_path: Path) -> None:
    sent = client.post("/analyze", files=files(("two.png", TWO, "image/png"))).json()["rows"]
    assert [list(row) for row in sent] == [COLUMNS] * 2
    write_picture(tmp_path / "two.png", scene([(20, 30, 40), (90, 60, 50)]))
    expected = analyzer.image(tmp_path / "two.png").to_pandas().assign(path="two.png")
    assert expected["x1"].tolist() == [20, 90]
    pd.testing.assert_frame_equal(pd.DataFrame(sent).astype(expected.dtypes), expected)
    assert sent[0]["time_s"] is None and sent[0]["track_id"] is None, "null, not NaN"


def test_the_body_may_be_the_picture(client: TestClient) -> None:
    rows = client.post("/analyze", content=TWO, headers=IMAGE).json()["rows"]
    assert [(row["path"], row["status"]) for row in rows] == [(None, "ok")] * 2


def test_a_name_may_have_any_letters(client: TestClient) -> None:
    body = form(NOBODY).replace(b"a.png", "grün/ñ 1.png".encode())
    headers = {"content-type": "multipart/form-data; boundary=x"}
    (row,) = client.post("/analyze", content=body, headers=headers).json()["rows"]
    assert (row["path"], row["status"]) == ("grün/ñ 1.png", "no face")


def test_a_picture_without_a_face_is_a_row_that_says_so(client: TestClient) -> None:
    (row,) = client.post("/analyze", content=NOBODY, headers=IMAGE).json()["rows"]
    assert row["status"] == "no face" and row["x1"] is None and row["expression"] is None


def test_csv_where_it_is_asked_for(client: TestClient) -> None:
    answer = client.post("/analyze", files=files(("a,b.png", TWO, "image/png")), headers={"accept": "text/csv"})
    assert answer.headers["content-type"].startswith("text/csv")
    table = pd.read_csv(io.StringIO(answer.text))
    assert list(table) == COLUMNS and table["path"].tolist() == ["a,b.png"] * 2
    assert table["time_s"].isna().all()


def test_a_broken_file_of_a_batch_is_a_row_and_the_others_are_read(client: TestClient) -> None:
    sent = files(("a.png", TWO, "image/png"), ("b.png", TWO[:99], "image/png"), ("c.txt", b"text", "text/plain"))
    rows = client.post("/analyze/batch", files=[*sent, *files(("d.png", NOBODY, ""))]).json()["rows"]
    assert [row["path"] for row in rows] == ["a.png", "a.png", "b.png", "c.txt", "d.png"]
    assert [row["status"] for row in rows if row["path"] in ("a.png", "d.png")] == ["ok", "ok", "no face"]
    for row, reason in ((rows[2], "broken"), (rows[3], "not a picture of a known format")):
        assert row["status"].startswith(f"error: {row['path']}: ") and reason in row["status"]


def test_crops_are_read_without_a_search(client: TestClient, analyzer: Analyzer) -> None:
    red = io.BytesIO()
    PilImage.new("RGB", (30, 40), (255, 0, 0)).save(red, "png")
    sent = files(("r.png", red.getvalue(), "image/png"), ("x.png", b"", "image/png"), ("n.png", NOBODY, "image/png"))
    rows = client.post("/crops", files=sent).json()["rows"]
    assert [row["path"] for row in rows] == ["r.png", "x.png", "n.png"]
    assert rows[0]["valence"] == pytest.approx(1) and rows[2]["valence"] == pytest.approx(90 / 127.5 - 1, abs=0.01)
    assert (rows[0]["x2"], rows[0]["y2"], rows[0]["score"], rows[0]["face"]) == (30, 40, None, 0)
    assert rows[1]["status"].startswith("error: x.png: the picture is empty") and rows[1]["face"] is None
    assert analyzer.detector.calls == []  # type: ignore[attr-defined]


def test_crops_of_broken_pictures_alone(client: TestClient) -> None:
    (row,) = client.post("/crops", content=b"no picture", headers=IMAGE).json()["rows"]
    assert row["status"].startswith("error: the picture: not a picture")


def test_what_the_model_says(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    said = client.get("/model").json()
    assert said["labels"] == {task: list(names) for task, names in LABELS.items()}
    assert said["thresholds"] == {"AU01": 0.5, "AU12": 0.25} and said["columns"] == COLUMNS
    assert said["preprocessing"]["size"] == 16 and said["limits"]["files"] == 4
    assert said["name"] == "reddish" and said["device"] == "cpu"


def test_the_description_names_every_column_and_asks_no_other_server(client: TestClient) -> None:
    text = client.get("/openapi.json").text
    answers = json.loads(text)["paths"]["/analyze"]["post"]["responses"]
    row = answers["200"]["content"]["application/json"]["schema"]["properties"]["rows"]["items"]
    assert list(row["properties"]) == COLUMNS
    assert row["properties"]["face"] == {"type": ["integer", "null"]}
    assert {"413", "415", "422", "503"} <= answers.keys()
    for path, most in (("/analyze", 1), ("/analyze/batch", 4), ("/crops", 4)):
        body = json.loads(text)["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]
        assert body["schema"]["properties"]["file"].items() >= {"minItems": 1, "maxItems": most}.items()
    assert "http" not in text
    for page in ("/docs", "/redoc"):
        assert "described in /openapi.json" in error_of(client.get(page), 404)


@pytest.mark.parametrize(
    ("request_", "status", "text"),
    [
        ({"content": TWO[:99], "headers": IMAGE}, 422, "the picture: the picture is broken"),
        ({"content": b"no picture", "headers": IMAGE}, 422, "expected JPEG, PNG, WebP, BMP or TIFF"),
        ({"content": b"", "headers": IMAGE}, 422, "0 bytes"),
        ({"content": TWO}, 415, "the content type is ''"),
        ({"json": {"picture": "x"}}, 415, "'application/json'; send a picture as image/"),
        ({"files": files(("a.pdf", b"%PDF", "application/pdf"))}, 415, "a.pdf was sent as application/pdf"),
        ({"data": {"x": "1"}, "files": {}}, 415, "x-www-form-urlencoded"),
        ({"files": [("field", (None, b"text"))]}, 400, "no file in the form"),
        ({"files": files(("a.png", TWO, "image/png"), ("b.png", TWO, "image/png"))}, 413, "more pictures than 1"),
        ({"content": b"nonsense" * 9, "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400, "form"),
        ({"content": form(TWO)[:99], "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400, "broke off"),
        ({"content": b"", "headers": {"content-type": "multipart/form-data; boundary=x"}}, 400, "broke off"),
        ({"content": b"", "headers": {"content-type": "multipart/form-data"}}, 415, "multipart"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_sentence(
    client: TestClient, request_: dict[str, Any], status: int, text: str
) -> None:
    assert text in error_of(client.post("/analyze", **request_), status)


def test_a_decompression_bomb_is_refused_by_its_header(client: TestClient) -> None:
    out = io.BytesIO()
    PilImage.new("1", (20_000, 4_000)).save(out, "png")
    assert len(out.getvalue()) < LIMITS.file_bytes
    answer = client.post("/analyze", content=out.getvalue(), headers=IMAGE)
    assert "20000 x 4000 pixels are more than 64 million" in error_of(answer, 422)


def test_unknown_pages_and_methods(client: TestClient) -> None:
    assert "there are GET /health, GET /model, POST /analyze" in error_of(client.get("/nowhere"), 404)
    assert "GET /analyze" in error_of(client.get("/analyze"), 405)


def test_too_many_pictures(client: TestClient) -> None:
    sent = files(*[(f"{i}.png", NOBODY, "image/png") for i in range(5)])
    assert client.post("/analyze/batch", files=sent[:4]).status_code == 200
    assert "more pictures than 4" in error_of(client.post("/analyze/batch", files=sent), 413)


@pytest.mark.parametrize(
    ("path", "kind", "body", "text", "most"),
    [
        ("/analyze", "image/png", bytes(10**6), "the picture has more than 0.02 MB", 21_000),
        ("/analyze", "multipart/form-data; boundary=x", form(bytes(10**6)), "a.png has more than 0.02 MB", 22_000),
        ("/crops", "multipart/form-data; boundary=x", form(*[bytes(19_000)] * 4), "the request has more", 51_000),
        ("/crops", "multipart/form-data; boundary=x", form(b"", head=b"\r\nX: " + b"y" * 9_000), "header size", 10_000),
    ],
)
def test_what_is_too_large_is_refused_while_it_comes(
    client: TestClient, path: str, kind: str, body: bytes, text: str, most: int
) -> None:
    """Chunked, so that no length is known before; what was not read yet stays with the sender."""
    taken = 0

    def pieces() -> Iterator[bytes]:
        nonlocal taken
        for start in range(0, len(body), 500):
            taken = start + 500
            yield body[start : start + 500]

    assert text in error_of(asyncio.run(stream(client.app, path, kind, pieces())), 400 if "header" in text else 413)
    assert taken <= most


def test_a_length_that_is_too_large_is_refused_before_a_byte_is_read(client: TestClient) -> None:
    def never() -> Iterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    length = [(b"content-length", b"50001")]
    answer = asyncio.run(stream(client.app, "/analyze", "image/png", never(), length))
    assert "the request has more than 0.05 MB" in error_of(answer, 413)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_stranger_sends_is_answered_in_one_shape(app: FastAPI, seed: int) -> None:
    """A form with bytes changed, cut out and put in, in pieces of any length: an answer, never a fault of ours."""
    rng, whole = np.random.default_rng(seed), form(TWO[:200], NOBODY[:200], head=b"\r\nContent-Type: image/png")
    statuses = set()
    for _ in range(60):
        body = bytearray(whole)
        for at in rng.integers(0, len(body) - 40, rng.integers(1, 5)):
            kind = rng.integers(3)
            body[at : at + (kind > 0) * rng.integers(1, 40)] = rng.bytes(rng.integers(1, 20)) if kind < 2 else b""
        cuts = np.unique(rng.integers(1, len(body), 5))
        pieces = [bytes(body[a:b]) for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
        answer = asyncio.run(stream(app, "/analyze/batch", "multipart/form-data; boundary=x", iter(pieces)))
        statuses.add(answer.status_code)
        assert list(answer.json()) == (["rows"] if answer.status_code == 200 else ["error"])
    assert {200, 400} <= statuses <= {200, 400, 413}


def test_a_slow_upload_ends(analyzer: Analyzer) -> None:
    app = make_app(analyzer, Limits(upload_s=0.05))
    assert "took more than 0.05 s" in error_of(asyncio.run(stream(app, "/analyze", "image/png", None)), 408)


def test_an_upload_that_broke_off_frees_its_place(app: FastAPI) -> None:
    for _ in range(LIMITS.requests + 1):
        answer = asyncio.run(stream(app, "/analyze", "image/png", iter([b"abc", b""])))
        assert "broke off" in error_of(answer, 400)


class Answer:
    def __init__(self, status: int, body: bytes) -> None:
        self.status_code, self.text = status, body.decode()

    def json(self) -> Any:
        return json.loads(self.text)


async def stream(
    app: Any, path: str, kind: str, pieces: Iterator[bytes] | None, headers: Sequence[tuple[bytes, bytes]] = ()
) -> Answer:
    """Post a body piece by piece, each only when it is asked for; an empty piece is a client that goes away."""
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"content-type", kind.encode()), *headers],
    }

    async def receive() -> dict[str, Any]:
        if pieces is None:
            await asyncio.sleep(60)
        piece = next(pieces or iter(()), None)
        if piece == b"":
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    said: list[Any] = []

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)
    return Answer(said[0]["status"], b"".join(message.get("body", b"") for message in said))


def test_few_wait_and_more_are_sent_away(monkeypatch: pytest.MonkeyPatch, app: FastAPI, analyzer: Analyzer) -> None:
    begun, go, threads = threading.Semaphore(0), threading.Event(), set()
    image = Analyzer.image

    def slow(self: Analyzer, picture: np.ndarray) -> Any:
        threads.add(threading.get_ident())
        begun.release()
        go.wait(10)
        return image(self, picture)

    monkeypatch.setattr(Analyzer, "image", slow)
    statuses: list[int] = []
    with TestClient(app) as client:

        def post() -> None:
            statuses.append(client.post("/analyze", content=TWO, headers=IMAGE).status_code)

        inside = [threading.Thread(target=post) for _ in range(LIMITS.requests)]
        for thread in inside:
            thread.start()
        assert begun.acquire(timeout=10)
        while app.state.worker.free:  # until the second waits as well
            time.sleep(0.01)
        refused = client.post("/analyze", content=TWO, headers=IMAGE)
        assert "try again" in error_of(refused, 503) and refused.headers["retry-after"] == "1"
        assert client.get("/health").json() == {"status": "ok"}, "health does not wait"
        go.set()
        for thread in inside:
            thread.join(10)
        assert statuses == [200] * LIMITS.requests
        assert client.post("/analyze", content=TWO, headers=IMAGE).status_code == 200, "the places are free again"
    assert len(threads) == 1, "one thread for the networks"


def test_a_fault_of_ours_is_said_without_its_inside(monkeypatch: pytest.MonkeyPatch, client: TestClient) -> None:
    def broken(self: Analyzer, picture: np.ndarray) -> Any:
        raise RuntimeError("secret")

    monkeypatch.setattr(Analyzer, "image", broken)
    for _ in range(LIMITS.requests + 1):
        said = error_of(client.post("/analyze", content=TWO, headers=IMAGE), 500)
        assert "its log says what" in said and "secret" not in said


def test_a_place_is_held_as_long_as_the_block() -> None:
    worker = Worker(1)
    with worker.place(), pytest.raises(Refused, match="1 requests are in work"), worker.place():
        pass
    with worker.place():
        assert worker.free == 0
    worker.close()


def test_numbers_that_json_lacks_become_null() -> None:
    row = plain({"a": math.nan, "b": -math.inf, "c": 0.5, "d": 3, "e": None, "f": "NaN"})
    assert row == {"a": None, "b": None, "c": 0.5, "d": 3, "e": None, "f": "NaN"}
