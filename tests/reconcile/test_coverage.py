from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.category import UNALLOCATED
from models.period import Month
from models.project import Merged, Project
from models.rule.claim import CLAIMS
from models.rule.claimgroup import CONTESTED, OPEN, OVERTAKEN, SPELLING, WON
from models.rule.rule import Condition, Rule, Target
from reconcile.alerts import Alert, decide
from reconcile.claimed import Claim, claimed
from reconcile.coverage import shares, total
from reconcile.portfolio import Portfolio
from reconcile.report import coverage, document, markdown, page, rulecheck, text
from reconcile.report.coverage import Covered
from reconcile.rulecheck import GATES, Quiet, checked, quiet
from reconcile.ruling import (
    CONFLICTS,
    COVERAGE,
    RULE_USE,
    Ruling,
    conflicts_frame,
    coverage_frame,
    rule_use_frame,
    ruling,
)
from reconcile.unassigned import message, unassigned

OCTOBER = Month(2026, 10)
SEPTEMBER = Month(2026, 9)
SpendOf = Callable[[Iterable[Mapping[str, Any]]], pl.DataFrame]
PortfolioOf = Callable[..., Portfolio]


def row(cost: str, project: str = "bot", **what: Any) -> dict[str, Any]:
    given = {"project": project, "category": "data", "day": date(2026, 10, 5)}
    return {**given, "cost": Decimal(cost), **what}


def claim_frame(*rows: Mapping[str, Any]) -> pl.DataFrame:
    plain = {"month": "2026-10", "source": "cloud", "currency": "USD", "keys": 1, "lines": 1}
    silent = {"month": None, "source": None, "currency": None, "lines": 0}
    full = [
        {
            "amount": Decimal(0),
            **plain,
            **(silent if each["kind"] in {WON, OVERTAKEN} else {}),
            **each,
        }
        for each in rows
    ]
    return pl.DataFrame([{name: each.get(name) for name in CLAIMS} for each in full], schema=CLAIMS)


@pytest.fixture(name="percent")
def percent_fixture(spend_of: SpendOf, rates_of: Any) -> Callable[..., Decimal | None]:
    def percent(*rows: Mapping[str, Any]) -> Decimal | None:
        found = total(shares(spend_of(rows), rates_of(), "USD")).get(OCTOBER)
        return found.percent if found else None

    return percent


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row("75"), row("25", UNALLOCATED)], "75"),
        ([row("75", lines=1), row("25", UNALLOCATED, lines=999)], "75"),  # never by rows
        ([row("100"), row("-20"), row("20", UNALLOCATED)], "80"),  # own credits count against it
        ([row("90"), row("-10", UNALLOCATED)], "90"),  # never above 100
        # a credit that nobody has hides no cost that nobody has
        (
            [
                row("80"),
                row("10", UNALLOCATED),
                row("-10", UNALLOCATED, charge_category="Credit"),
            ],
            "80",
        ),
        ([row("-50"), row("50", UNALLOCATED)], "50"),
        ([row("0"), row("0", UNALLOCATED)], None),
        ([], None),
        ([row("-5", UNALLOCATED)], "0"),
        ([row("60", "a", path="pool"), row("40", UNALLOCATED, path="pool")], "60"),
    ],
)
def test_the_share_is_of_cost_and_stays_between_none_and_all(
    percent: Callable[..., Decimal | None], rows: list[dict[str, Any]], expected: str | None
) -> None:
    found = percent(*rows)

    assert found == (None if expected is None else Decimal(expected))


COSTS = st.lists(
    st.builds(
        row,
        st.integers(-999, 999).map(str),
        st.sampled_from(["bot", "legal", UNALLOCATED]),
        source=st.sampled_from(["cloud", "labels"]),
        charge_category=st.sampled_from(["Usage", "Credit"]),
        project_rule=st.sampled_from(["tag", "account"]),
    ),
    max_size=8,
)


@given(rows=COSTS)
@settings(max_examples=15, deadline=None)
def test_shares_add_up_to_the_spend_and_are_percentages(
    spend_of: SpendOf, rates_of: Any, rows: list[dict[str, Any]]
) -> None:
    found = shares(spend_of(rows), rates_of(), "USD", tagging=["tag"])

    whole = total(found).values()
    assert sum(each.allocated + each.unallocated for each in whole) == sum(r["cost"] for r in rows)
    for share in (*found.values(), *whole):
        for percent in (share.percent, share.open_percent, share.tagged_percent):
            assert percent is None or 0 <= percent <= 100


def test_currencies_are_converted_before_they_are_compared(
    spend_of: SpendOf, rates_of: Any
) -> None:
    rows = [row("50", currency="EUR"), row("100", UNALLOCATED)]
    rates = rates_of({("EUR", "2026-10"): Decimal(2)})

    found = total(shares(spend_of(rows), rates, "USD"))

    assert found[OCTOBER].percent == 50


def test_coverage_of_the_warehouse_has_sources_and_their_sum_with_the_change(
    spend_of: SpendOf, rates_of: Any
) -> None:
    rows = [
        row("10", day=date(2026, 9, 5)),
        row("3"),
        row("1", UNALLOCATED),
        row("4", source="labels"),
    ]

    frame = coverage_frame(shares(spend_of(rows), rates_of(), "USD"), "USD")

    assert frame.schema == COVERAGE
    assert frame.select("source", "month", "percent", "change").rows() == [
        ("", "2026-09", 100, None),
        ("", "2026-10", Decimal("87.5"), Decimal("-12.5")),
        ("cloud", "2026-09", 100, None),
        ("cloud", "2026-10", 75, -25),
        ("labels", "2026-10", 100, None),
    ]


@pytest.mark.failure("D14")
@pytest.mark.parametrize(("now", "told"), [("60", True), ("90", False), ("80", False)])
def test_tags_that_decide_much_less_than_the_month_before_are_told(
    portfolio_of: PortfolioOf, now: str, *, told: bool
) -> None:
    rest = str(100 - int(now))
    rows = [
        row("90", project_rule="tag", day=date(2026, 9, 5)),
        row("10", project_rule="account", day=date(2026, 9, 5)),
        row(now, project_rule="tag"),
        row(rest, project_rule="account"),
    ]

    p = portfolio_of(rows, ruling=Ruling(tagging=frozenset({"tag"})))

    expected = (
        "cloud: 2026-10: tags decide the project of 60.0 % of cost, 30.0 points less than in "
        "2026-09; see whether bills still carry them: `trueup rules coverage` [tags_lost]"
    )
    assert [str(each) for each in p.problems] == ([expected] if told else [])


RULES = (
    Rule("tag", (Condition("tag.project", ("*",)),), Target(project_tag="project")),
    Rule("late", (Condition("account", ("1",)),), Target(project="bot")),
    Rule("typo", (Condition("account", ("l",)),), Target(project="bot"), until=date(2026, 3, 31)),
    Rule("soon", (Condition("account", ("2",)),), Target(project="bot"), since=date(2027, 1, 1)),
    Rule("term", (Condition("service", ("*",)),), Target(category="data")),
    Rule("rest", (Condition("source", ("*",)),), Target(project="bot")),
)
CLAIMED = (
    {"kind": WON, "rule": "tag", "keys": 3},
    {"kind": OVERTAKEN, "rule": "late", "other_rule": "tag", "keys": 2},
    {"kind": OVERTAKEN, "rule": "rest", "other_rule": "tag", "keys": 3},
    {
        "kind": CONTESTED,
        "rule": "tag",
        "project": "bot",
        "other_rule": "late",
        "other_project": "legal",
        "lines": 2,
        "amount": Decimal("30.5"),
        "resource": "pod-1",
        "tags": '{"project":"bot"}',
    },
    {
        "kind": SPELLING,
        "rule": "tag",
        "project": "bot",
        "other_project": "legal",
        "tag": "project",
        "used": "Project",
        "used_value": "bot",
        "ignored": "project",
        "ignored_value": "legal",
        "amount": Decimal(-40),
    },
    {
        "kind": SPELLING,
        "rule": "tag",
        "project": "bot",
        "tag": "team",
        "used": "Team",
        "used_value": "a",
        "ignored": "team",
        "ignored_value": "b",
        "amount": Decimal(1),
    },
    {"kind": OPEN, "account": "9", "service": "S", "tag": "project=x", "amount": Decimal(25)},
    {"kind": OPEN, "account": "8", "amount": Decimal(0)},
)


@pytest.fixture(name="ruled")
def ruled_fixture(spend_of: SpendOf, rates_of: Any) -> Ruling:
    direct = spend_of(
        [
            row("70", project_rule="tag", category_rule="term", lines=3),
            row("5", project_rule="tag", category_rule="none", day=date(2026, 9, 2)),
        ]
    )
    return ruling(RULES, direct, claim_frame(*CLAIMED), rates_of(), "USD", date(2026, 11, 20))


def test_the_use_of_each_rule_is_told(ruled: Ruling) -> None:
    uses = {use.rule: use for use in ruled.uses}

    assert {rule: use.state for rule, use in uses.items()} == {
        "tag": "used",
        "late": "overtaken",
        "typo": "unmatched",
        "soon": "coming",
        "term": "used",
        "rest": "spare",
    }
    assert (uses["tag"].project_lines, uses["tag"].project_amount) == (4, Decimal(75))
    assert (uses["tag"].first, uses["tag"].last) == (date(2026, 9, 2), date(2026, 10, 5))
    assert (uses["term"].category_lines, uses["term"].category_amount) == (3, Decimal(70))
    assert (uses["late"].by, uses["late"].keys) == ("tag", 2)
    assert (uses["typo"].expired, uses["soon"].expired) == (True, False)
    assert ruled.tagging == {"tag"}


@pytest.mark.failure("D04")
def test_conflicts_and_the_use_of_rules_are_tables_of_the_warehouse(ruled: Ruling) -> None:
    conflicts, uses = conflicts_frame(ruled, "USD"), rule_use_frame(ruled, "USD")

    assert (conflicts.schema, uses.schema) == (CONFLICTS, RULE_USE)
    assert conflicts.select("kind", "rule", "other_rule", "other_project", "amount").rows() == [
        ("spelling", "tag", "", "legal", -40),
        ("contested", "tag", "late", "legal", Decimal("30.5")),
    ]
    assert uses["rule"].to_list() == [rule.id for rule in RULES]


def test_claims_are_in_one_currency_and_largest_first(rates_of: Any) -> None:
    frame = claim_frame(
        {"kind": OPEN, "amount": Decimal(3)},
        {"kind": OPEN, "amount": Decimal(-2), "currency": "EUR"},
    )

    found = claimed(frame, rates_of({("EUR", "2026-10"): Decimal(2)}), "USD")

    assert [each.amount for each in found] == [-4, 3]


NOTES = [
    (
        "two projects claim 3 lines of \u22129.50 USD in 2026-10; largest: rule tag gives "
        "\u221240.00 of cloud to bot, tag project would give it to legal; see `trueup rules check`"
    ),
    "rules that match nothing: typo; see `trueup rules check`",
    "rules that others overtake in all they match: late; see `trueup rules check`",
]


@pytest.fixture(name="reported")
def reported_fixture(portfolio_of: PortfolioOf, ruled: Ruling) -> Portfolio:
    return portfolio_of(
        [row("75", day=date(2026, 9, 5)), row("75"), row("25", UNALLOCATED)], ruling=ruled
    )


@pytest.mark.failure("D04")
def test_a_report_notes_conflicts_and_rules_without_effect_in_a_line_each(
    reported: Portfolio,
) -> None:
    assert [*reported.notes] == NOTES


def test_many_rules_without_effect_are_one_line(portfolio_of: PortfolioOf, ruled: Ruling) -> None:
    typo = next(use for use in ruled.uses if use.rule == "typo")

    p = portfolio_of([], ruling=Ruling(uses=(typo,) * 9))

    assert [*p.notes] == [
        "rules that match nothing: typo, typo, typo and 6 more; see `trueup rules check`"
    ]


@pytest.mark.failure("D05")
def test_every_form_of_the_report_shows_coverage_and_what_is_open(reported: Portfolio) -> None:
    rendered = {
        "text": text.render(reported),
        "markdown": markdown.render(reported),
        "page": page.render(reported),
    }

    for form, shown in rendered.items():
        for word in ("100", "75", "25.00", "project=x", "legal"):
            assert word in shown, (form, word)
    content = document.document(reported)["allocation"]
    assert content["total"]["change"] == "-25.00"
    assert [each["percent"] for each in content["sources"][0]["months"]] == ["100.00", "75.00"]
    assert [each["account"] for each in content["open"]] == ["9"]
    assert content["rules_without_effect"] == ["late", "typo"]


def test_every_number_of_the_section_is_a_figure(reported: Portfolio) -> None:
    figures = reported.figures

    assert figures["source/cloud/2026-10/allocated_pct"].value == 75
    assert figures["portfolio/2026-10/allocated_pct"] is reported.allocation.percent
    assert figures["portfolio/2026-10/allocated_change"].value == -25
    assert figures["portfolio/2026-09/open_cost"].value == 0
    assert figures["open/1/2026-10/open_cost"].value == 25
    assert figures["conflict/1/2026-10/conflict_cost"].value == -40
    assert figures["portfolio/2026-10/conflict_lines"].value == 3
    assert "rows" in figures["open/1/2026-10/open_lines"].unit


def test_the_trend_has_a_year_at_most_and_gaps_where_nothing_was_spent(
    portfolio_of: PortfolioOf,
) -> None:
    first, gap = Month(2025, 9), Month(2026, 8)
    rows = [row("1", day=(first + n).first) for n in range(14) if first + n != gap]

    p = portfolio_of(rows)

    assert [str(month) for month in p.allocation.months][::11] == ["2025-11", "2026-10"]
    (line,) = p.allocation.sources
    assert [cell is None for cell in line.cells].index(True) == p.allocation.months.index(gap)


@pytest.fixture(name="covered")
def covered_fixture(spend_of: SpendOf, rates_of: Any, ruled: Ruling) -> Covered:
    rows = [row("3"), row("1", UNALLOCATED), row("2", source="labels", day=date(2026, 9, 2))]
    found = shares(spend_of(rows), rates_of(), "USD")
    whole = {("", month): share for month, share in total(found).items()}
    return Covered(
        by="source",
        currency="USD",
        months=(SEPTEMBER, OCTOBER),
        shares=found | whole,
        target=Decimal(80),
        open=tuple(each for each in ruled.claims if each.open),
    )


def test_coverage_as_a_table(covered: Covered) -> None:
    assert coverage.table(covered) == (
        "cost with a project in percent of all cost, 2026-10; aimed at are 80 %; amounts in USD\n"
        "source  2026-09  2026-10  points  allocated  unallocated\n"
        "cloud         \u2013     75.0       \u2013       3.00         1.00\n"
        "labels    100.0        \u2013       \u2013       0.00         0.00\n"
        "all       100.0     75.0   \u221225.0       3.00         1.00\n"
        "\n"
        "largest cost of 2026-10 without a project; see `trueup rules suggest`\n"
        "source  account  service  resource  tags that rules see  lines   cost\n"
        "cloud   9        S        \u2013         project=x                1  25.00\n"
    )


def test_coverage_as_json(covered: Covered) -> None:
    content = json.loads(coverage.document(covered))

    assert (content["month"], content["target"]) == ("2026-10", "80.00")
    assert content["coverage"][1] == {
        "name": "",
        "month": "2026-10",
        "percent": "75.00",
        "change": "-25.00",
        "allocated": "3.00",
        "unallocated": "1.00",
    }


def test_projects_without_spend_are_told_with_the_rules_that_name_them() -> None:
    merged = Merged(into="bot", on=date(2026, 10, 1))
    projects = [
        Project(id="bot"),
        Project(id="legal"),
        Project(id="voice", start=date(2027, 1, 1)),
        Project(id="old", merged=merged),
    ]
    rules = (Rule("late", (), Target(project="legal")),)

    found = quiet(projects, rules, {"bot"}, date(2026, 11, 20))

    assert [*found] == [Quiet("legal", ("late",))]


def test_the_findings_about_rules_as_a_table(ruled: Ruling) -> None:
    check = checked(
        ruled, "USD", quiet=[Quiet("legal", ()), Quiet("voice", ("x",))], lookalikes=(), splits=()
    )

    shown = rulecheck.table(check, 1)

    lines = shown.splitlines()
    assert lines[1].split() == ["tag", "used", "4", "75.00", "0", "0.00", "2026-10-05"]
    assert [line.split()[-3:] for line in lines if line.startswith("late")] == [
        ["tag", "comes", "first"]
    ]
    assert "ended 2026-03-31" in shown
    assert "from 2027-01-01 on" in shown
    assert "two projects claim the same lines: 3 lines, \u22129.50 USD" in shown
    assert "and 1 more: --top, or -f json" in shown
    assert "spellings of one tag differ, and the first is read: 1 line, 1.00 USD" in shown
    assert "project legal has no spend; no rule names it" in shown
    assert lines[-1] == (
        "6 rules: conflicts 2, unmatched 1, overtaken 1, spellings 1, lookalikes 0, projects 2, "
        "splits 0"
    )


def test_the_findings_about_rules_as_json(ruled: Ruling) -> None:
    check = checked(ruled, "USD", quiet=(), lookalikes=(), splits=())

    content = json.loads(rulecheck.document(check, 1))

    assert set(content["counts"]) == set(GATES)
    assert [each["amount"] for each in content["conflicts"]] == ["-40.00", "30.50"]
    assert content["rules"][1]["overtaken_by"] == "tag"
    assert content["rules"][2]["until"] == "2026-03-31"


@pytest.mark.failure("D05")
def test_too_much_cost_without_a_project_opens_an_alert_and_less_ends_it(
    portfolio_of: PortfolioOf, reported: Portfolio
) -> None:
    ((act, alert),) = decide([unassigned(reported, Decimal(20))], {}, today="2026-11-20")

    said = message(act, alert, reported, Decimal(20))

    assert (act, alert.excess) == ("opened", Decimal(5))
    assert said.subject == "unallocated: 25.0 % of 2026-10 without a project, 25 USD"
    assert "25.00 of 100.00 USD have no project: 25.0 %; accepted are 20 %." in said.text
    assert "cloud 9 S 25.00" in said.text
    assert "Rule unallocated_over (warning)." in said.text
    better = portfolio_of([row("90"), row("10", UNALLOCATED)])
    ((act, alert),) = decide(
        [unassigned(better, Decimal(20))], {alert.key: alert}, today="2026-11-21"
    )
    assert act == "resolved"
    assert message(act, alert, better, Decimal(20)).subject == (
        "unallocated: 10.0 % of 2026-10 without a project, within 20 % again"
    )


@pytest.mark.failure("D05")
def test_exactly_what_is_accepted_opens_nothing(reported: Portfolio) -> None:
    assert decide([unassigned(reported, Decimal(25))], {}, today="2026-11-20") == []


def test_a_month_that_still_runs_is_not_judged(portfolio_of: PortfolioOf) -> None:
    running = portfolio_of([row("9", UNALLOCATED, day=date(2026, 11, 2))], month=Month(2026, 11))
    known: dict[str, Alert] = {}

    assert decide([unassigned(running, Decimal(20))], known, today="2026-11-20") == []


def test_a_claim_says_what_it_is() -> None:
    texts = dict.fromkeys(Claim.__slots__, "")
    given: dict[str, Any] = {**texts, "month": OCTOBER, "keys": 1, "lines": 1, "amount": Decimal(1)}

    spelled = Claim(**{**given, "kind": SPELLING})

    assert (spelled.conflict, spelled.differing, spelled.open) == (False, True, False)
