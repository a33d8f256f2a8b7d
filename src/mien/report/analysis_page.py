"""A table of analysed faces as one HTML page that needs nothing beside it."""

from pathlib import Path
from typing import NamedTuple

import pandas as pd
from jinja2 import Environment, PackageLoader, Template, select_autoescape

from mien.analysis.overview import Overview, overview
from mien.analysis.table import Person, faces_of, labels_in, people_in, videos_of
from mien.files import atomic_write
from mien.report.sections import Plot, Section, Sketchbook, pair_sections, person_section, photo_section
from mien.report.shares import shares_by_person
from mien.report.thumbnails import Thumbnails, cut_thumbnails
from mien.report.timeline import clock

PEOPLE = 12  # shown in full: those seen longest
FAILURES = 20
TASK_NAMES = {
    "expression": "expressions",
    "au": "action units",
    "au_intensity": "AU intensities",
    "va": "valence/arousal",
}


class Written(NamedTuple):
    """What a page holds: its path, what the table holds, how many plots, and files that gave no thumbnail and why."""

    path: Path
    overview: Overview
    plots: int
    missing: dict[str, str]


def write_analysis_page(
    table: pd.DataFrame,
    out: Path,
    title: str = "Faces",
    folder: Path = Path(),
    thumbnails: bool = True,
    plots: Path | None = None,
) -> Written:
    """Write the report of an analysis table.

    Args:
        table: as ``mien.analysis.table.read_analysis`` gives it.
        out: the HTML file.
        title: heading of the page.
        folder: where relative paths of pictures may start, besides the working folder: that of the table.
        thumbnails: put faces into the page; without them nobody can be recognised.
        plots: folder for each plot as PNG and SVG.

    Raises:
        MienError: a file cannot be written.
    """
    book = Sketchbook(plots)
    everyone = people_in(table)
    people = dict(list(everyone.items())[:PEOPLE])
    numbers = {person: number for number, person in enumerate(people, start=1)}
    top = _by_person(people, numbers, book)
    sections = [person_section(person, rows, numbers[person], book) for person, rows in people.items()]
    sections += pair_sections(people, numbers, book)
    photos = faces_of(table)
    photos = photos[~photos["path"].isin(videos_of(table))]
    if len(photos):
        sections.append(photo_section(photos, book))
    pictures = _thumbnails(table, sections, folder) if thumbnails else Thumbnails({}, {})
    counts = overview(table)
    page = _template().render(
        title=title,
        counts=counts,
        failed=list(counts.failed.items())[:FAILURES],
        measured=[
            f"{len(names)} {TASK_NAMES[task]}" if task != "va" else "valence/arousal"
            for task, names in labels_in(table).items()
        ],
        top=top,
        sections=sections,
        left_out=len(everyone) - len(people),
        thumbnails=thumbnails,
        pictures=pictures.pictures,
        missing=list(pictures.missing.items())[:FAILURES],
        files={
            row: Path(str(table.at[row, "path"])).name for s in sections for m in s.moments.values() for row, *_ in m
        },
    )
    atomic_write(out, page)
    drawn = len(top) + sum(len(section.plots) for section in sections)
    return Written(out, counts, drawn, pictures.missing)


def _template() -> Template:
    environment = Environment(loader=PackageLoader("mien.report"), autoescape=select_autoescape())
    environment.filters["clock"] = clock
    return environment.get_template("analysis.html")


def _by_person(people: dict[Person, pd.DataFrame], numbers: dict[Person, int], book: Sketchbook) -> list[Plot]:
    if len(people) < 2 or not any("expression" in labels_in(rows) for rows in people.values()):
        return []
    named = {f"Person {numbers[person]}": rows for person, rows in people.items()}
    return [book.draw(shares_by_person(named), "people-shares", wide=True)]


def _thumbnails(table: pd.DataFrame, sections: list[Section], folder: Path) -> Thumbnails:
    wanted = {moment.row for section in sections for moments in section.moments.values() for moment in moments}
    return cut_thumbnails(table.loc[sorted(wanted)], folder)
