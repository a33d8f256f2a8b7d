"""What an independent network says of generated faces: do they show their labels, do they look like real ones."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from mien.data.prepare import Faces, Progress, prepare, silent
from mien.data.store import Store
from mien.data.table import LabelTable
from mien.errors import MienError
from mien.faces.locate import finder
from mien.generation.features import Extractor, judges_own, of_onnx
from mien.generation.make import FaceGenerator
from mien.labels import CLASS_TASKS, LabelSet
from mien.metrics.generated import frechet_distance, kernel_distance, nearest, spread
from mien.metrics.scores import Score, to_records
from mien.models.affect import AffectModel
from mien.models.checkpoint import load, read_info
from mien.models.shipped import run_folder
from mien.preprocessing import Image
from mien.training.evaluate import Predictions, predictions_on

CLOSE = 0.01  # quantile of the real faces' distances below which a generated face counts as a copy
PAIRS = 8
FEWEST = 50  # faces below which distances between distributions mean nothing


@dataclass(frozen=True)
class Likeness:
    """Distances by the judge's features, or another network's; those of real faces to real ones are the floor.

    Attributes:
        frechet, kernel: of generated to real faces; see ``mien.metrics.generated``.
        frechet_floor, kernel_floor: of one half of the real faces to the other.
        spread: mean distance between two generated faces over that between two real ones: 1 is as varied.
        copies: share of the generated faces that lie nearer to a training face than all but 1 % of the real faces,
            which nobody trained on, do: above 0.01 the generator repeats what it has seen.
        faces: generated ones, and as many real ones.
    """

    frechet: float
    frechet_floor: float
    kernel: float
    kernel_floor: float
    spread: float
    copies: float
    faces: int


@dataclass(frozen=True)
class Judgement:
    """What the judge found.

    Attributes:
        real: scores on the real faces of the table.
        made: scores on faces generated for the same rows' labels, against these labels.
        likeness: see there.
        pairs: the generated faces that are nearest to a training face, each with that face: (k, 2, S, S, 3) uint8.
        kept: share of the changed faces that are nearer, by their pixels, to the face that they were made of than to
            any other face of the split; None where faces were made from noise.
    """

    real: list[Score]
    made: list[Score]
    likeness: Likeness
    pairs: Image
    kept: float | None = None

    def record(self) -> dict[str, object]:
        """As JSON, without the pictures."""
        return {
            "real": to_records(self.real),
            "made": to_records(self.made),
            "likeness": asdict(self.likeness),
            "kept": self.kept,
        }


def judge(
    run: str | Path,
    table: LabelTable,
    by: str | Path = "default",
    *,
    split: str = "val",
    train: str = "train",
    most: int = 2000,
    seed: int = 0,
    features: str | Path | None = None,
    edited: bool = False,
    progress: Progress = silent,
) -> Judgement:
    """Generate a face for the labels of every row of a split, and let another network read them.

    Args:
        run: folder with a generator.
        table: real faces with labels, none of whose rows in ``split`` trained the generator.
        by: the judge: a run's folder, or ``default``. It must not be the run's own discriminator.
        split, train: of the table: real faces to compare with, and those that the generator may have copied.
        most: rows of each split that are used, drawn by ``seed``.
        seed: of the rows and of the people.
        features: an ONNX file by whose features faces are compared, such as Inception's; see ``generation.features``.
        edited: give each row's labels to the face of another row of the split, drawn by ``seed``, instead of to noise.
        progress: wraps the preparation of faces in a progress bar.

    Raises:
        MienError: the judge is the discriminator, or the splits hold too few faces or no label that both know.
    """
    judge_folder, generator = run_folder(by), FaceGenerator(run)
    model, info = load(judge_folder)
    if not isinstance(model, AffectModel):
        raise MienError(f"{by} is an ensemble; a judge is one network, whose features tell faces apart")
    if info.weights_sha256 == read_info(run).weights_sha256:
        raise MienError(f"{by} is the discriminator that {run} was trained against; give a network trained without it")
    faces = Faces(
        table,
        "real",
        model.spec.labels,
        model.spec.preprocessing,
        {"split": split},
        unlabelled=True,
        find=finder(model.spec.preprocessing),
    )
    real = _some(prepare(faces, progress), most, seed)
    told = _some(prepare(replace(faces, labels=generator.labels), progress), most, seed)
    known = _some(prepare(replace(faces, where={"split": train}), progress), most, seed)
    if min(len(real), len(known)) < FEWEST:
        raise MienError(f"{table.name}: {len(real)} faces in {split!r} and {len(known)} in {train!r}; need {FEWEST}")
    if edited:
        cut = read_info(run).spec.preprocessing
        given = replace(faces, labels=generator.labels, preprocessing=cut, find=finder(cut))
        makes, kept = _edited(generator, _some(prepare(given, progress), most, seed), told, cut.size, seed)
    else:
        makes, kept = list(generator.for_labels(told.labels.target, told.labels.mask, seed)), None
    size = model.spec.preprocessing.size
    made = replace(real, images=_sized(makes, real.images.shape[3], size))
    extract = of_onnx(features) if features else judges_own(model)
    likeness, pairs = _likeness(extract, *(_unpadded(store.images, size) for store in (real, made, known)))

    def scores(store: Store) -> list[Score]:
        found = predictions_on(model, model.spec, faces, info.thresholds, store)
        return _told_only(found, told, generator.labels).score()

    return Judgement(scores(real), scores(made), likeness, pairs, kept)


def _some(store: Store, most: int, seed: int) -> Store:
    """At most so many faces of a store, the same rows for every label set."""
    order = np.random.default_rng(seed).permutation(len(store))[:most]
    index = np.sort(order)
    return Store(store.name, store.images[index], store.labels.take(index), store.rows[index], store.skipped)


def _unpadded(images: Image, size: int) -> Image:
    pad = (images.shape[1] - size) // 2
    return images[:, pad : pad + size, pad : pad + size]


def _edited(generator: FaceGenerator, given: Store, told: Store, size: int, seed: int) -> tuple[list[Image], float]:
    """Faces of the split in another order, with the labels of the rows whose place they take; ``Judgement.kept``."""
    own = np.broadcast_to(_unpadded(given.images, size), (len(given), size, size, 3))
    sources = np.random.default_rng(seed).permutation(len(given))
    faces = list(generator.edited_to_labels(own[sources], told.labels.target, told.labels.mask))
    pixels = [np.reshape(pictures, (len(given), -1)).astype(np.float32) for pictures in (faces, own)]
    return faces, float((nearest(*pixels)[1] == sources).mean())


def _sized(faces: Iterable[Image], channels: int, size: int) -> npt.NDArray[np.uint8]:
    """(n, size, size, channels) of generated faces."""
    sized = [cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA) for face in faces]
    return np.stack(sized)[..., :channels].astype(np.uint8)


def _told_only(found: Predictions, told: Store, labels: LabelSet) -> Predictions:
    """What the generator was not told is not scored. Rows that no annotator labelled are in ``told`` alone."""
    scored = np.isin(told.rows, found.rows)
    mask = {}
    for task, given in found.mask.items():
        known = told.labels.mask.get(task, np.zeros((len(told), 0), bool))[scored]
        if task in CLASS_TASKS:
            mask[task] = given & known.any(axis=1)
            continue
        names = labels.get(task, ())
        columns = [known[:, names.index(n)] if n in names else np.zeros(len(known), bool) for n in found.labels[task]]
        mask[task] = given & np.stack(columns, axis=1)
    return replace(found, mask=mask)


def _likeness(extract: Extractor, real: Image, made: Image, known: Image) -> tuple[Likeness, Image]:
    of_real, of_made, of_known = map(extract, (real, made, known))
    half = len(of_real) // 2
    odd, even = of_real[: 2 * half : 2], of_real[1 : 2 * half : 2]
    limit = np.quantile(nearest(of_real, of_known)[0], CLOSE)
    distance, partner = nearest(of_made, of_known)
    likeness = Likeness(
        frechet=frechet_distance(odd, of_made[:half]),  # at the same number of faces as the floor
        frechet_floor=frechet_distance(odd, even),
        kernel=kernel_distance(of_real, of_made),
        kernel_floor=kernel_distance(odd, even),
        spread=spread(of_made) / spread(of_real),
        copies=float((distance < limit).mean()),
        faces=len(made),
    )
    closest = np.argsort(distance)[:PAIRS]
    sides = (made[closest], known[partner[closest]])
    return likeness, np.stack([np.broadcast_to(side, (*side.shape[:3], 3)) for side in sides], axis=1).astype(np.uint8)
