from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from models.money import rounded
from reconcile.decision.drawdown import percent
from reconcile.decision.mix import BAND, CAVEAT, Iterations, mix

D = Decimal
NAIVE = {
    ("training_compute", "train"): D(2000),
    ("data", "label"): D(4500),
    ("data", "store"): D(150),
    ("labor", "eng"): D(13500),
    ("infra", "ci"): D(1200),
    ("inference", "serve"): D(200),
}


def test_the_oracle_of_the_share_of_data(oracle: Callable[[str], Any]) -> None:
    known = oracle("mix")

    found = mix(NAIVE)

    share = percent(found.share)
    assert share is not None
    assert str(rounded(share)) == known["data_share"]
    assert [str(edge) for edge in BAND] == known["benchmark_band"]
    assert "forty to sixty percent" in CAVEAT
    assert "information, not a target" in CAVEAT


def test_labor_that_prepares_data_counts_in_the_second_measure_alone() -> None:
    found = mix(NAIVE, ["eng", "label", "ci"])

    assert (found.base, found.data, found.prepared) == (D(21550), D(4650), D(18150))
    assert found.share_prepared == Fraction(18150, 21550)


def test_without_cost_there_is_no_share() -> None:
    assert (mix({}).share, mix({}).share_prepared) == (None, None)


def test_runs_by_how_they_ended() -> None:
    found = Iterations(planned=None, runs=9, failed=2, succeeded=6, cost=D(90))

    assert (found.failed_share, found.per_success) == (Fraction(1, 4), Fraction(15))


def test_while_no_run_has_ended_there_is_neither_a_share_nor_a_cost_of_success() -> None:
    found = Iterations(planned=None, runs=1, failed=0, succeeded=0, cost=D(5))

    assert (found.failed_share, found.per_success) == (None, None)
