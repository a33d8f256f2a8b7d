"""Fuzz the readers of foreign files with atheris: tables, recipes, annotation files, pictures.

    python tools/fuzz.py                              every target for a minute each
    python tools/fuzz.py image csv --seconds 600      some of them for longer
    python tools/fuzz.py image --replay crash-1234    one input again, with its traceback

Coverage of mien's own code guides the inputs. Only a sentence of ``MienError`` may come out. Another exception is a
finding: its input is kept in ``--findings``, one for each place in the code. An input of more than ten seconds and a
process of more than two GB are findings, too, and end the run of their target. Exit code 1 where there were any.
Needs ``pip install atheris`` (Linux).
"""

import argparse
import re
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

TARGETS = ("image", "table", "csv", "recipe", "model", "annotations", "outputs")
TIMEOUT_S, MEMORY_MB, LONGEST = 10, 2048, 16384


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", default=TARGETS, help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--findings", type=Path, default=Path("findings"))
    parser.add_argument("--replay", type=Path)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)  # the child's folder
    arguments = parser.parse_args()
    if arguments.inside:
        run(arguments.targets[0], arguments.seconds, arguments.inside, arguments.findings)
    elif arguments.replay:
        replay(arguments.targets[0], arguments.replay.read_bytes())
    else:
        arguments.findings.mkdir(parents=True, exist_ok=True)
        print("| reader | inputs | paths in the code | peak memory, MB | findings |\n|---|---|---|---|---|")
        bad = [not report(target, arguments.seconds, arguments.findings) for target in arguments.targets]
        sys.exit(any(bad))


def report(target: str, seconds: int, findings: Path) -> bool:
    """Fuzz in a process of its own, since a finding ends it; prints a row, and gives whether it ended well."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        command = [sys.executable, __file__, target, "--seconds", str(seconds), "--inside", folder]
        command += ["--findings", str(findings)]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    inputs = re.findall(r"(?:number_of_executed_units: |^#)(\d+)", done.stderr, re.MULTILINE)
    memory = re.findall(r"rss: (\d+)Mb", done.stderr)
    covered = re.findall(r"ft: (\d+)", done.stderr)
    found = re.findall(r"^finding: .*", done.stderr, re.MULTILINE)
    found += [f"ended with {done.returncode}"] if done.returncode else []
    row = (target, f"{int((inputs or [0])[-1]):,}", (covered or ["?"])[-1], (memory or ["?"])[-1], str(len(found)))
    print(f"| {' | '.join(row)} |", flush=True)
    if found:
        print(*found, sep="\n", file=sys.stderr, flush=True)
        (findings / f"{target}.log").write_text(done.stderr)
    return not found


def run(target: str, seconds: int, folder: Path, findings: Path) -> None:
    """The child: never returns."""
    import atheris

    with atheris.instrument_imports(include=["mien"]):
        import fuzz_targets
    chosen = fuzz_targets.TARGETS[target]
    corpus, work = folder / "corpus", folder / "work"
    for made in (corpus, work):
        made.mkdir()
    for number, seed in enumerate(chosen.seeds):
        (corpus / str(number)).write_bytes(seed)
    fed = chosen.prepare(work)
    limits = [f"-timeout={TIMEOUT_S}", f"-rss_limit_mb={MEMORY_MB}", f"-max_len={LONGEST}"]
    told = [f"-max_total_time={seconds}", f"-artifact_prefix={findings}/{target}-", "-print_final_stats=1"]
    seen: set[str] = set()

    def one(data: bytes) -> None:
        try:
            fuzz_targets.feed(fed, data)
        except Exception as error:
            place = where(error)
            if place not in seen:
                seen.add(place)
                kept = findings / f"{target}-{len(seen)}"
                kept.write_bytes(data)
                print(f"finding: {kept}: {place}: {error}", file=sys.stderr, flush=True)

    atheris.Setup([sys.argv[0], *limits, *told, str(corpus)], one)
    atheris.Fuzz()


def where(error: Exception) -> str:
    """Kind of an exception, and the last line of mien that it came through."""
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if f"{Path('src', 'mien')}" in frame.filename]
    return f"{type(error).__name__} in {Path(lines[-1].filename).name}:{lines[-1].lineno}" if lines else repr(error)


def replay(target: str, data: bytes) -> None:
    """One input, with the traceback of what it does."""
    import fuzz_targets

    with tempfile.TemporaryDirectory() as folder:
        print(fuzz_targets.feed(fuzz_targets.TARGETS[target].prepare(Path(folder)), data) or "read")


if __name__ == "__main__":
    main()
