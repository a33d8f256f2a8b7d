"""The main jobs with the network denied: nothing asks for it, and everything works without."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DENY = """
import sys
def deny(event, args):
    if event in ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise SystemExit(f"asked for the network: {event} {args[1:]}")
sys.addaudithook(deny)
"""
JOBS = """
from pathlib import Path
from mien import Analyzer
from mien.cli import app
photo = sys.argv[1]
assert len(Analyzer().image(photo)) > 0
for words in (
    ["analyze", photo, "-o", "faces.csv"],
    ["report", "faces.csv"],
    ["synth", "drawn", "-d", "all=expression", "--subjects", "3", "--per-subject", "2"],
    ["table", "check", "drawn/all.parquet", "--images"],
    ["score"],
):
    assert not app(words, standalone_mode=False), words
print("all done")
"""


def run(code: str, folder: Path, *before: str) -> subprocess.CompletedProcess[str]:
    photo = ROOT / "src" / "mien" / "web" / "examples" / "happiness.jpg"
    return subprocess.run(
        [*before, sys.executable, "-c", code, photo],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "agg", "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def without_network() -> list[str]:
    """A command before ours that takes the network away from it, in a namespace of the kernel's, where one may."""
    tool = shutil.which("unshare")
    options = ["--net", "--map-root-user"]
    usable = tool and subprocess.run([tool, *options, "true"], capture_output=True, check=False).returncode == 0
    return [tool, *options] if tool and usable else []


def test_the_main_jobs_ask_for_no_network(tmp_path: Path) -> None:
    """Python's own sockets by an audit hook; those of compiled code by a namespace without any."""
    done = run(DENY + JOBS, tmp_path, *without_network())
    assert done.returncode == 0 and "all done" in done.stdout, done.stderr[-2000:]


def test_the_hook_would_notice(tmp_path: Path) -> None:
    code = "import socket\nsocket.create_connection(('127.0.0.1', 9), timeout=1)"
    assert "asked for the network" in run(DENY + code, tmp_path).stderr


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
def test_networks_of_timm_come_from_its_own_list() -> None:
    """``hf_hub:`` names would fetch a stranger's settings; the backbone takes names that timm itself has."""
    pytest.importorskip("torch", reason="torch is not installed")
    from mien.errors import MienError
    from mien.models.backbones import make_backbone

    with pytest.raises(MienError):
        make_backbone("timm:hf_hub:someone/network")
