from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import books
from models.errors import StoreError
from models.money import MONEY
from models.reduction import SUMMED
from models.spend import RECOGNISED

NOTHING: dict[str, Any] = dict.fromkeys(RECOGNISED)
PLAIN: dict[str, Any] = {
    **NOTHING,
    **dict.fromkeys(SUMMED, Decimal(0)),
    "source": "cloud",
    "period": "2026-10",
    "project": "p",
    "category": "data",
    "share": Decimal(1),
    "currency": "USD",
    "day": date(2026, 10, 5),
    "lines": 1,
}
TEXTS = st.one_of(st.none(), st.text(alphabet='ab\\N", \n\r\té€\N{GRINNING FACE}', max_size=5))
AMOUNTS = st.decimals(
    min_value=Decimal(-(10**18)), max_value=Decimal(10**18), places=18, allow_nan=False
)


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame([{**PLAIN, **row} for row in rows], schema=RECOGNISED)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"source": TEXTS, "item": TEXTS, "adjusts": TEXTS, "billed_cost": AMOUNTS}
        ),
        max_size=5,
    ),
    st.randoms(use_true_random=False),
)
def test_books_are_read_as_they_were_and_their_bytes_follow_from_the_rows_alone(
    rows: list[dict[str, Any]], order: Any
) -> None:
    data = books.written(frame(*rows))
    order.shuffle(rows)

    assert books.read(data).equals(books.gathered(frame(*rows)))
    assert books.written(frame(*rows)) == data


def test_books_are_text_that_people_can_read() -> None:
    late = {"adjusts": "2026-09", "item": "\\N", "billed_cost": Decimal("-0.5"), "lines": 0}

    text = gzip.decompress(books.written(frame({}, late))).decode()

    head, *rows = text.splitlines()
    assert head == ",".join(RECOGNISED.names())
    zero = "0.000000000000000000"
    assert [row.replace(f"{zero},", "").replace(",\\N", "") for row in rows] == [
        "cloud,2026-10,p,data,1.000000000000000000,USD,2026-10-05,1",
        (
            "cloud,2026-10,p,data,\\\\N,1.000000000000000000,USD,2026-10-05,"
            "-0.500000000000000000,0,2026-09"
        ),
    ]


def test_books_bear_no_time_so_that_equal_rows_are_equal_bytes() -> None:
    assert books.written(frame({}))[4:8] == bytes(4)


def test_rows_that_differ_in_amounts_alone_are_one() -> None:
    one, other = {"tco_cost": Decimal("0.1")}, {"tco_cost": Decimal("-0.3"), "lines": 4}

    (row,) = books.gathered(frame(one, other)).iter_rows(named=True)

    assert row == {**PLAIN, "tco_cost": Decimal("-0.2"), "lines": 5}


def test_sums_are_exact_by_currency_and_measure() -> None:
    rows = frame({"billed_cost": Decimal("0.1")}, {"billed_cost": Decimal(2)}, {"currency": "EUR"})

    assert books.sums(rows) == {
        "EUR": dict.fromkeys(SUMMED, "0"),
        "USD": {**dict.fromkeys(SUMMED, "0"), "billed_cost": "2.1"},
    }


def altered(was: str, now: str) -> bytes:
    text = gzip.decompress(books.written(frame({}))).decode()
    return gzip.compress(text.replace(was, now).encode())


def damaged() -> bytes:
    data = bytearray(books.written(frame({})))
    data[12] ^= 0xFF  # in the deflated part, behind the header
    return bytes(data)


def test_books_of_an_earlier_version_lack_what_came_later() -> None:
    old = frame({}).drop("gpu_type")
    data = gzip.compress(old.write_csv(null_value="\\N").encode())

    assert books.read(data).equals(frame({}))


@pytest.mark.parametrize(
    ("made", "complaint"),
    [
        pytest.param(lambda: b"no gzip", "cannot be read as books; ", id="not packed"),
        pytest.param(damaged, "cannot be read as books; ", id="damaged"),
        pytest.param(
            lambda: books.written(frame({}))[:-9], "cannot be read as books; ", id="cut short"
        ),
        pytest.param(
            lambda: altered("2026-10-05", "yesterday"), "cannot be read as books; ", id="no day"
        ),
        pytest.param(
            lambda: altered("gpu_type", "gpu_kind"),
            "has a column 'gpu_kind' that books have not; ",
            id="another column",
        ),
    ],
)
def test_what_is_no_book_is_refused_with_the_way_out(
    made: Callable[[], bytes], complaint: str
) -> None:
    data = made()

    with pytest.raises(StoreError) as error:
        books.read(data, "books of 2026-10")

    assert str(error.value) == (
        f"books of 2026-10: {complaint}use the version that closed it, or restore the archive "
        "from a backup"
    )


def test_amounts_keep_the_scale_of_money() -> None:
    assert {RECOGNISED[name] for name in SUMMED} == {MONEY}
