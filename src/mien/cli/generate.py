"""``mien generate``: faces for labels, from a run with method ``gan``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from mien.generation.make import FaceGenerator
    from mien.generation.strip import Spans
    from mien.preprocessing import Image

PEOPLE = 4  # rows of a strip
COLUMNS = 8  # of a sheet


def generate(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run with method 'gan'.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="A picture (.png .jpg .webp) or a label table (.parquet) to write.")
    ],
    expression: Annotated[str | None, typer.Option(help="Such as happiness.")] = None,
    compound: Annotated[str | None, typer.Option(help="Such as happily_surprised.")] = None,
    au: Annotated[
        list[str], typer.Option(help="AU12=4: an intensity 0-5; AU12=0..5: in steps from one to the other. Repeat it.")
    ] = [],  # noqa: B006
    valence: Annotated[str | None, typer.Option(help="-1 to 1, or in steps: -0.8..0.8.")] = None,
    arousal: Annotated[str | None, typer.Option(help="Likewise.")] = None,
    count: Annotated[int, typer.Option("--n", help="Faces; steps, where a value is a span.", min=1)] = 16,
    photo: Annotated[Path | None, typer.Option("--from", help="Change the face in this photo instead.")] = None,
    table: Annotated[Path | None, typer.Option(help="A face for the labels of every row of this table.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed makes other people.", min=0)] = 0,
) -> None:
    """Make faces that show given labels; what is not given is left to the generator.

        mien generate runs/gan --expression happiness --au AU12=4 --n 64 -o grid.png

        mien generate runs/gan --au AU12=0..5 --n 8 -o strip.png        (.webp: an animation)

        mien generate runs/gan --from photo.jpg --au AU01=0..5 --n 8 -o strip.png

        mien generate runs/gan --expression fear --n 500 -o fear.parquet

        mien generate runs/gan --table labels.parquet -o faces.parquet

    The faces show nobody. A table of them says in its notes that they are generated; train with them, never test.
    """
    from mien.cli.needs import need_training

    need_training()
    from mien.errors import MienError
    from mien.generation.make import FaceGenerator
    from mien.generation.strip import moves

    spans = _spans(au, {"expression": expression, "compound": compound}, {"valence": valence, "arousal": arousal})
    generator = FaceGenerator(run)
    if out.suffix == ".parquet":
        rows = _table(generator, spans, count, table, out, seed)
        typer.echo(f"{out}: {rows} generated faces. Next: mien table summarise {out}")
        return
    if table is not None:
        raise MienError(f"--table writes a label table, and {out} is none; give --out a name that ends in .parquet")
    _picture(_rows(generator, run, spans, count, photo, seed), out, moves(spans))
    typer.echo(f"{out}")


def _spans(au: list[str], words: dict[str, str | None], numbers: dict[str, str | None]) -> "Spans":
    """What the options say."""
    from mien.errors import MienError
    from mien.generation.strip import number_or_span

    spans: dict[str, str | float | tuple[float, float]] = {name: word for name, word in words.items() if word}
    for text in au:
        name, equals, value = text.partition("=")
        if not equals:
            raise MienError(f"--au {text}: expected for example AU12=4 or AU12=0..5")
        spans[name] = number_or_span(value, name)
    return spans | {name: number_or_span(text, name) for name, text in numbers.items() if text is not None}


def _table(generator: "FaceGenerator", spans: "Spans", count: int, table: Path | None, out: Path, seed: int) -> int:
    from mien.cli.bars import bar
    from mien.data.table import LabelTable
    from mien.generation.strip import steps
    from mien.generation.table import write_for_request, write_for_table

    if table is not None:
        return write_for_table(generator, LabelTable(table), out, seed, bar)
    return write_for_request(generator, steps(spans, 1)[0], count, out, seed)


def _rows(
    generator: "FaceGenerator", run: Path, spans: "Spans", count: int, photo: Path | None, seed: int
) -> "list[tuple[str, list[Image]]]":
    """The faces of a sheet, row by row: a strip per person, or as many people as asked."""
    from mien.generation.photo import face_of
    from mien.generation.strip import moves, steps

    if photo is not None:
        face = face_of(photo, run)
        return [("", [face, *(generator.edited(face, asked) for asked in steps(spans, count if moves(spans) else 1))])]
    if moves(spans):
        columns = [generator.faces(asked, PEOPLE, seed) for asked in steps(spans, count)]
        return [("", [column[i] for column in columns]) for i in range(PEOPLE)]
    faces = list(generator.faces(steps(spans, 1)[0], count, seed))
    return [("", faces[start : start + COLUMNS]) for start in range(0, count, COLUMNS)]


def _picture(rows: "list[tuple[str, list[Image]]]", out: Path, moving: bool) -> None:
    from mien.generation.sheet import sheet, write_animation
    from mien.images import write_picture

    if moving and out.suffix == ".webp":
        write_animation(out, [sheet([("", [faces[i]]) for _, faces in rows]) for i in range(len(rows[0][1]))])
    else:
        write_picture(out, sheet(rows))
