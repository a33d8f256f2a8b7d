"""Requests made up from the service's own description, valid and invalid, sent to a running ``mien serve``.

    pip install schemathesis        (in an environment of its own, if you like: --schemathesis names its command)
    python tools/try_service.py --examples 50 --out benchmarks/results/service.json

Every answer must have a status, a type and a content that the description knows, and none may be an error of the
server. It prints what was tried and what failed; the exit code is 1 where something did.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ANSWER_WITHIN_S = 60  # of a busy machine
SETTINGS = """
[checks]
negative_data_rejection.expected-statuses = [400, 405, 408, 413, 415, 422]
positive_data_acceptance.expected-statuses = ["2xx", 422]  # no schema says which bytes are a picture
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--examples", type=int, default=50, help="at most, per operation, beside the boundary cases")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--schemathesis", default="schemathesis", help="its command")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if shutil.which(arguments.schemathesis) is None:
        sys.exit(f"There is no command {arguments.schemathesis!r}; type: pip install schemathesis")
    with tempfile.TemporaryDirectory() as folder, served() as address:
        found = tried(arguments.schemathesis, address, arguments.examples, arguments.seed, Path(folder) / "report.json")
    cases = found["test_cases"]
    print(
        f"schemathesis {found['schemathesis_version']}, seed {found['seed']}: {found['operations']['tested']} of "
        f"{found['operations']['total']} operations, {cases['generated']} requests; {cases['with_failures']} failed, "
        f"{cases['errored']} were not answered"
    )
    for finding in (*found["failures"], *found["errors"]):
        print(f"  {finding['title']}: {finding['count']} ({', '.join(finding.get('operations', []))})")
    if arguments.out:
        kept = ("schemathesis_version", "seed", "operations", "test_cases", "failures", "errors")
        arguments.out.write_text(json.dumps({name: found[name] for name in kept}, indent=1) + "\n")
    sys.exit(found["exit_code"])


def tried(command: str, address: str, examples: int, seed: int, report: Path) -> dict[str, Any]:
    """What schemathesis reports; its own lines, which show how to repeat a failure, go to the terminal."""
    (report.parent / "schemathesis.toml").write_text(SETTINGS)
    subprocess.run(
        [
            *(command, "run", f"{address}/openapi.json", "--max-examples", str(examples), "--seed", str(seed)),
            *("--request-timeout", str(ANSWER_WITHIN_S), "--continue-on-failure"),
            *("--suppress-health-check", "too_slow"),  # of making requests up, on a busy machine
            *("--report", "json", "--report-json-path", str(report)),
        ],
        check=False,  # its report says so
        cwd=report.parent,  # where it looks for its settings, and keeps what it remembers between runs
    )
    if not report.exists():
        sys.exit("schemathesis made no report: see above")
    found: dict[str, Any] = json.loads(report.read_text())
    return found


@contextmanager
def served() -> Iterator[str]:
    """The address of a service on a free port, with the shipped network."""
    command = [sys.executable, "-m", "mien.cli", "serve", "--port", "0"]
    with tempfile.TemporaryFile() as log, subprocess.Popen(command, stdout=log, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        try:
            first = process.stderr.readline().decode()
            ready = re.search(r"http://\S+(?=;)", first)
            if ready is None:
                sys.exit(f"mien serve did not start: {first}")
            yield ready[0]
        finally:
            process.terminate()
            process.stderr.read()


if __name__ == "__main__":
    main()
