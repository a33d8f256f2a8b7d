"""What the source must not contain, beyond tests/test_architecture.py: ways to run a stranger's bytes."""

import ast

from test_architecture import FILES, IMPORTS, SOURCE, TREES, calls, part_of

RUNS_CODE = {
    *("os.system", "os.popen", "os.execv", "os.execvp", "os.spawnv", "os.startfile"),
    *("torch.hub.load", "torch.jit.load", "torch.package.PackageImporter"),
    *("pd.read_pickle", "pandas.read_pickle", "yaml.load", "yaml.unsafe_load", "runpy.run_path", "runpy.run_module"),
}
UNPACKS = {"extract", "extractall", "unpack_archive"}
NETWORK = {"socket", "urllib", "http", "ftplib", "smtplib", "requests", "httpx", "aiohttp", "huggingface_hub"}
MAY_LISTEN = {"serve", "web"}


def test_no_call_runs_code_or_a_shell() -> None:
    found = [where for path in FILES for name, _, where in calls(path) if name in RUNS_CODE]
    shells = [
        where
        for path in FILES
        for name, call, where in calls(path)
        if any(k.arg == "shell" and ast.unparse(k.value) != "False" for k in call.keywords)
    ]
    assert found == [] and shells == []


def test_no_program_is_started() -> None:
    assert [path for path, names in IMPORTS.items() if "subprocess" in names] == []


def test_no_archive_is_unpacked() -> None:
    """The way out of a folder is a name in an archive; mien reads none."""
    assert [where for path in FILES for name, _, where in calls(path) if name.rpartition(".")[2] in UNPACKS] == []


def test_loaders_are_called_by_their_full_name() -> None:
    """``from torch import load`` would pass the tests that look for ``torch.load``."""
    hidden = [
        f"{path.relative_to(SOURCE)}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and not str(node.module).startswith("mien")
        for alias in node.names
        if alias.name in ("load", "loads", "save", "system", "popen", "eval", "exec")
    ]
    assert hidden == []


def test_only_the_service_and_the_pages_know_a_network() -> None:
    outside = {
        str(path.relative_to(SOURCE)): sorted(used)
        for path, names in IMPORTS.items()
        if part_of(path) not in MAY_LISTEN and (used := {name.split(".")[0] for name in names} & NETWORK)
    }
    assert outside == {}


def test_modules_are_imported_by_names_of_our_own() -> None:
    """``import_module`` with a name from a file would be code from a file."""
    named = {
        where: ast.unparse(call.args[0])
        for path in FILES
        for name, call, where in calls(path)
        if name in ("import_module", "importlib.import_module")
    }
    assert set(named.values()) <= {"_WHERE[name]", "'openvino'", "'torchjd.aggregation'"}, named
