"""Drawn databases: columns, bounded batches, order independence, clips."""

from itertools import islice, pairwise

import cv2
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from mien.data.columns import TYPES
from mien.data.synthetic import BATCH_ROWS, DRAWN_AUS, SCHEMA, FaceLabels, clips, sample_labels, stills
from mien.data.synthetic.clips import frame_labels
from mien.data.synthetic.records import batches


def decode(data: bytes) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), dtype=np.uint8)


def table(stream: object) -> pa.Table:
    return pa.Table.from_batches(list(stream))  # type: ignore[call-overload]


def test_columns_and_types_are_those_of_a_label_table() -> None:
    made = table(stills([7], per_subject=4, size=32, seed=1))
    assert made.schema == SCHEMA
    assert all(TYPES[name] == made.schema.field(name).type for name in made.column_names if name in TYPES)
    assert {"AU12", "AU12_intensity", "lm_eye_l_x", "lm_mouth_r_y", "yaw_deg", "source"} <= set(made.column_names)
    assert set(made.column("subject").to_pylist()) == {"s0007"}
    for name in ("split", "clip", "frame", "time_s"):
        assert made.column(name).null_count == 4
    for name in ("image", "valence", "arousal", "lm_nose_x", "AU43", "AU43_intensity"):
        assert made.column(name).null_count == 0


def test_present_is_intensity_of_one_or_more() -> None:
    made = table(stills(range(5), per_subject=12, size=32, seed=2))
    for name in DRAWN_AUS:
        intensity = made.column(f"{name}_intensity").to_numpy()
        assert np.array_equal(made.column(name).to_numpy() == 1, intensity >= 1)


def test_a_picture_does_not_depend_on_what_else_is_made() -> None:
    whole = table(stills([1, 2, 3], per_subject=4, size=32, seed=5))
    alone = table(stills([3], per_subject=2, size=32, seed=5))
    assert alone.equals(whole.slice(8, 2))
    assert not table(stills([3], per_subject=2, size=32, seed=6)).equals(alone)
    film = table(clips([1, 2], per_subject=2, frames=3, size=32, seed=5))
    assert table(clips([2], per_subject=2, frames=3, size=32, seed=5)).equals(film.slice(6, 6))


def test_grey_pictures_have_equal_channels_and_colour_ones_do_not() -> None:
    grey, colour = (next(stills([0], 2, 40, seed=3, grey=grey)).column("image").to_pylist() for grey in (True, False))
    for data in grey:
        image = decode(data)
        assert image.shape == (40, 40, 3) and (image == image[..., :1]).all()
    assert any((decode(data) != decode(data)[..., :1]).any() for data in colour)
    assert len(grey[0]) < len(colour[0])


def test_batches_are_bounded_and_made_on_demand() -> None:
    asked = []

    def endless() -> object:
        while True:
            asked.append(1)
            yield {"database": "synthetic"}

    first = list(islice(batches(endless()), 2))  # type: ignore[arg-type]
    assert [batch.num_rows for batch in first] == [BATCH_ROWS, BATCH_ROWS]
    assert len(asked) == 2 * BATCH_ROWS, "no row is made before it is asked for"
    assert next(stills(range(10**6), per_subject=10**6, size=32, seed=0)).num_rows == BATCH_ROWS


def test_a_clip_has_frames_in_time_one_person_and_smooth_motion() -> None:
    made = table(clips([4], per_subject=2, frames=25, size=32, seed=8, fps=12.5)).to_pandas()
    assert made["clip"].unique().tolist() == ["s0004_c000", "s0004_c001"]
    for _, film in made.groupby("clip"):
        assert film["frame"].tolist() == list(range(25))
        assert film["time_s"].tolist() == pytest.approx([i / 12.5 for i in range(25)])
        assert film["yaw_deg"].diff().abs().max() < 6 and film["yaw_deg"].nunique() > 5
        assert film["yaw_deg"].abs().max() <= 30 and film["pitch_deg"].abs().max() <= 15
        blinkless = film[[f"{name}_intensity" for name in DRAWN_AUS if name not in ("AU43", "AU05")]]
        assert blinkless.diff().abs().max().max() < 2.0, "no jumps"
        images = [decode(data).astype(float) for data in film["image"]]
        steps = [np.abs(a - b).mean() for a, b in pairwise(images)]
        assert max(steps) < 40


def smile() -> FaceLabels:
    rng = np.random.default_rng(0)
    while (labels := sample_labels(rng, "prototype")).expression != "happiness":
        pass
    return labels


@pytest.mark.parametrize(
    ("share", "expected"), [(1.0, "happiness"), (0.3, "happiness"), (0.29, None), (0.1, None), (0.09, "neutral")]
)
def test_the_expression_of_a_frame_follows_the_share_of_the_apex(share: float, expected: str | None) -> None:
    apex = smile()
    frame = frame_labels(apex, dict.fromkeys(apex.present, share))
    assert frame.expression == expected
    assert frame.intensities["AU12"] == pytest.approx(share * apex.intensities["AU12"])


def test_clip_labels_of_compounds_random_rows_and_blinks() -> None:
    rng = np.random.default_rng(1)
    compound = sample_labels(rng, "compound")
    assert frame_labels(compound, dict.fromkeys(compound.present, 0.5)).compound == compound.compound
    faded = frame_labels(compound, dict.fromkeys(compound.present, 0.05))
    assert (faded.compound, faded.expression) == (None, "neutral")
    random = FaceLabels({"AU01": 3.0, "AU05": 4.0}, None, None, 0.0, 0.0, "random")
    assert frame_labels(random, {}).expression is None
    blink = frame_labels(random, {}, blink=5.0)
    assert blink.intensities["AU43"] == 5.0 and "AU05" not in blink.present
    assert blink.expression is None, "a blink changes no class label"
    assert frame_labels(smile(), {}, blink=5.0).expression == "happiness"


def test_blinks_are_counted_in_au43() -> None:
    made = table(clips(range(3), per_subject=2, frames=60, size=32, seed=4, fps=10)).to_pandas()
    closed = made.groupby("clip")["AU43"].mean()
    assert (closed > 0).any() and closed.min() < 0.3
