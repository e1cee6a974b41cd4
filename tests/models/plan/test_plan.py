from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.category import TERMS
from models.errors import ConfigError
from models.money import MONEY
from models.period import Month
from models.plan.plan import FRAME, Plan, current, load, load_all
from models.project import Project, Registry

Complaints = Callable[..., list[str]]
Written = Callable[[str, str], Path]

REGISTRY: Final = Registry((Project(id="legal", aliases=("legal-70b",)), Project(id="support")))
HEAD: Final = (
    "plan: {project: legal, id: p, version: 1, currency: USD, start: 2026-11, horizon_months: 3}\n"
)
ITEM: Final = "- {id: a, category: infra, amount: 300.00}\n"
APPROVED: Final = "approval: {status: approved, by: cfo, at: 2026-10-01, reason: first}\n"
NAIVE: Final = {
    "train": "0.00 500.00 500.00 500.00 500.00 0.00",
    "label": "333.33 833.34 1083.33 1083.33 833.34 333.33",
    "store": "25.00 25.00 25.00 25.00 25.00 25.00",
    "eng": "3857.14 3214.29 2571.43 1928.57 1285.71 642.86",
    "ci": "200.00 200.00 200.00 200.00 200.00 200.00",
    "serve": "0.00 0.00 0.00 0.00 100.00 100.00",
}


@pytest.fixture(scope="module")
def naive(root: Path) -> Plan:
    return load(root / "config" / "plans" / "seed-naive.yaml")


@pytest.fixture(scope="module")
def optimized(root: Path) -> Plan:
    return load(root / "config" / "plans" / "seed-optimized.yaml")


def plan(written: Written, items: str, head: str = HEAD) -> Plan:
    return load(written("plan.yaml", f"{head}items:\n{items}"))


def texts(amounts: tuple[Decimal, ...]) -> str:
    return " ".join(map(str, amounts))


def test_the_worked_example_comes_out_as_printed_and_as_computed(naive: Plan) -> None:
    assert {item.id: str(item.amount) for item in naive.items} == {
        "train": "2000.00",
        "label": "4500.00",
        "store": "150.00",
        "eng": "13500.00",
        "ci": "1200.00",
        "serve": "200.00",
    }
    assert str(naive.base) == "21550.00"
    assert str(naive.contingency) == str(naive.contingency_stated) == "3100.00"
    assert str(naive.contingency_computed) == "3232.50"
    assert str(naive.total) == "24650.00"
    assert str(naive.total_computed) == "24782.50"


def test_the_worked_example_is_phased_to_the_cent(naive: Plan) -> None:
    assert {item.id: texts(item.phased) for item in naive.items} == NAIVE
    assert texts(naive.phased) == "4415.47 4772.63 4379.76 3736.90 2944.05 1301.19"
    assert [str(month) for month in naive.months] == [f"2026-0{n}" for n in range(1, 7)]


def test_its_optimized_column_comes_out_as_printed_and_as_computed(optimized: Plan) -> None:
    assert {item.id: str(item.amount) for item in optimized.items} == {
        "train": "600.00",
        "label": "2000.00",
        "eng": "9000.00",
        "ci": "900.00",
        "serve": "150.00",
    }
    assert str(optimized.base) == "12650.00"
    assert str(optimized.contingency) == "1800.00"
    assert str(optimized.contingency_computed) == "1897.50"
    assert str(optimized.total) == "14450.00"
    assert str(optimized.total_computed) == "14547.50"
    assert texts(optimized.phased) == "2869.58 2813.23 2495.76 2067.20 1602.51 801.72"


def test_a_scenario_takes_what_it_does_not_say_from_the_plan_it_extends(
    naive: Plan, optimized: Plan
) -> None:
    train, label = optimized.items[:2]

    assert (optimized.project, optimized.id) == ("seed-11-1-optimized", "seed-11-1-optimized")
    assert (optimized.start, optimized.horizon, optimized.currency) == (
        naive.start,
        naive.horizon,
        naive.currency,
    )
    assert train.quantity == {"runs": Decimal(3), "gpu_hours_per_run": Decimal(80)}
    assert (train.units, str(train.unit_price), train.unit) == (Fraction(240), "2.50", "gpu-hour")
    assert (train.assumed, train.levers) == (True, ("lora", "fewer_experiments"))
    assert (label.quantity, label.unit, label.unit_price, label.units) == ({}, None, None, None)
    assert (label.term, optimized.removed) == ("labeling", ("store",))
    assert [lever.id for lever in optimized.levers] == ["lora"]


def test_a_plan_keeps_what_its_items_rest_on(naive: Plan) -> None:
    train = naive.items[0]

    assert train.quantity == {"runs": Decimal(4), "gpu_hours_per_run": Decimal(200)}
    assert train.units == 800
    assert [*map(int, train.shares)] == [0, 1, 1, 1, 1, 0]
    assert {item.category for item in naive.items} <= {*TERMS}


def test_a_frame_has_one_row_per_item_and_month_in_money(naive: Plan) -> None:
    frame = naive.frame()

    assert frame.schema == FRAME
    assert frame.schema["amount"] == MONEY
    assert frame.height == 6 * 6
    assert frame["amount"].sum() == naive.base
    assert frame.row(1) == ("seed-11-1", "training_compute", "train", "2026-02", Decimal(500), 1)
    assert naive.amounts()[1] == ("training_compute", "train", Month(2026, 2), Decimal("500.00"))


def test_contingency_is_in_no_month(naive: Plan) -> None:
    assert naive.frame().filter(pl.col("category") == "contingency").is_empty()


def test_months_cross_the_end_of_the_year(written: Written) -> None:
    found = plan(written, ITEM)

    assert [str(month) for month in found.months] == ["2026-11", "2026-12", "2027-01"]
    assert (found.status, str(found.contingency)) == ("draft", "0.00")
    assert found.contingency_stated is None


def test_an_amount_is_rounded_once_from_exact_factors(written: Written) -> None:
    items = "- {id: a, category: labor, quantity: {n: 3, share: 0.335}, unit: h, unit_price: 1}\n"

    (item,) = plan(written, items).items

    assert str(item.amount) == "1.01"  # 1.005: half goes up, a binary number would go down
    assert item.units == Fraction(1005, 1000)


PRICED: Final = "- {id: a, category: data, quantity: {hours: 10}, unit: h, unit_price: 2.50}\n"


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        (("2.50", "2.5"), True),
        (("hours: 10", "hours: 10.0"), True),
        (("2.50}", "2.50}  # a comment"), True),
        (("id: a, category: data", "category: data, id: a"), True),
        (("2.50", "2.51"), False),
        (("hours", "days"), False),
        (("id: a", "id: b"), False),
        (("unit: h", "unit: d"), False),
    ],
)
def test_the_fingerprint_follows_what_a_plan_says_and_not_how(
    change: tuple[str, str], is_same: bool, written: Written
) -> None:
    assert (
        plan(written, PRICED.replace(*change)).fingerprint == plan(written, PRICED).fingerprint
    ) is is_same


@pytest.mark.parametrize(
    "change",
    [
        ("version: 1", "version: 2"),
        ("2026-11", "2026-12"),
        ("months: 3", "months: 6"),
        ("USD", "EUR"),
    ],
)
def test_the_fingerprint_follows_the_head_too(change: tuple[str, str], written: Written) -> None:
    changed = plan(written, PRICED, HEAD.replace(*change))

    assert changed.fingerprint != plan(written, PRICED).fingerprint


def test_what_was_approved_is_what_was_submitted(written: Written) -> None:
    submitted = plan(written, PRICED, HEAD + "approval: {status: submitted}\n")
    approved = plan(written, PRICED, HEAD + APPROVED)

    assert (submitted.status, approved.status) == ("submitted", "approved")
    assert submitted.fingerprint == approved.fingerprint


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("amount: '1,200'",
         "5.amount: '1,200' is not a number; write without separators, for example 1200.50"),
        ("amount: -1", "5.amount: -1 is negative; a plan and its parts are zero or more"),
        ("amount: 1.005", "5.amount: 1.005 has more than 2 decimals; round it"),
        ("quantity: {n: -2}, unit: h, unit_price: 1",
         "9.quantity.n: -2 is negative; a plan and its parts are zero or more"),
        ("unit_price: 1", ": has no whole price; give amount, or quantity, unit and unit_price"),
        ("quantity: {}, unit: h, unit_price: 1",
         ": has no whole price; give amount, or quantity, unit and unit_price"),
        ("amount: 1, unit_price: 1",
         ": has amount and drivers; give amount, or quantity, unit and unit_price"),
        ("amount: 1, term: labeling", ": term labeling belongs to category data, not infra"),
        ("amount: 1, phasing: {method: evn}",
         "9.phasing.method: 'evn' is not possible. Did you mean 'even'?"),
        ("amount: 1, phasing: {method: even, weights: [1, 1, 1]}",
         "9.phasing: even takes no numbers; use explicit_weights"),
        ("amount: 1, phasing: {method: milestone}",
         "9.phasing: milestone takes weights, one a month"),
        ("amount: 1, phasing: {method: explicit_amounts, weights: [1, 1, 1]}",
         "9.phasing: explicit_amounts takes amounts, one a month"),
        ("amount: 1, phasing: {method: milestone, weights: [1, 1]}",
         "9.phasing.weights: 2 numbers for 3 months; give one a month"),
        ("amount: 1, phasing: {method: milestone, weights: [0, 0, 0]}",
         "9.phasing.weights: all are zero; give at least one month a share"),
        ("amount: 1, phasing: {method: milestone, weights: [2, -1, 0]}",
         "9.phasing.weights.1: -1 is negative; a plan and its parts are zero or more"),
        ("amount: 3, phasing: {method: explicit_amounts, amounts: [1, 1, 0]}",
         "9.phasing.amounts: they sum to 2, the item is 3; make them equal"),
        ("amount: 1, phasing: {method: explicit_amounts, amounts: [0.005, 0.995, 0]}",
         "9.phasing.amounts.0: 0.005 has more than 2 decimals; round it"),
        ("amuont: 1", "5.amuont: unknown key. Did you mean 'amount'?"),
    ],
)  # fmt: skip
@pytest.mark.failure("F04")
def test_an_item_that_cannot_be_meant_is_refused(
    item: str, said: str, complaints: Complaints
) -> None:
    found = complaints(load, f"{HEAD}items:\n- {{id: a, category: infra, {item}}}\n", "plan.yaml")

    place = f"items.0{said.lstrip('0123456789')}"
    assert any(line.startswith("plan.yaml:3:") and line.endswith(f": {place}") for line in found), (
        found
    )


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("contingency: {rate: -0.1}\n",
         "2:21: contingency.rate: -0.1 is negative; a plan and its parts are zero or more"),
        ("contingency: {rate: 15}\n",
         "2:21: contingency.rate: 15 is more than the whole base; write 0.15 for 15 percent"),
        ("contingency: {rate: 0.1, use: stated}\n",
         "2:14: contingency: use: stated without stated_amount; add it, or use: computed"),
        ("contingency: {use: both}\n",
         "2:20: contingency.use: 'both' is not possible. Possible: stated, computed"),
        ("approval: {status: approved, by: cfo}\n",
         "2:11: approval: approved without at, reason; add it, or status: draft"),
        ("approval: {status: aproved}\n",
         "2:20: approval.status: 'aproved' is not possible. Did you mean 'approved'?"),
        ("approval: {at: 19.12.2025}\n",
         "2:16: approval.at: '19.12.2025' is not a day; write YYYY-MM-DD, for example 2026-06-20"),
        ("levers: [{id: l, item: b, factor: n, planned_reduction: 0.5}]\n",
         "2:24: levers.0.item: 'b' is not an item. Possible: a"),
        ("levers: [{id: l, item: a, factor: unit_prise, planned_reduction: 0.5}]\n",
         "2:35: levers.0.factor: 'unit_prise' is no factor of 'a'. Did you mean 'unit_price'?"),
        ("levers: [{id: l, item: a, factor: unit_price, planned_reduction: 1.5}]\n",
         "2:10: levers.0: planned_reduction 1.5 is above 1"),
        (("levers: [{id: l, item: a, factor: unit_price, planned_reduction: 0.9, "
         "claimed_max_reduction: 0.8}]\n"),
         "2:10: levers.0: planned_reduction 0.9 is above 0.8"),
        ("source_statement: {rows: {labelling: 1}}\n",
         ("2:38: source_statement.rows.labelling: 'labelling' is not possible. "
         "Did you mean 'labeling'?")),
        ("override: {a: {remove: true}}\n", "1:7: plan: missing key 'extends'"),
    ],
)  # fmt: skip
def test_a_plan_that_cannot_be_meant_is_refused(
    rest: str, said: str, complaints: Complaints
) -> None:
    assert f"plan.yaml:{said}" in complaints(load, f"{HEAD}{rest}items:\n{ITEM}", "plan.yaml")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("months: 3", "months: 0"),
         "plan.horizon_months: '0': input should be greater than or equal to 1"),
        (("months: 3", "months: 37"),
         "plan.horizon_months: '37': input should be less than or equal to 36"),
        (("version: 1", "version: 0"),
         "plan.version: '0': input should be greater than or equal to 1"),
        (("version: 1", "version: one"), "plan.version: 'one' must be a whole number"),
        (("USD", "dollar"),
         "plan.currency: 'dollar' is not a currency; write an ISO 4217 code, for example USD"),
        (("2026-11", "2026-11-01"),
         "plan.start: '2026-11-01' is not a month; write YYYY-MM, for example 2026-10"),
        (("currency: USD, ", ""), "plan: missing key 'currency'"),
    ],
)  # fmt: skip
def test_a_head_that_cannot_be_meant_is_refused(
    change: tuple[str, str], said: str, complaints: Complaints
) -> None:
    (found,) = complaints(load, f"{HEAD.replace(*change)}items:\n{ITEM}", "plan.yaml")

    assert found.startswith("plan.yaml:1:")
    assert found.endswith(f": {said}")


@pytest.mark.failure("F12")
@pytest.mark.parametrize(
    "number",
    ["1.234,56", "1 234.56", "1\u202f234.56", "46000€", "1'234", "1e5000", "\u0661\u0662", "0x10"],
)
def test_a_number_as_a_spreadsheet_shows_it_is_refused_with_its_place(
    number: str, complaints: Complaints
) -> None:
    text = f'{HEAD}items:\n- {{id: a, category: infra, amount: "{number}"}}\n'

    (said,) = complaints(load, text, "plan.yaml")

    assert said.startswith(f"plan.yaml:3:36: items.0.amount: {number!r} is not a number; write ")


@pytest.mark.parametrize("number", ["1e999", "1e-999", "1e20", "100000000000000000000", "0.1e-18"])
def test_a_number_that_no_frame_could_hold_is_refused(number: str, complaints: Complaints) -> None:
    text = f"{HEAD}items:\n- {{id: a, category: infra, amount: {number}}}\n"

    assert complaints(load, text, "plan.yaml") == [
        (
            f"plan.yaml:3:36: items.0.amount: {number} has more than 20 digits before "
            "or 18 behind the point; shorten it"
        )
    ]


def test_no_items_are_no_plan(complaints: Complaints) -> None:
    assert complaints(load, HEAD + "items: []\n", "plan.yaml") == [
        "plan.yaml:2:8: items: a list must not be empty"
    ]


def test_two_items_of_one_id_name_both_lines(complaints: Complaints) -> None:
    assert complaints(load, f"{HEAD}items:\n{ITEM}{ITEM}", "plan.yaml") == [
        "plan.yaml:4:8: items.1.id: 'a' is already the item in line 3; choose another"
    ]


def test_contingency_is_no_item(complaints: Complaints) -> None:
    text = HEAD + "items:\n- {id: a, category: contingency, amount: 1}\n"

    assert complaints(load, text, "plan.yaml") == [
        (
            "plan.yaml:3:21: items.0.category: contingency is the plan's reserve, not an item; "
            "choose another category"
        )
    ]


@given(
    amounts=st.lists(st.decimals("0", "99999", places=2), min_size=1, max_size=5),
    rate=st.decimals("0", "1", places=4),
    months=st.integers(1, 36),
)
@settings(
    max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_months_and_items_sum_to_the_same_base(
    amounts: list[Decimal], rate: Decimal, months: int, tmp_path: Path
) -> None:
    items = "".join(
        f"- {{id: i{n}, category: infra, amount: {amount}, phasing: {{method: s_curve}}}}\n"
        for n, amount in enumerate(amounts)
    )
    head = HEAD.replace("months: 3", f"months: {months}") + f"contingency: {{rate: {rate}}}\n"
    (tmp_path / "plan.yaml").write_text(f"{head}items:\n{items}")

    found = load(tmp_path / "plan.yaml")

    assert sum(found.phased) == found.base == sum(amounts)
    assert found.total == found.base + found.contingency
    assert abs(found.contingency - rate * found.base) <= Decimal("0.005")


def three(written: Written, *heads: tuple[str, str]) -> list[Path]:
    return [
        written(f"plans/{name}.yaml", head + f"items:\n{ITEM}")
        for name, head in zip("abc", [head + approval for head, approval in heads], strict=False)
    ]


def said_by(paths: list[Path]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_all(paths, REGISTRY)
    return str(caught.value).splitlines()


def test_a_plan_is_about_a_known_project(written: Written) -> None:
    paths = three(written, (HEAD.replace("legal", "legal-7b"), ""))

    assert said_by(paths) == [
        "plans/a.yaml:1:17: plan.project: 'legal-7b' is not a project. Did you mean 'legal'?"
    ]


def test_a_project_may_be_named_by_an_alias(written: Written) -> None:
    (found,) = load_all(three(written, (HEAD.replace("legal", "LEGAL-70b"), "")), REGISTRY)

    assert found.project == "legal"


@pytest.mark.failure("F11")
def test_two_approved_plans_of_one_project_and_version_name_both_lines(written: Written) -> None:
    other = HEAD.replace("id: p", "id: q").replace("legal", "legal-70b")

    assert said_by(three(written, (HEAD, APPROVED), (other, APPROVED))) == [
        (
            "plans/b.yaml:1:44: plan.version: version 1 of 'legal' is approved in plans/a.yaml:1 "
            "too; raise one version, or mark one superseded"
        )
    ]


@pytest.mark.parametrize(
    ("head", "approval"),
    [
        (HEAD.replace("version: 1", "version: 2"), APPROVED),
        (HEAD.replace("legal", "support"), APPROVED),
        (HEAD, "approval: {status: superseded}\n"),
        (HEAD, ""),
    ],
)
def test_other_versions_projects_and_drafts_stand_beside_an_approved_plan(
    head: str, approval: str, written: Written
) -> None:
    assert len(load_all(three(written, (HEAD, APPROVED), (head, approval)), REGISTRY)) == 2


def test_every_mistake_of_every_file_is_shown(written: Written) -> None:
    paths = three(written, (HEAD.replace("USD", "usd"), ""), (HEAD.replace("2026", "26"), ""))

    assert [line.split(": ")[1] for line in said_by(paths)] == ["plan.currency", "plan.start"]


def test_the_current_plan_is_the_newest_approved_version(written: Written) -> None:
    second, third = (HEAD.replace("version: 1", f"version: {n}") for n in (10, 11))

    plans = load_all(three(written, (second, APPROVED), (HEAD, APPROVED), (third, "")), REGISTRY)

    assert [(found.project, found.version) for found in current(plans)] == [("legal", 10)]


BASE: Final = (
    HEAD
    + APPROVED
    + f"contingency: {{rate: 0.1}}\nitems:\n{ITEM}{PRICED.replace('id: a', 'id: b')}"
)
SCENARIO: Final = "plan: {id: q, version: 1, extends: base.yaml}\n"


def scenario(written: Written, text: str, head: str = SCENARIO) -> Plan:
    written("base.yaml", BASE)
    return load(written("plan.yaml", head + text))


def test_a_scenario_never_inherits_an_approval(written: Written) -> None:
    found = scenario(written, "")

    assert (found.status, found.project, found.id) == ("draft", "legal", "q")
    assert str(found.total) == "357.50"


@pytest.mark.parametrize(
    ("override", "amounts"),
    [
        ("{a: {amount: 100}}", {"a": "100", "b": "25.00"}),
        ("{b: {amount: 100}}", {"a": "300.00", "b": "100"}),
        ("{b: {quantity: {hours: 2, teams: 3}}}", {"a": "300.00", "b": "15.00"}),
        ("{b: {unit_price: 1}}", {"a": "300.00", "b": "10.00"}),
        (
            "{a: {quantity: {hours: 2}, unit: h, unit_price: 7}}",
            {"a": "14.00", "b": "25.00"},
        ),
        ("{a: {remove: true}}", {"b": "25.00"}),
        ("{a: {remove: false}}", {"a": "300.00", "b": "25.00"}),
    ],
)
def test_an_override_replaces_a_price_by_another_kind_of_price(
    override: str, amounts: dict[str, str], written: Written
) -> None:
    found = scenario(written, f"override: {override}\n")

    assert {item.id: str(item.amount) for item in found.items} == amounts


def test_a_scenario_may_add_items_and_change_the_horizon(written: Written) -> None:
    head = SCENARIO.replace("}", ", horizon_months: 6}")

    found = scenario(written, "items:\n" + ITEM.replace("id: a", "id: c"), head)

    assert [item.id for item in found.items] == ["a", "b", "c"]
    assert len(found.months) == len(found.items[0].phased) == 6


def test_a_scenario_changes_when_the_plan_it_extends_does(written: Written) -> None:
    before = scenario(written, "").fingerprint
    written("base.yaml", BASE.replace("300.00", "300.01"))

    assert load(Path("plan.yaml")).fingerprint != before


def test_a_scenario_of_a_scenario_is_a_plan(written: Written) -> None:
    scenario(written, "override: {a: {amount: 10}}\n")

    last = load(
        written(
            "last.yaml",
            SCENARIO.replace("base", "plan") + "override: {b: {remove: true}}\n",
        )
    )

    assert [(item.id, str(item.amount)) for item in last.items] == [("a", "10")]


@pytest.mark.parametrize(
    ("head", "text", "said"),
    [
        (SCENARIO, "override: {aa: {amount: 1}}\n",
         "plan.yaml:2:16: override.aa: no such item in base.yaml. Did you mean 'a'?"),
        (SCENARIO, "override: {a: {amuont: 1}}\n",
         "plan.yaml:2:16: override.a.amuont: unknown key. Did you mean 'amount'?"),
        (SCENARIO, "override: {a: {amount: 1.005}}\n",
         "plan.yaml:2:24: items.0.amount: 1.005 has more than 2 decimals; round it"),
        (SCENARIO, "items:\n" + ITEM,
         "plan.yaml:3:8: items.0.id: 'a' is an item of base.yaml; change it under override"),
        (SCENARIO.replace("base", "bse"), "",
         "plan.yaml:1:36: plan.extends: 'bse.yaml' is not there. Did you mean 'base.yaml'?"),
        (SCENARIO.replace("base", "../base"), "",
         ("plan.yaml:1:36: plan.extends: '../base.yaml' is not beside this file; "
         "write a file name only")),
        (SCENARIO.replace("base", "plan"), "",
         "plan.yaml:1:36: plan.extends: 'plan.yaml' extends this plan in turn; break the circle"),
        (SCENARIO.replace("extends", "extend"), "override: {}\n",
         "plan.yaml:1:27: plan.extend: unknown key. Did you mean 'extends'?"),
    ],
)  # fmt: skip
def test_a_scenario_that_cannot_be_meant_is_refused(
    head: str, text: str, said: str, written: Written, complaints: Complaints
) -> None:
    written("base.yaml", BASE)

    assert said in complaints(load, head + text, "plan.yaml")


def test_a_mistake_in_the_plan_that_is_extended_points_there_once(written: Written) -> None:
    written("plans/base.yaml", BASE.replace("300.00", "3OO"))
    paths = [written("plans/plan.yaml", SCENARIO), Path("plans/base.yaml")]

    assert said_by(paths) == [
        (
            "plans/base.yaml:5:36: items.0.amount: '3OO' is not a number; "
            "write plain digits, for example 1200.50"
        )
    ]


def test_a_circle_of_three_is_found(written: Written) -> None:
    names: dict[str, Any] = {"a": "b", "b": "c", "c": "a"}
    for name, base in names.items():
        written(f"{name}.yaml", SCENARIO.replace("base", base))

    with pytest.raises(ConfigError, match=r"c\.yaml:1:36: .*'a\.yaml' extends this plan in turn"):
        load(Path("a.yaml"))
