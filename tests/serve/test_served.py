"""The commands of docs/serve.md against a running server, and ``mien serve`` as it is typed."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

pytest.importorskip("uvicorn", reason="uvicorn is not installed: pip install 'mien[serve]'")
pytest.importorskip("fastapi", reason="fastapi is not installed: pip install 'mien[serve]'")
pytest.importorskip("httpx2", reason="httpx2, of starlette's test client, is not installed: pip install 'mien[dev]'")
pytest.importorskip("python_multipart", reason="python-multipart is not installed: pip install 'mien[serve]'")

import uvicorn
from starlette.testclient import TestClient

from inference.made import RedDetector, Reddish, scene
from mien.cli import app, needs
from mien.errors import MienError
from mien.images import write_picture
from mien.inference import analyzer as module
from mien.inference.analyzer import Analyzer
from mien.serve import run as serving
from mien.serve.app import make_app

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")
CURLS = re.findall(r"^curl .*$", PAGE, re.M)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A server on a free port of this machine."""
    made = make_app(Analyzer(Reddish().predictor(), detector=RedDetector()))
    server = uvicorn.Server(uvicorn.Config(made, log_level="error"))
    with serving.listen("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield serving.address(listening).removeprefix("http://")
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that the page speaks of."""
    for name, squares in (("photo.jpg", [(20, 30, 40), (90, 60, 50)]), ("face.png", [(0, 0, 160)])):
        write_picture(tmp_path / name, scene(squares))
    (tmp_path / "broken.jpg").write_bytes((tmp_path / "photo.jpg").read_bytes()[:90])
    return tmp_path


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_of_the_page(address: str, folder: Path) -> None:
    said = []
    for command in CURLS:
        line = command.replace("127.0.0.1:8000", address).replace("curl ", "curl -sf --noproxy '*' ", 1)
        done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        said.append(done.stdout)
    form, body, csv, batch, crops, model, health, described = said
    assert [row["expression"] for row in json.loads(form)["rows"]] == ["happiness"] * 2
    assert len(json.loads(body)["rows"]) == 2 and csv.count("\n") == 3 and csv.startswith('"path"')
    assert [row["status"][:5] for row in json.loads(batch)["rows"]] == ["ok", "ok", "error"]
    assert json.loads(crops)["rows"][0]["x2"] == 160
    assert "labels" in json.loads(model) and json.loads(health) == {"status": "ok"}
    assert set(json.loads(described)["paths"]) == {"/health", "/model", "/analyze", "/analyze/batch", "/crops"}


def test_the_python_of_the_page(address: str, folder: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    command = [sys.executable, "-c", code.replace("127.0.0.1:8000", address)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == "0 happiness ok\n1 happiness ok\n", done.stderr


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("length", ["-H 'Transfer-Encoding: chunked'", "-H 'Expect:'"])
def test_curl_is_told_why_its_upload_is_refused(address: str, folder: Path, length: str) -> None:
    """Over a real connection the answer must arrive although the client is still sending."""
    (folder / "large.jpg").write_bytes(bytes(101_000_000))
    line = (
        f"curl -s --noproxy '*' {length} -H 'Content-Type: image/jpeg' --data-binary @large.jpg http://{address}/crops"
    )
    done = subprocess.run(["bash", "-c", line], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert "MB; send a smaller one" in json.loads(done.stdout)["error"], done


def test_options_reach_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr(module, "load_predictor", lambda *given: asked.append(given) or Reddish().predictor())
    monkeypatch.setattr(module, "make_detector", lambda name, **given: asked.append((name, given)) or RedDetector())
    monkeypatch.setattr(serving, "run", lambda app, listening: asked.append((app, listening)))
    arguments = ["serve", "m.onnx", "--port", "0", "--threads", "1", "--device", "cpu", "--min-face", "20"]
    arguments += ["--detector", "y.onnx", "--max-bytes", "11", "--max-request-bytes", "12"]
    arguments += ["--max-files", "13", "--max-requests", "14"]
    said = CliRunner().invoke(app, arguments, catch_exceptions=False).output
    model, (detector, options), (served, listening) = asked  # type: ignore[misc]
    with listening:
        host, port = listening.getsockname()
    assert model == ("m.onnx", "cpu", 1) and detector == "y.onnx" and options["min_face"] == 20
    assert host == "127.0.0.1" and f"Ready on http://127.0.0.1:{port};" in said, "this machine alone, unless asked"
    with TestClient(served) as client:
        limits = client.get("/model").json()["limits"]
    assert [limits[name] for name in ("file_bytes", "request_bytes", "files", "requests")] == [11, 12, 13, 14]


def test_an_address_that_cannot_be_had_is_said() -> None:
    with serving.listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            MienError, match=f"Cannot listen on 127.0.0.1, port {port} .*in use.*; choose another --host"
        ):
            CliRunner().invoke(app, ["serve", "m.onnx", "--port", str(port)], catch_exceptions=False)
    with pytest.raises(MienError, match=r"Cannot listen on 192\.0\.2\.1, port 0"):
        serving.listen("192.0.2.1", 0)


def test_answers_do_not_wait_for_more_to_send() -> None:
    """asyncio turns Nagle's algorithm off for TCP sockets, and knows them by a protocol that is stated."""
    with serving.listen("127.0.0.1", 0) as listening, socket.create_connection(listening.getsockname()):
        accepted, _ = listening.accept()
        accepted.close()
        assert accepted.proto == socket.IPPROTO_TCP


def test_an_address_of_version_6() -> None:
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    with serving.listen("::1", 0) as listening:
        assert serving.address(listening) == f"http://[::1]:{listening.getsockname()[1]}"


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_peace(end: signal.Signals) -> None:
    """A process of its own, ended by Ctrl+C and as Docker ends it."""
    code = """if True:
        import sys; sys.path.insert(0, sys.argv[1])
        from inference.made import RedDetector, Reddish
        from mien.cli import main
        from mien.inference import analyzer
        analyzer.load_predictor = lambda *_: Reddish().predictor()
        analyzer.make_detector = lambda *_, **__: RedDetector()
        sys.argv = ["mien", "serve", "--port", "0"]
        main()"""
    command = [sys.executable, "-c", code, str(ROOT / "tests")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        while "startup complete" not in (line := process.stderr.readline()):
            assert line, "it ended by itself"
        process.send_signal(end)
        out, rest = process.communicate(timeout=30)
    assert "shutdown complete" in rest and "Traceback" not in rest + out
    assert process.returncode in (0, -end)


def test_the_limits_of_the_command_are_those_of_the_service_and_the_page() -> None:
    from dataclasses import astuple

    from mien.serve.limits import STANDARD

    options = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200", "TERM": "dumb"}).output
    size, request, files, requests, upload_s = astuple(STANDARD)
    assert [text for text in (size, request, files, requests) if f"[default: {text}]" not in options] == []
    for text in (f"({size // 10**6} MB)", f"({request // 10**6} MB)", f"({files})", f"({requests})"):
        assert text in PAGE
    assert upload_s == 60 and "more than a minute" in PAGE


def test_without_the_extra_it_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: None if name == "uvicorn" else object())
    with pytest.raises(
        MienError, match=r"Serving needs uvicorn, not installed here; type: pip install 'mien\[serve\]'"
    ):
        CliRunner().invoke(app, ["serve"], catch_exceptions=False)


def test_serving_needs_no_torch() -> None:
    code = "import sys, mien.serve.app; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_the_image_takes_what_the_build_needs_and_no_more() -> None:
    """Docker is not on every machine; what can drift without it is which files reach the build."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    copied = {name for line in re.findall(r"^COPY (?!--)(.*) \S+$", dockerfile, re.M) for name in line.split()}
    let_in = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.M))
    assert copied == let_in and all((ROOT / name).exists() for name in copied)
    assert {"README.md", "LICENSE", "pyproject.toml"} <= copied, "the build reads them"
    entry = json.loads(re.findall(r"^ENTRYPOINT (.*)$", dockerfile, re.M)[0])
    assert entry[:2] == ["mien", "serve"] and re.search(r"^USER 10001$", dockerfile, re.M)
