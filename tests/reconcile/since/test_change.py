from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvariantError
from reconcile.since import change
from reconcile.since.change import CAUSES, Changed, Step, changes, columns, within
from reconcile.since.reading import Reading

EAC = Reading("legal", "completion", "eac")
OCTOBER = Reading("legal/data", "2026-10", "ac")
NAMES = tuple(CAUSES)

amounts = st.decimals("-1e9", "1e9", places=18, allow_nan=False)
states = st.dictionaries(
    st.sampled_from([EAC, OCTOBER, Reading("unallocated", "to-date", "ac")]), amounts, max_size=3
)


def step(causes: str, **amounts: str) -> Step:
    keys = {"eac": EAC, "october": OCTOBER}
    return Step(
        tuple(causes.split("+")), {keys[name]: Decimal(text) for name, text in amounts.items()}
    )


@given(first=states, later=st.lists(states, min_size=1, max_size=len(NAMES)))
@settings(max_examples=50)
def test_causes_sum_to_the_change_exactly_and_to_the_cent_as_printed(
    first: dict[Reading, Decimal], later: list[dict[Reading, Decimal]]
) -> None:
    found = changes(first, [Step((name,), each) for name, each in zip(NAMES, later, strict=False)])

    for each in found:
        assert each.before == first.get(each.reading, 0)
        assert each.after == later[-1].get(each.reading, 0)
        shown = each.rounded(2)
        assert shown.before + shown.change == shown.after
        assert abs(shown.after - each.after) <= Decimal("0.005")
        assert each.before + each.change == each.after
    moved = {each.reading for each in found}
    still = {*first, *(key for each in later for key in each)} - moved
    assert all(first.get(key, 0) == each.get(key, 0) for key in still for each in later)


def test_each_cause_is_what_a_reading_moves_by_when_it_is_exchanged() -> None:
    first = {EAC: Decimal(100), OCTOBER: Decimal(7)}

    (october, eac) = sorted(
        changes(
            first,
            [
                step("bill", eac="103.5", october="7"),
                step("rules", eac="103.5", october="9"),
                step("time", eac="101"),
            ],
        ),
        key=lambda each: each.reading.measure,
    )

    assert eac == Changed(
        EAC, Decimal(100), Decimal(101), {("bill",): Decimal("3.5"), ("time",): Decimal("-2.5")}
    )
    assert eac.change == 1
    assert october == Changed(
        OCTOBER, Decimal(7), Decimal(0), {("rules",): Decimal(2), ("time",): Decimal(-9)}
    )


def test_what_goes_up_and_comes_back_is_shown_with_both_causes() -> None:
    first = {EAC: Decimal(1)}

    (found,) = changes(first, [step("bill", eac="2"), step("rules", eac="1")])

    assert (found.change, len(found.parts)) == (Decimal(0), 2)
    assert changes(first, [step("bill", eac="1")]) == ()


def test_a_cause_that_is_exchanged_again_has_the_sum_of_both() -> None:
    """Before a month was closed, and after it; what it took back is no part of the change."""
    first = {EAC: Decimal(1), OCTOBER: Decimal(1)}
    later = [step("bill", eac="2", october="2"), step("close", eac="2.5", october="2"),
             step("bill", eac="5", october="1")]  # fmt: skip

    (found,) = changes(first, later)

    assert found.parts == {("bill",): Decimal("3.5"), ("close",): Decimal("0.5")}
    assert (found.reading, found.change) == (EAC, Decimal(4))


def test_a_printed_part_is_the_difference_of_printed_states() -> None:
    first = {EAC: Decimal("0.004")}
    last = [step("bill", eac="0.008"), step("rules", eac="0.012")]

    shown = changes(first, last)[0].rounded(2)

    assert (shown.before, shown.after) == (Decimal("0.00"), Decimal("0.01"))
    assert shown.parts == {("bill",): Decimal("0.01"), ("rules",): Decimal("0.00")}


def test_causes_that_do_not_sum_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change.Changed, "change", property(lambda _: Decimal(4)))

    with pytest.raises(InvariantError) as error:
        changes({EAC: Decimal(1)}, [step("bill", eac="3")])

    assert str(error.value) == ("legal/completion/eac: went from 1 to 3, but its causes sum to 4")


def test_columns_are_the_causes_that_moved_anything_in_the_order_of_the_exchange() -> None:
    found = changes(
        {EAC: Decimal(1)},
        [
            step("bill", eac="1"),
            step("invoice+rates", eac="2"),
            step("plan", eac="2", october="1"),
            step("time", eac="5", october="1"),
        ],
    )

    assert columns(found) == (("invoice", "rates"), ("plan",), ("time",))


def test_a_scope_holds_what_is_below_it_and_not_what_begins_like_it() -> None:
    keys = ["legal", "legal/data", "legal-70b", "portfolio"]
    found = changes(
        {},
        [Step(("bill",), {Reading(key, "completion", "bac"): Decimal(1) for key in keys})],
    )

    assert [each.reading.scope for each in within(found, ["legal"])] == ["legal", "legal/data"]
    assert list(within(found, [])) == []
