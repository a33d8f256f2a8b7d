"""A protocol as text: for ``mien score PROTOCOL`` and docs/protocols.md."""

from textwrap import fill

from mien.protocols.base import ScoringProtocol


def section(protocol: ScoringProtocol) -> str:
    """What a protocol scores, as a section in Markdown."""
    facts = {
        "Source": protocol.source,
        "Rows": protocol.split + _default(protocol),
        "Labels": "; ".join(f"`{task}` {', '.join(names)}" for task, names in protocol.labels.items()),
        "Thresholds": _thresholds(protocol),
        "Averaging": protocol.averaging,
        "Scorer": protocol.scorer,
    }
    lines = [f"## `{protocol.name}`", "", f"{protocol.title}.", ""]
    lines += [_item(what, text) for what, text in facts.items() if text]
    lines += ["", *_figures(protocol)]
    return "\n".join(lines).rstrip() + "\n"


def _item(what: str, text: str) -> str:
    line = f"- **{what}.** {text[0].upper()}{text[1:]}."
    return fill(line, 120, subsequent_indent="  ", break_on_hyphens=False, break_long_words=False)


def _default(protocol: ScoringProtocol) -> str:
    parts = [f"`split` {' or '.join(protocol.splits)}"] if protocol.splits else []
    parts += [f"a column `{protocol.fold}` says which fold tests a row"] if protocol.fold else []
    return f" ({'; '.join(parts)})" if parts else ""


def _thresholds(protocol: ScoringProtocol) -> str:
    if "au" not in protocol.labels:
        return ""
    truth = f"; the truth is present from intensity {protocol.present_from:g}" if protocol.present_from else ""
    return f"a probability of 0.5 or more is present, decisions of 0 and 1 are taken as they are{truth}"


def _figures(protocol: ScoringProtocol) -> list[str]:
    if not protocol.figures:
        return ["No published figure is given here: none was checked at its source."]
    rows = [f"| {figure.who} | {figure.value} | {_source(figure.source)} |" for figure in protocol.figures]
    return ["| published | figure | source |", "|---|---|---|", *rows]


def _source(text: str) -> str:
    """An arXiv number with its name before it."""
    return f"arXiv {text}" if text[:4].isdigit() else text
