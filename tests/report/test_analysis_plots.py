"""Plots of an analysis table: what they draw, and that they draw whatever the table holds."""

import re
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from faces_table import photo_table, rows, video_table
from mien.analysis.synchrony import synchrony
from mien.analysis.table import check_analysis
from mien.errors import MienError
from mien.labels import ACTION_UNITS
from mien.report.binning import bin_series
from mien.report.drawing import EXPRESSION_COLOURS, save_plot, to_svg
from mien.report.face_drawing import MUSCLES
from mien.report.moments import clearest, peak_moments
from mien.report.muscle_map import muscle_map, muscle_map_of, spread
from mien.report.shares import au_distributions, expression_shares, likeliest, shares_by_person
from mien.report.synchrony_plot import synchrony_plot
from mien.report.timeline import au_timeline, clock, expression_timeline, va_timeline
from mien.report.va_plane import density, va_plane

PLOTS: list[Callable[[pd.DataFrame], Figure]] = [
    expression_timeline,
    au_timeline,
    va_timeline,
    va_plane,
    expression_shares,
    au_distributions,
    muscle_map_of,
    lambda table: muscle_map_of(table, "peak"),
]
ONE = check_analysis(video_table(people=1, seconds=20))
BARE = ONE[["path", "frame", "time_s", "face", "track_id", "x1", "y1", "x2", "y2", "score", "status"]]
GAPPED = ONE.assign(
    **{name: ONE[name].where(~ONE["time_s"].between(3, 9)) for name in ("AU12", "valence", "happiness")}
)


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(mpl.text.Text)]


@pytest.mark.parametrize("draw", PLOTS)
@pytest.mark.parametrize("table", [ONE, ONE[:1], ONE[:2], GAPPED, BARE, ONE.assign(AU12=np.nan, valence=np.nan)])
def test_every_plot_draws_every_table(draw: Callable[[pd.DataFrame], Figure], table: pd.DataFrame) -> None:
    assert to_svg(draw(table)).startswith("<svg")


@pytest.mark.parametrize("draw", PLOTS[:3])
def test_a_missing_task_is_said(draw: Callable[[pd.DataFrame], Figure]) -> None:
    assert any("The model of this table gives no" in text for text in texts(draw(BARE)))


@pytest.mark.parametrize("draw", PLOTS)
def test_a_plot_leaves_the_settings_of_its_caller(draw: Callable[[pd.DataFrame], Figure]) -> None:
    before = dict(mpl.rcParams)
    draw(ONE)
    assert dict(mpl.rcParams) == before


def test_bins_by_hand() -> None:
    found = bin_series([0, 1, 2, 3], [[1], [np.nan], [5], [9]], bins=2)
    assert found.mean.tolist() == [[1], [7]] and found.low.tolist() == [[1], [5]] and found.high.tolist() == [[1], [9]]
    assert found.time_s.tolist() == [0.75, 2.25] and found.edges_s.tolist() == [0, 1.5, 3]


def test_bins_keep_extremes_and_gaps_of_a_long_series() -> None:
    t = np.delete(np.arange(100_000) / 25, np.s_[40_000:50_000])
    x = np.zeros((len(t), 1))
    x[1234] = 1.0  # one frame of 90,000
    found = bin_series(t, x)
    assert len(found.time_s) == 500 and np.nanmax(found.high) == 1 and np.nanmax(found.mean) < 0.01
    empty = (found.time_s > 1605) & (found.time_s < 1995)
    assert np.isnan(found.mean[empty]).all() and not np.isnan(found.mean[~empty]).all()


def test_few_frames_are_drawn_as_they_are_with_breaks_at_gaps() -> None:
    found = bin_series([0, 0.1, 0.2, 5, 5.1], [[1], [2], [3], [4], [5]])
    assert found.mean.ravel()[[0, 1, 2, 5, 6]].tolist() == [1, 2, 3, 4, 5]
    assert np.isnan(found.mean.ravel()[[3, 4]]).all() and (np.diff(found.time_s) > 0).all()
    assert found.note("means") == ""


def test_long_series_say_that_they_are_binned() -> None:
    time_s = np.arange(100_000) / 25
    long = rows(
        "long.mp4",
        np.arange(100_000),
        time_s,
        0,
        {"happiness": np.full(100_000, 0.7), "neutral": np.full(100_000, 0.3)},
    )
    figure = expression_timeline(long)
    assert "means of every 8 s" in texts(figure)
    assert len(to_svg(figure)) < 400_000
    assert not any("of every" in text for text in texts(expression_timeline(ONE[:100])))


def test_time_lines_share_their_time_axis() -> None:
    places = [draw(ONE).axes[0].get_position().intervalx.tolist() for draw in PLOTS[:3]]
    assert places[0] == places[1] == places[2]
    assert {draw(ONE).axes[0].get_xlim() for draw in PLOTS[:3]} == {expression_timeline(ONE).axes[0].get_xlim()}


def test_the_clock() -> None:
    assert [clock(s) for s in (0, 9.96, 59.96, 3661.25)] == ["0:00", "0:10", "1:00", "61:01.2"]


def test_shares_by_hand() -> None:
    table = check_analysis(
        rows("a.mp4", range(4), [0, 1, 2, 3], 0, {"neutral": [0.9, 0.8, 0.4, np.nan], "fear": [0.1, 0.2, 0.6, np.nan]})
    )
    shares, means = likeliest(table)
    assert shares.round(3).tolist() == [0.667, 0.333] and means.round(3).tolist() == [0.7, 0.3]
    figure = shares_by_person({"Person <1>": table})
    assert {"67%", "33%", "Person <1>"} <= set(texts(figure))


def test_the_density_is_where_the_faces_are() -> None:
    found = density(np.array([[0.5, -0.5]] * 9 + [[-0.5, 0.5]]))
    assert found.max() == 1 and np.unravel_index(found.argmax(), found.shape) in [
        (60, 20),
        (59, 19),
        (60, 19),
        (59, 20),
    ]
    assert 0.1 < found[:40].max() < 0.12  # a ninth
    assert density(np.array([[1.0, 1.0], [-1.0, -1.0], [2.0, 0.0]])).max() == 1  # edges, and beyond


def test_every_action_unit_has_a_muscle_within_the_drawing() -> None:
    assert MUSCLES.keys() == ACTION_UNITS.keys()
    for outlines in MUSCLES.values():
        for points in outlines:
            assert np.isfinite(points).all() and (np.abs(points[:, 0]) < 1).all()
            assert (points[:, 1] > -1.68).all() and (points[:, 1] < 1.3).all()


def test_the_muscle_map_colours_by_value_and_names_it() -> None:
    figure = muscle_map({"AU12": 1.0, "AU01": 0.0})
    patches = [p for p in figure.axes[0].patches if isinstance(p, mpl.patches.Polygon)]
    heat = mpl.colormaps["YlOrRd"]
    assert {p.get_facecolor() for p in patches} == {heat(1.0), heat(0.0)} and len(patches) == 4  # both sides
    assert {"1.00", "0.00", "AU12  lip corner puller"} <= set(texts(figure))
    intensities = check_analysis(photo_table(5)).drop(columns=list(ACTION_UNITS), errors="ignore")
    assert "Action units: peak intensity, 0 to 5" in texts(muscle_map_of(intensities, "peak"))
    assert f"{intensities['AU12_intensity'].max():.1f}" in texts(muscle_map_of(intensities, "peak"))
    with pytest.raises(MienError, match="did you mean 'mean'"):
        muscle_map_of(ONE, "meam")


@pytest.mark.parametrize("wanted", [[1.0, 0.9, 0.0], [0.5] * 8, [1.2, -1.5], [-1.59, -1.59], [0.0] * 30, []])
def test_labels_never_lie_upon_each_other(wanted: list[float]) -> None:
    found = np.array(spread(wanted, 0.17, -1.6, 1.3))
    assert (-np.diff(found) >= min(0.17, 2.9 / max(1, len(wanted) - 1)) - 1e-9).all()
    assert (found <= 1.3 + 1e-9).all() and (found >= -1.6 - 1e-9).all()
    if wanted == [1.2, -1.5]:
        assert found.tolist() == pytest.approx(wanted)  # with room, nothing moves


def test_peaks_are_told_once_and_neutral_is_none() -> None:
    person = check_analysis(video_table(people=1))
    moments = peak_moments(person)
    times = np.array([m.time_s for m in moments])
    assert (np.diff(times) >= 1).all() and "neutral" not in {m.label for m in moments}
    smiles = [m for m in moments if m.label == "happiness"]
    np.testing.assert_allclose([m.time_s for m in smiles], [6, 15, 27, 41, 52], atol=0.3)
    assert {"surprise", "sadness"} < {m.label for m in moments}
    assert all(person.at[m.row, m.label] == m.value for m in moments)
    assert len(peak_moments(person, limit=3)) == 3 and peak_moments(person[:1]) == []


def test_the_clearest_faces_are_sorted() -> None:
    table = check_analysis(photo_table(40))
    found = clearest(table, each=3)
    for name, moments in found.items():
        values = [m.value for m in moments]
        assert values == sorted(values, reverse=True) and len(values) <= 3
        assert all(table.at[m.row, "expression"] == name for m in moments)
        assert max(values) == table.loc[table["expression"] == name, name].max()


def test_synchrony_is_drawn_with_its_p() -> None:
    time_s = np.arange(300) / 10
    a = np.sin(time_s) + np.sin(2.7 * time_s)
    assert any(re.fullmatch(r"p = 0\.\d{3}", text) for text in texts(synchrony_plot(synchrony(a, a, time_s, draws=9))))
    still = synchrony(a, 0 * a, time_s, draws=2)
    assert to_svg(synchrony_plot(still)).startswith("<svg")


def test_a_plot_is_saved_twice(tmp_path: Path) -> None:
    save_plot(va_plane(ONE), tmp_path / "new" / "plane.v1")
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == ["plane.v1.png", "plane.v1.svg"]
    assert (tmp_path / "new" / "plane.v1.png").read_bytes()[:4] == b"\x89PNG"


def test_expressions_have_colours_of_their_own() -> None:
    assert len(set(EXPRESSION_COLOURS.values())) == len(EXPRESSION_COLOURS) == 8
