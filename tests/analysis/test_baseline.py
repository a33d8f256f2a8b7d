"""Baselines by hand."""

import numpy as np
import pytest

from faces_table import video_table
from mien.analysis.baseline import correct_baseline, subtract_baseline
from mien.analysis.table import check_analysis, people_in
from mien.errors import ScoreError

NAN = float("nan")


def test_a_baseline_is_the_median_of_the_quiet_window() -> None:
    values, times = [0.2, 0.4, 0.3, 0.9, NAN, 0.9], [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(subtract_baseline(values, times, (0, 2)), [-0.1, 0.1, 0, 0.6, NAN, 0.6], atol=1e-12)
    np.testing.assert_allclose(subtract_baseline(values, times)[0], 0.2 - 0.4)  # the mean would be 0.54
    with pytest.raises(ScoreError, match=r"between 4 s and 4\.5 s"):
        subtract_baseline(values, times, (4, 4.5))


def test_every_person_has_an_own_baseline() -> None:
    table = check_analysis(video_table(seconds=4))
    table.loc[table["track_id"] == 1, "AU04"] += 0.5
    corrected = correct_baseline(table, ["AU04"])
    medians = [rows["AU04"].median() for rows in people_in(corrected).values()]
    np.testing.assert_allclose(medians, [0, 0], atol=1e-12)
    assert table["AU04"].max() > 0.5 and corrected["AU12"].equals(table["AU12"])
