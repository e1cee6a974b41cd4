"""Versions of a plan: one hash for one content, read again from the ledger, closed months kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import ConfigError, StoreError
from models.fingerprint import fingerprint
from models.money import plain
from models.period import Month
from models.plan.head import Approval
from models.plan.plan import Plan, load
from models.plan.version import Change, body, frozen_months_changed, is_stated, kept

Written = Callable[[str, str], Path]

HEAD: Final = (
    "plan: {project: legal, id: p, version: 1, currency: USD, start: 2026-01, horizon_months: 3}\n"
)
ITEMS: Final = (
    "items:\n"
    "- {id: a, category: infra, amount: 300}\n"
    "- {id: b, category: labor, quantity: {months: 2}, unit: m, unit_price: 30.00}\n"
)
SHEET: Final = "id,category,2026-01,2026-02,2026-03\nc,data,1,2,3.50\n"
SCENARIO: Final = "plan: {id: q, version: 2, extends: base.yaml}\noverride: {a: {amount: 90}}\n"
MARCH: Final = Month(2026, 3)


def plan(written: Written, head: str = HEAD, items: str = ITEMS, name: str = "plan.yaml") -> Plan:
    return load(written(name, head + items))


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.decimals(0, 10**15, places=6), zeros=st.integers(0, 5))
def test_a_number_hashes_alike_however_many_zeros_it_is_written_with(
    number: Decimal, zeros: int
) -> None:
    longer = Decimal(f"{number:f}" + "0" * zeros)

    assert fingerprint({"a": number}) == fingerprint({"a": longer})
    assert fingerprint({"a": number}) == fingerprint({"a": Decimal(plain(number))})
    assert fingerprint({"a": number}) != fingerprint({"a": number + Decimal("0.000001")})


def test_a_version_is_read_again_from_what_is_kept_alone(written: Written) -> None:
    written("legal.csv", SHEET)
    written("base.yaml", HEAD + "lines: legal.csv\n" + ITEMS)
    found = load(written("plan.yaml", SCENARIO))
    given = Approval.model_validate(
        {"status": "approved", "by": "cfo", "at": "2026-01-02", "reason": "r", "author": "ml"}
    )
    said = body(replace(found, approval=given))
    for name in ("legal.csv", "base.yaml", "plan.yaml"):
        Path(name).unlink()

    again = kept("legal/2", said)

    assert (again.fingerprint, again.items, again.total) == (
        found.fingerprint,
        found.items,
        found.total,
    )
    assert (again.approval, again.file) == (given, "plan.yaml of legal/2")
    assert sorted(said["texts"]) == ["base.yaml", "plan.yaml"]
    assert [*said["sheets"]] == ["legal.csv"]
    assert is_stated(replace(found, approval=given), said)
    assert not is_stated(found, said)


def test_a_file_that_was_edited_since_it_was_read_is_not_kept(written: Written) -> None:
    found = plan(written)
    written("plan.yaml", HEAD + ITEMS.replace("300", "301"))

    with pytest.raises(
        ConfigError, match=r"^plan\.yaml:1:1: was edited since it was read; start again$"
    ):
        body(found)


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("texts", "plan.extends: 'base.yaml' is not there."),
        ("sheets", "lines: 'legal.csv' cannot be read: was not kept with this version"),
    ],
)
def test_a_version_that_cannot_be_read_again_says_so(
    gone: str, said: str, written: Written
) -> None:
    written("legal.csv", SHEET)
    written("base.yaml", HEAD + "lines: legal.csv\n" + ITEMS)
    found: dict[str, Any] = body(load(written("plan.yaml", SCENARIO)))
    found[gone] = {"plan.yaml": SCENARIO} if gone == "texts" else {}

    with pytest.raises(StoreError) as caught:
        kept("legal/2", found)

    assert str(caught.value).startswith("plan legal/2: this version of trueup cannot read it, ")
    assert said in str(caught.value)
    assert str(caught.value).endswith("; use the version that kept it")


@pytest.mark.failure("F05")
@pytest.mark.parametrize(
    ("change", "through", "changes"),
    [
        (("300", "300.00"), MARCH, []),
        (("300", "360"), None, []),
        (("300", "360"), Month(2025, 12), []),
        (("300", "360"), Month(2026, 1), [Change("a", Month(2026, 1), Decimal(100), Decimal(120))]),
        (("{months: 2}", "{months: 1}"), Month(2026, 1),
         [Change("b", Month(2026, 1), Decimal(20), Decimal(10))]),
        (("id: a", "id: z"), Month(2026, 1),
         [Change("a", Month(2026, 1), Decimal(100), Decimal(0)),
          Change("z", Month(2026, 1), Decimal(0), Decimal(100))]),
    ],
)  # fmt: skip
def test_amounts_of_closed_months_that_differ_are_found(
    change: tuple[str, str], through: Month | None, changes: list[Change], written: Written
) -> None:
    new = plan(written, items=ITEMS.replace(*change), name="new.yaml")

    assert frozen_months_changed(plan(written), new, through) == changes


@pytest.mark.failure("F05")
def test_only_months_up_to_the_last_closed_one_are_frozen(written: Written) -> None:
    items = ITEMS.replace("amount: 300", "amount: 500, phasing: {method: explicit_amounts, amounts: [100, 100, 300]}")  # fmt: skip # noqa: E501
    new = plan(written, items=items, name="new.yaml")

    assert frozen_months_changed(plan(written), new, Month(2026, 2)) == []
    assert frozen_months_changed(plan(written), new, MARCH) == [
        Change("a", MARCH, Decimal(100), Decimal(300))
    ]


@pytest.mark.failure("F08")
def test_a_new_currency_changes_every_closed_month(written: Written) -> None:
    new = plan(written, HEAD.replace("USD", "EUR"), name="new.yaml")

    assert frozen_months_changed(plan(written), new, Month(2026, 1)) == [
        Change("", Month(2026, 1), Decimal(120), Decimal(120))
    ]
    assert frozen_months_changed(plan(written), new, Month(2025, 12)) == []


def test_a_shorter_horizon_frees_no_closed_month(written: Written) -> None:
    new = plan(written, HEAD.replace("2026-01", "2026-02"), name="new.yaml")

    assert [each.month for each in frozen_months_changed(plan(written), new, Month(2026, 1))] == [
        Month(2026, 1),
        Month(2026, 1),
    ]
