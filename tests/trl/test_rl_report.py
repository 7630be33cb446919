"""What `./dev bench rl` concludes from its runs: bounds over paired seeds, and a claim that does not hold is said to fail."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
from rl_report import claims, gaps, least, picture, upper  # noqa: E402

ARMS = {
    "true checkers": 0.81,
    "RLAR": 0.80,
    "hand-written": 0.80,
    "static rule": 0.70,
    "exact match": 0.79,
    "only chrf": 0.60,
}


def runs(shift):
    """Eight seeds; `shift` adds to RLAR's success, seed by seed."""
    return [
        {"arm": arm, "seed": seed, "success": {"": value + (shift[seed] if arm == "RLAR" else 0.0)}}
        for arm, value in ARMS.items()
        for seed in range(8)
    ]


def test_bounds_of_a_mean():
    values = [1.0, 3.0, 1.0, 3.0, 1.0, 3.0, 1.0, 3.0]
    assert upper(values) == pytest.approx(2 + 1.89 * 1.0690 / 8**0.5, abs=0.01)
    assert upper(values) + least(values) == pytest.approx(4)


def test_claims_that_hold_and_claims_that_fail():
    steady = {what: holds for what, holds, _ in claims(runs([0.0] * 8))}
    assert all(steady.values()) and len(steady) == 6, steady
    noisy = {what: holds for what, holds, _ in claims(runs([0.05, -0.05] * 4))}
    assert not noisy["gap from RLAR to the true checkers at most 3 points"]
    assert not noisy["ahead of exact match"] and noisy["ahead of only chrf"]
    worse = {what: holds for what, holds, _ in claims(runs([-0.03] * 8))}
    assert not worse["at least equal to the hand-written map"]
    assert not worse["90 % of the way from the best single tool (only chrf) to the true checkers"]


def test_only_seeds_of_both_arms_are_paired():
    some = [run for run in runs([0.0] * 8) if run["arm"] != "RLAR" or run["seed"] < 3]
    assert gaps(some, "true checkers", "RLAR") == pytest.approx([1.0] * 3)
    assert picture(some, "title").count("<circle") == 5 * 8 + 3
