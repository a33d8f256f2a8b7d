"""The one object to start from: pictures and videos in, ``Faces`` out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from mien.errors import ImageError, MienError
from mien.faces.detect import SURE, Detections, Detector, is_refiner, make_detector
from mien.faces.follow import Follower
from mien.faces.locate import locate
from mien.images import Encoded, read_image
from mien.inference.base import FEATURES
from mien.inference.flow import ahead, in_batches
from mien.inference.predictor import Predictor, load_predictor
from mien.inference.results import NO_FACE, OK, UNTIMED, Faces
from mien.inference.smooth import smoothed
from mien.inference.through_time import Seen, through_time
from mien.inference.video import Frame, read_video, read_webcam
from mien.models.postprocess import Smoothing
from mien.preprocessing import Image
from mien.sessions import OPENVINO

if TYPE_CHECKING:
    import pyarrow as pa

F = TypeVar("F", Frame, "_Searched")

BATCH = 32  # faces through the network at once
DECODED_AHEAD = 4  # pictures
HELD_PIXELS = 50_000_000  # of pictures that wait for the network: what bounds memory on large frames
FRAMES_HANDED_ON = 8  # of a video, from stage to stage: a hand-over costs as much as half a stage's work on a frame
PIXELS_HANDED_ON = 8_000_000  # in one hand-over
FOLLOWED_AHEAD = BATCH // FRAMES_HANDED_ON  # hand-overs: the search goes on while the network reads a batch


@dataclass(frozen=True)
class _Searched:
    """A picture after the detector, with its faces cut for the network."""

    picture: Image | None
    index: tuple[int, float]
    found: Detections
    tracks: npt.NDArray[np.int64]
    crops: npt.NDArray[np.uint8]
    path: str = ""
    status: str = OK

    @property
    def pixels(self) -> int:
        """What it holds in memory."""
        return 0 if self.picture is None else self.picture.shape[0] * self.picture.shape[1]


class Analyzer:
    """Finds faces and reads expressions, action units, valence and arousal from them.

    Args:
        model: the shipped model when None; an ONNX file of ``mien export``; the folder of a run; or a ``Predictor``.
        device: ``cpu``, ``cuda`` or ``openvino``; the best of the first two when None. One that is not there raises.
        threads: of the processor, for one network at a time; half of the cores when None.
        detector: ``mtcnn``, the path of a YuNet model (``.onnx``), or an object with ``detect(images)``; see
            ``mien.faces.detect.Detector``.
        min_face: side in pixels of the smallest face to look for.
        all_units: report also the action units that the model reads too badly (its ``withheld``).

    Raises:
        MienError: no such model, device or detector.

    >>> from mien import Analyzer
    >>> faces = Analyzer("model.onnx").image("photo.jpg")  # doctest: +SKIP
    >>> faces.top(), faces.va.round(2)  # doctest: +SKIP
    """

    def __init__(
        self,
        model: str | Path | Predictor | None = None,
        device: str | None = None,
        threads: int | None = None,
        *,
        detector: str | Detector = "mtcnn",
        min_face: int = 40,
        all_units: bool = False,
    ) -> None:
        self.predictor = model if isinstance(model, Predictor) else load_predictor(model, device, threads)
        info = self.predictor.info
        self.labels = info.spec.labels if all_units else info.reported
        self._cut = self.predictor.info.spec.preprocessing
        self._detector, self._min_face = detector, min_face
        self._threads = threads

    @property
    def schema(self) -> "pa.Schema":
        """The columns of its tables."""
        from mien.inference.table import schema  # Arrow takes 60 MB, which reading a picture does without

        return schema(self.labels, self.predictor.info.conformal)

    def nobody(self, **about: Any) -> Faces:
        """No faces, as it would give them; see ``Faces.none``."""
        info = self.predictor.info
        return Faces.none(self.labels, thresholds=info.thresholds, conformal=info.conformal, **about)

    @cached_property
    def detector(self) -> Detector:
        """What finds faces; loaded on first use, since crops do without."""
        if not isinstance(self._detector, str):
            return self._detector
        device = "cpu" if self.predictor.device == OPENVINO else self.predictor.device
        return make_detector(self._detector, min_face=self._min_face, threads=self._threads, device=device)

    def image(self, picture: str | Path | Image) -> Faces:
        """The faces of one photo, largest score first as the detector gives them.

        Args:
            picture: path of a file, or (H, W, 3) RGB or (H, W) grey, uint8.

        Raises:
            ImageError: the file cannot be read, or the array is no picture.
        """
        path = "" if isinstance(picture, np.ndarray) else str(picture)
        image = as_rgb(picture) if isinstance(picture, np.ndarray) else read_image(picture)
        return next(self._predicted([self._search(image, path)]))[1]

    def images(self, sources: Iterable[str | Path | Encoded]) -> Iterator[Faces]:
        """The faces of many photos, one ``Faces`` per source in their order.

        A file that cannot be read gives ``Faces`` of length 0 whose ``status`` says why. Reading, searching and the
        network work at the same time, and faces of several photos go through the network together.

        Args:
            sources: paths of files, or pictures in memory with their names.
        """
        read = ahead(map(_read_or_reason, sources), DECODED_AHEAD)
        searched = ahead((self._search_or_reason(path, image) for path, image in read), BATCH)
        for _, faces in self._predicted(searched):
            yield faces

    def crops(self, pictures: Sequence[Image]) -> Faces:
        """Pictures that already are faces, however tightly they are cut: one row a crop, in order; no search.

        A model that learned from upright faces gets them upright here, too: eyes, nose and mouth are looked for, and
        the crop is turned and scaled by them. ``score`` then says how much it looks like a face. One in which none is
        found is taken whole and has no landmarks (NaN).

        Args:
            pictures: (H, W, 3) RGB or (H, W) grey, uint8, of any sizes.
        """
        if not len(pictures):
            return self.nobody()
        rgb = [as_rgb(picture) for picture in pictures]
        sizes = np.array([picture.shape[1::-1] for picture in rgb], np.float32)  # width, height
        n = len(rgb)
        score, landmarks = self._points(rgb)
        cut = [
            self._cut.crop(picture, landmarks=None if np.isnan(points).any() else points)
            for picture, points in zip(rgb, landmarks, strict=True)
        ]
        return Faces(
            labels=self.labels,
            values=self._outputs(np.stack(cut)),
            xyxy=np.concatenate([np.zeros_like(sizes), sizes], axis=1),
            score=score,
            landmarks=landmarks,
            track_id=np.full(n, -1),
            frame=np.zeros(n, np.int64),
            time_s=np.full(n, np.nan),
            thresholds=self.predictor.info.thresholds,
            conformal=self.predictor.info.conformal,
        )

    def _points(self, pictures: Sequence[Image]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Score (n,) and landmarks (n, 5, 2) of crops; NaN where there are none, or the model needs none."""
        score = np.full(len(pictures), np.nan, np.float32)
        landmarks = np.full((len(pictures), 5, 2), np.nan, np.float32)
        if self._cut.align and is_refiner(self.detector):
            for row, picture in enumerate(pictures):
                found = locate(self.detector, picture)
                score[row] = found.score[0]
                if found.score[0] >= SURE:
                    landmarks[row] = found.landmarks[0]
        return score, landmarks

    def video(self, source: str | Path | int, *, every: int = 1, smooth_s: float | None = None) -> Iterator[Faces]:
        """The faces of a video, one ``Faces`` per frame in order, with times and the same number for the same person.

        Memory does not grow with the length. Decoding, searching and the network work at the same time, and faces of
        several frames go through the network together. A model of clips reads each person's frames in its windows, and
        so gives a frame's faces later, by about a window and a gap; of a camera at once, from the frames so far.

        Args:
            source: path of a video file, or the number of a camera.
            every: look at every n-th frame only.
            smooth_s: time constant of smoothing per person, in seconds; see ``Smoother``. None does what the model
                says (``info.smoothing``), which mostly is nothing.

        Raises:
            VideoError: as ``read_video``; after the frames that could be decoded.
        """
        for _, faces in self.frames(source, every=every, smooth_s=smooth_s):
            yield faces

    def frames(
        self, source: str | Path | int, *, every: int = 1, smooth_s: float | None = None
    ) -> Iterator[tuple[Frame, Faces]]:
        """As ``video``, with each frame beside its faces."""
        if every < 1:
            raise MienError(f"every = {every}; expected 1 for all frames, 2 for every other, ...")
        live = isinstance(source, int)
        decoded = read_webcam(source) if isinstance(source, int) else read_video(source)
        wanted = (frame for frame in decoded if frame.index % every == 0)
        followed = self._follow(ahead(wanted, 1) if live else _ahead(wanted, 1), "" if live else str(source))
        how = self.predictor.info.smoothing
        if smooth_s is not None:  # which ``Smoother`` checks
            how = Smoothing.model_construct(kernel="past", width_s=smooth_s)
        searched = followed if live else _ahead(followed, FOLLOWED_AHEAD)
        most = 1 if live else BATCH
        in_time = self.predictor.over_time is not None
        found = self._through_time(searched, most, live) if in_time else self._predicted(searched, most)
        for image, faces in smoothed(found, how, live) if how else found:
            assert image is not None  # frames are always kept
            yield Frame(*faces.index, image), faces

    def _follow(self, frames: Iterable[Frame], path: str) -> Iterator[_Searched]:
        follower = Follower(self.detector)
        for frame in frames:
            found, tracks = follower.update(frame.time_s, frame.image)
            yield self._cut_out(frame.image, found, tracks, (frame.index, frame.time_s), path)

    def _search(self, image: Image, path: str) -> _Searched:
        found = self.detector.detect([image])[0]
        searched = self._cut_out(image, found, np.full(len(found), -1), UNTIMED, path)
        return replace(searched, picture=None)  # large photos do not wait for the network

    def _search_or_reason(self, path: str, image: Image | ImageError) -> _Searched:
        if isinstance(image, np.ndarray):
            return self._search(image, path)
        nobody = np.zeros(0, np.int64)
        return _Searched(None, UNTIMED, Detections.empty(), nobody, self._no_crops, path, f"error: {image}")

    @property
    def _no_crops(self) -> npt.NDArray[np.uint8]:
        return np.zeros((0, self._cut.size, self._cut.size, 1 if self._cut.grey else 3), np.uint8)

    def _cut_out(
        self, image: Image, found: Detections, tracks: npt.NDArray[np.int64], index: tuple[int, float], path: str
    ) -> _Searched:
        faces = zip(found.xyxy, found.landmarks, strict=True)
        crops = [self._cut.crop(image, xyxy, landmarks=points) for xyxy, points in faces]
        stacked = np.stack(crops) if crops else self._no_crops
        return _Searched(image, index, found, tracks, stacked, path, OK if crops else NO_FACE)

    def _predicted(self, searched: Iterable[_Searched], most: int = BATCH) -> Iterator[tuple[Image | None, Faces]]:
        """What the network says of each picture's faces."""
        for one, values in _dealt(searched, most, self._outputs):
            yield one.picture, self._faces(one, values)

    def _through_time(
        self, searched: Iterable[_Searched], most: int, live: bool
    ) -> Iterator[tuple[Image | None, Faces]]:
        """As ``_predicted``, by a model that reads a person's frames together."""
        for one, values in through_time(self._seen(searched, most), self.predictor, at_once=live):
            yield one.picture, self._faces(one, self._reported(values) if values else self.nobody().values)

    def _seen(self, searched: Iterable[_Searched], most: int) -> Iterator[Seen[_Searched]]:
        for one, seen in _dealt(searched, most, self._features):
            yield Seen(one, one.index[1], one.tracks.tolist(), seen[FEATURES])

    def _features(self, crops: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[Any]]:
        return {FEATURES: self.predictor.features(crops) if len(crops) else np.empty((0, 0), np.float32)}

    def _outputs(self, crops: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[Any]]:
        """What the network says of cut faces, without what is withheld."""
        if not len(crops):
            return self.nobody().values
        return self._reported(self.predictor(crops))

    def _reported(self, values: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        everything = self.predictor.info.spec.labels
        return {
            task: values[task]
            if names == everything[task]
            else values[task][:, [everything[task].index(name) for name in names]]
            for task, names in self.labels.items()
        }

    def _faces(self, one: _Searched, values: dict[str, npt.NDArray[Any]]) -> Faces:
        n = len(one.found)
        return Faces(
            labels=self.labels,
            values=values,
            xyxy=one.found.xyxy,
            score=one.found.score,
            landmarks=one.found.landmarks,
            track_id=one.tracks,
            frame=np.full(n, one.index[0]),
            time_s=np.full(n, one.index[1]),
            thresholds=self.predictor.info.thresholds,
            conformal=self.predictor.info.conformal,
            path=one.path,
            status=one.status,
            index=one.index,
        )


def _dealt(
    searched: Iterable[_Searched], most: int, read: Callable[[npt.NDArray[np.uint8]], dict[str, npt.NDArray[Any]]]
) -> Iterator[tuple[_Searched, dict[str, npt.NDArray[Any]]]]:
    """Read the faces of several pictures at once, and deal the answers out again."""
    for group in in_batches(searched, most, HELD_PIXELS, lambda one: one.pixels):
        values, end = read(np.concatenate([one.crops for one in group])), 0
        for one in group:
            start, end = end, end + len(one.crops)
            yield one, {name: array[start:end] for name, array in values.items()}


def _ahead(frames: Iterable[F], hand_overs: int) -> Iterator[F]:
    """As ``ahead``, but several frames are handed on at once, so many as memory allows."""
    groups = in_batches(frames, FRAMES_HANDED_ON, PIXELS_HANDED_ON, lambda one: one.pixels)
    return chain.from_iterable(ahead(groups, hand_overs))


def as_rgb(picture: npt.NDArray[Any]) -> Image:
    """An array as (H, W, 3) RGB; grey becomes three equal channels, a fourth channel (alpha) is dropped.

    Raises:
        ImageError: not uint8, another shape, or no pixels.
    """
    array = np.asarray(picture)
    if array.dtype != np.uint8:
        raise ImageError(f"a picture array has the type {array.dtype}; expected uint8, 0-255: scale and convert it")
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4) or not array.size:
        raise ImageError(f"a picture array has the shape {picture.shape}; expected (H, W, 3) RGB or (H, W) grey")
    return np.repeat(array, 3, axis=2) if array.shape[2] == 1 else np.ascontiguousarray(array[..., :3])


def _read_or_reason(source: str | Path | Encoded) -> tuple[str, Image | ImageError]:
    name, data = (source.name, source.content) if isinstance(source, Encoded) else (str(source), str(source))
    try:
        return name, read_image(data, name)
    except ImageError as error:
        return name, error
