"""Tables to and from other tools' formats. ``FORMATS`` names them all; one file per format."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from mien.data.interchange import fiftyone, hugging_face, label_studio, webdataset
from mien.data.read_faults import ReadFault
from mien.data.table import LabelTable


class Format(NamedTuple):
    """A format of another tool.

    Attributes:
        export: write a table into a folder; what was left out.
        convert: from a file or folder to a label table at a path; number of rows, and what was not as it should be.
        description: what is written, in one line.
    """

    export: Callable[[LabelTable, Path], list[ReadFault]]
    convert: Callable[[Path, Path], tuple[int, list[ReadFault]]]
    description: str


FORMATS = {
    "huggingface": Format(
        hugging_face.export, hugging_face.convert, "Hugging Face datasets: Parquet files for load_dataset(FOLDER)"
    ),
    "webdataset": Format(webdataset.export, webdataset.convert, "WebDataset: tar shards of pictures and JSON"),
    "fiftyone": Format(
        fiftyone.export, fiftyone.convert, "FiftyOne: data and labels.json (FiftyOneImageClassificationDataset)"
    ),
    "labelstudio": Format(
        label_studio.export, label_studio.convert, "Label Studio: tasks.json and the interface, config.xml"
    ),
}
