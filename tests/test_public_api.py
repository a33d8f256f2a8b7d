"""What ``import mien`` offers, and what it costs."""

import re
import subprocess
import sys
from pathlib import Path

import mien

ROOT = Path(__file__).parents[1]


def test_every_name_is_there_and_documented() -> None:
    for name in mien.__all__:
        thing = getattr(mien, name)
        assert name == "__version__" or thing.__doc__, name
    assert set(dir(mien)) == set(mien.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(mien, "analyse_feelings")


def test_import_is_cheap() -> None:
    code = "import sys, mien; print([m for m in ('torch', 'pandas', 'numpy', 'cv2', 'pyarrow') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_version_is_the_same_everywhere() -> None:
    assert f"## [{mien.__version__}]" in (ROOT / "CHANGELOG.md").read_text()
    citation = (ROOT / "CITATION.cff").read_text()
    assert f"version: {mien.__version__}\n" in citation
    released = re.search(rf"^## \[{re.escape(mien.__version__)}\] - (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.M)
    assert released and f"date-released: {released[1]}\n" in citation
