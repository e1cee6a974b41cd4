from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.source import Settlement
from ingest.stage import LONG, Signs, overdue, stage
from models.period import Month

OCTOBER = Month(2026, 10)
INVOICED = Settlement(after=timedelta(days=14), invoiced=True)
TIMED = Settlement(after=timedelta(days=5), invoiced=False)


def at(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def signs(day: str, **more: Any) -> Signs:
    """Return what is known on a day on which the source was asked too."""
    plain = Signs(month=OCTOBER, settlement=INVOICED, as_of=at(day), asked=at(day))
    return replace(plain, **more)


@pytest.mark.failure("E01")
@pytest.mark.parametrize(
    ("found", "expected", "reason"),
    [
        (signs("2026-10-31"), "open", "the month runs"),
        # every line has its invoice, such as the one of a purchase in the middle of the month
        (signs("2026-10-20"), "open", "the month runs"),
        (signs("2026-11-01"), "provisional", "may change until 2026-11-15"),
        (signs("2026-11-14T23:59:59"), "provisional", "may change until 2026-11-15"),
        (
            signs("2026-11-15"),
            "final",
            "every charge has an invoice id, 14 days have passed since the month ended",
        ),
        (signs("2026-11-15", uninvoiced=1), "provisional", "charges without an invoice id: 1"),
        (signs("2027-11-15", uninvoiced=9), "provisional", "charges without an invoice id: 9"),
        (signs("2026-11-15", aside=2), "provisional", "rows that were set aside: 2"),
        (signs("2026-11-15", disputed=True), "provisional", "its newest delivery was refused"),
        (
            signs("2026-11-15", asked=at("2026-11-14")),
            "provisional",
            "its source was not asked since 2026-11-15; run `trueup run`",
        ),
        (
            signs("2026-11-15", asked=None),
            "provisional",
            "its source was not asked since 2026-11-15; run `trueup run`",
        ),
        # a provider without invoice ids says by time alone
        (signs("2026-11-05", settlement=TIMED), "provisional", "may change until 2026-11-06"),
        (
            signs("2026-11-06", settlement=TIMED, uninvoiced=9),
            "final",
            "5 days have passed since the month ended",
        ),
    ],
)
def test_a_month_is_final_by_all_the_signs_of_its_provider_and_not_before(
    found: Signs, expected: str, reason: str
) -> None:
    assert stage(found) == (expected, reason)


@pytest.mark.failure("E03")
def test_a_month_that_was_final_stays_it_until_its_totals_change() -> None:
    later = signs("2026-12-01", settled=at("2026-11-15"), uninvoiced=1, disputed=True, asked=None)

    assert stage(later) == ("final", "since 2026-11-15")
    assert stage(replace(later, restated=date(2026, 11, 30))) == (
        "restated",
        "changed on 2026-11-30 after it was final",
    )


def test_what_came_later_is_not_known_on_an_earlier_day() -> None:
    known = {"settled": at("2026-11-15"), "restated": date(2026, 11, 30), "uninvoiced": 1}

    assert stage(signs("2026-11-20", **known))[0] == "final"
    assert stage(signs("2026-11-10", **known))[0] == "provisional"
    assert stage(signs("2026-10-10", **known))[0] == "open"


@pytest.mark.failure("E02")
@pytest.mark.parametrize(
    ("found", "days"),
    [
        (signs("2026-12-30", uninvoiced=1), 0),
        (signs("2026-12-31", uninvoiced=1), LONG),
        (signs("2027-03-01", uninvoiced=1), 120),
        (signs("2027-03-01"), 0),  # final
    ],
)
def test_a_month_that_is_never_final_is_overdue_after_sixty_days(found: Signs, days: int) -> None:
    assert overdue(found) == days


@pytest.mark.failure("E01")
@given(
    days=st.integers(-40, 80),
    asked=st.integers(-40, 80) | st.none(),
    uninvoiced=st.integers(0, 2),
    aside=st.integers(0, 2),
    disputed=st.booleans(),
    invoiced=st.booleans(),
)
def test_no_month_is_final_while_one_sign_is_missing(
    days: int, asked: int | None, uninvoiced: int, aside: int, *, disputed: bool, invoiced: bool
) -> None:
    quiet = OCTOBER.end + INVOICED.after
    found = Signs(
        month=OCTOBER,
        settlement=replace(INVOICED, invoiced=invoiced),
        as_of=quiet + timedelta(days=days),
        asked=None if asked is None else quiet + timedelta(days=asked),
        uninvoiced=uninvoiced,
        aside=aside,
        disputed=disputed,
    )

    whole = not aside and not disputed and not (invoiced and uninvoiced)
    expected = days >= 0 and asked is not None and asked >= 0 and whole
    assert (stage(found)[0] == "final") == expected
