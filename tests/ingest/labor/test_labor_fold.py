from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.labor.card import OTHER_ROLES, Card, RoleRate
from ingest.labor.entry import Entry
from ingest.labor.fold import folded
from ingest.labor.work import labor
from models.canonical import canonical_value
from models.period import Month

FEBRUARY = Month(2026, 2)
ROLES = ("a", "b", "c", "d")
Work = list[tuple[str, int, str, int]]  # role, person, project, seconds

WORK = st.lists(
    st.tuples(
        st.sampled_from(ROLES),
        st.integers(0, 6),
        st.sampled_from(["p", "q"]),
        st.integers(1, 400_000),
    ),
    max_size=25,
)


def card(*monthly: str) -> Card:
    rates = {
        role: (RoleRate(valid_from="2026-01", monthly=cost),)
        for role, cost in zip(ROLES, monthly, strict=False)
    }
    return Card("s", "f", "USD", rates, {canonical_value(role): role for role in rates}, "")


PRICES = card("9000", "9000.01", "12345.67", "1")


def entries(work: Work) -> list[Entry]:
    return [
        Entry(
            file="f.csv",
            row=row,
            status="counted",
            day=date(2026, 2, 5),
            seconds=Decimal(seconds),
            project=project,
            role=role,
            trace=str(person),
        )
        for row, (role, person, project, seconds) in enumerate(work, start=1)
    ]


def people(work: Work, project: str) -> Mapping[str, set[int]]:
    found: dict[str, set[int]] = {}
    for role, person, of, _ in work:
        if of == project:
            found.setdefault(role, set()).add(person)
    return found


@pytest.mark.parametrize(
    ("people", "shown"),
    [
        ({"a": "123", "b": "456"}, {"a", "b"}),
        ({"a": "123", "b": "4567", "c": "8"}, {"b"}),  # a goes with c, else c is the rest
        ({"a": "123", "b": "4567", "c": "8", "d": "9x"}, {"a", "b"}),
        ({"a": "123", "c": "8", "d": "8"}, set()),  # c and d are one person: a goes with them
        ({"a": "123", "b": "4567", "c": "8", "d": "8"}, {"b"}),
        ({"a": "12"}, set()),
        ({"a": "", "b": "123", "c": "4567"}, {"c"}),
        ({}, set()),
    ],
)
def test_a_role_of_few_people_is_told_with_others(people: dict[str, str], shown: set[str]) -> None:
    found = folded(people, 3)

    assert {role for role, name in found.items() if name == role} == shown
    assert {name for role, name in found.items() if role not in shown} <= {OTHER_ROLES}


def test_one_person_may_be_shown_where_that_is_declared() -> None:
    assert folded({"a": "", "b": "1"}, 1) == {"a": "a", "b": "b"}


@settings(max_examples=50, deadline=None)
@given(WORK, st.integers(1, 4))
def test_folding_changes_no_cost_and_no_hour(work: Work, smallest: int) -> None:
    alone = labor(entries(work), PRICES, FEBRUARY, Decimal(160), 1)
    told = labor(entries(work), PRICES, FEBRUARY, Decimal(160), smallest)

    for project in "pq":
        of = [[each for each in side if each.matter.project == project] for side in (alone, told)]
        assert sum(each.cost for each in of[0]) == sum(each.cost for each in of[1])
        assert sum(each.seconds for each in of[0]) == sum(each.seconds for each in of[1])
        assert sum(each.role_months for each in of[0]) == sum(each.role_months for each in of[1])


@settings(max_examples=50, deadline=None)
@given(WORK, st.integers(2, 4))
def test_no_role_of_few_people_is_shown_or_can_be_told_by_taking_the_others_away(
    work: Work, smallest: int
) -> None:
    told = labor(entries(work), PRICES, FEBRUARY, Decimal(160), smallest)

    for project in "pq":
        known = people(work, project)
        shown = {each.role for each in told if each.matter.project == project} - {OTHER_ROLES}
        hidden = set(known) - shown
        assert all(len(known[role]) >= smallest for role in shown)
        rest = {person for role in hidden for person in known[role]}
        # what is left of the project's sum is two roles at least, of enough people, or all of it
        assert not hidden or not shown or (len(hidden) > 1 and len(rest) >= smallest)


@settings(max_examples=50, deadline=None)
@given(WORK)
def test_a_role_costs_its_hours_rounded_once(work: Work) -> None:
    for each in labor(entries(work), PRICES, FEBRUARY, Decimal("173.33"), 1):
        seconds = sum(
            own[3] for own in work if (own[0], own[2]) == (each.role, each.matter.project)
        )
        (rate,) = PRICES.rates[each.role]
        exact = Fraction(seconds, 3600) / Fraction("173.33") * rate.cost
        assert abs(Fraction(each.cost) - exact) <= Fraction(1, 200)
        assert each.seconds == seconds


def test_of_roles_of_equal_size_the_first_by_name_goes_along() -> None:
    for order in ("ab", "ba"):
        found = folded(dict.fromkeys(order, "123") | {"z": "9"}, 3)
        assert found == {"a": OTHER_ROLES, "b": "b", "z": OTHER_ROLES}


@pytest.fixture
def team(office: Any) -> Any:
    """Return an office of four engineers, one reviewer and one lead, who are counted."""
    office.given |= {"smallest_group": 3, "key": "k" * 32}
    office.rows(
        *(f"2026-02-05,P,ML engineer,{who},10" for who in "ABCD"),
        "2026-02-05,P,reviewer,E,16",
        "2026-02-05,P,lead,F,8",
    )
    return office


def test_roles_of_few_people_become_other_roles_in_all_that_is_derived(team: Any) -> None:
    team.rows("2026-02-07,P,reviewer,G,16", name="more.csv")

    assert team.costs() == {
        ("2026-02", "P", "ML engineer"): Decimal("2250.00"),
        ("2026-02", "P", OTHER_ROLES): Decimal("1760.00"),
    }
    assert team.hours() == {
        ("2026-02", "P", "ML engineer"): 40,
        ("2026-02", "P", OTHER_ROLES): 40,
    }
    (delivery,) = team.deliveries()
    seen = str([team.charges(delivery).rows(), team.usage(delivery).rows()])
    assert "ML engineer" in seen
    assert "reviewer" not in seen
    assert "lead" not in seen


def test_two_people_of_two_roles_take_a_third_role_with_them(team: Any) -> None:
    assert team.costs() == {("2026-02", "P", OTHER_ROLES): Decimal("3530.00")}


def test_without_a_key_nobody_is_counted_and_no_role_is_shown(team: Any) -> None:
    del team.given["key"]

    assert team.costs() == {("2026-02", "P", OTHER_ROLES): Decimal("3530.00")}
    assert team.told() == [
        "no_key: people cannot be counted without a key: every role is other_roles"
    ]


def test_somebody_without_a_name_is_not_counted(team: Any) -> None:
    team.rows(*["2026-02-05,P,reviewer,,1"] * 3, name="more.csv")

    assert set(team.costs()) == {("2026-02", "P", OTHER_ROLES)}


def test_a_name_beside_an_empty_mail_address_is_not_counted(team: Any) -> None:
    team.given["columns"]["email"] = "Mail"
    head = "Day,Project,Role,Who,Hours,Mail\n"
    people = ("A", "B", "C")
    known = [f"2026-02-05,P,lead,{who},1,{who}@example.org\n" for who in people]
    team.put("sheet.csv", head + "".join(known))
    assert set(team.costs()) == {("2026-02", "P", "lead")}

    team.put("sheet.csv", head + "".join([*known[:2], "2026-02-05,P,lead,A,1,\n"]))

    assert set(team.costs()) == {("2026-02", "P", OTHER_ROLES)}


def test_a_person_is_one_however_the_name_is_written(team: Any) -> None:
    team.rows("2026-02-05,P,reviewer,  e ,1", "2026-02-05,P,lead,E,1", name="more.csv")

    assert set(team.costs()) == {("2026-02", "P", OTHER_ROLES)}
