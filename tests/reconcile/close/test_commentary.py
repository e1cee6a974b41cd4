from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from models.comment import Comment
from models.period import Month
from reconcile.close.commentary import Commenting
from reconcile.close.state import Life, Stage
from reconcile.portfolio import Portfolio
from reconcile.report import commentary, life
from reconcile.report.commentary import commentary_table
from reconcile.state import State
from reconcile.tie_out import SourceState

PortfolioOf = Callable[..., Portfolio]
OCTOBER = Month(2026, 10)
MINUS, NONE = "\u2212", "\u2013"
FINAL = [SourceState(source="cloud", state="final")]


def row(project: str, category: str, cost: str) -> dict[str, Any]:
    day = date(2026, 10, 5)
    return {"project": project, "category": category, "day": day, "cost": Decimal(cost)}


def said(scope: str, **more: Any) -> Comment:
    known = {"month": OCTOBER, "text": "two more runs", "effect": "permanent"}
    return Comment(**{**known, "scope": scope, "by": "anna", "on": date(2026, 11, 3), **more})


@pytest.fixture(name="made", scope="module")
def made_fixture(portfolio_of: PortfolioOf, plan_of: Any) -> Callable[..., Portfolio]:
    """October: p far over on compute, even on data, infra without a plan; q under in all."""
    plans = [
        plan_of(
            "p",
            {("training_compute", "2026-10"): Decimal(10000), ("data", "2026-10"): Decimal(500)},
            contingency=Decimal(100),
        ),
        plan_of(
            "q",
            {
                (category, "2026-10"): Decimal(2000)
                for category in ("training_compute", "data", "labor")
            },
        ),
    ]
    rows = [
        row("p", "training_compute", "12000"),
        row("p", "data", "500"),
        row("p", "infra", "1"),
        *(row("q", category, "1100") for category in ("training_compute", "data", "labor")),
        row("unallocated", "unallocated", "1000"),
    ]

    def build(*comments: Comment, **given: Any) -> Portfolio:
        more = {"commenting": Commenting(comments=comments, days=10), **given}
        return portfolio_of(rows, plans=plans, sources=FINAL, **more)

    return build


def test_lines_that_somebody_has_to_explain(made: Callable[..., Portfolio]) -> None:
    assert [
        (each.number, each.scope, each.why, each.status, each.delta and each.delta.value)
        for each in made().commentary
    ] == [
        (1, "p/training_compute", "material", "overdue", Decimal(2000)),
        (2, "p/infra", "unplanned", "overdue", Decimal(1)),
        (3, "p/contingency", "contingency", "overdue", Decimal(100)),
        (4, "q", "material", "overdue", Decimal(-2700)),
        (5, "unallocated", "material", "overdue", Decimal(1000)),
    ]
    assert [each.title for each in made().commentary] == [
        *("p, Training compute", "p, Infra", "p, contingency", "q", "Unallocated"),
    ]


def test_what_nobody_asked_for_has_the_title_of_its_line(
    portfolio_of: PortfolioOf, plan_of: Any
) -> None:
    comments = (said("unallocated"), said("p"), said("p/data"))
    found = portfolio_of(
        [row("p", "data", "5"), row("unallocated", "unallocated", "1")],
        plans=[plan_of("p", {("data", "2026-10"): Decimal(5)})],
        sources=FINAL,
        commenting=Commenting(comments=comments, days=10),
    ).commentary

    titles = [(each.scope, each.title, each.why) for each in found]
    assert titles == [
        ("p", "p", ""),
        ("p/data", "p, Data", ""),
        ("unallocated", "Unallocated", ""),
    ]


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        (datetime(2026, 11, 10, 23, 59, 59, tzinfo=UTC), "missing"),
        (datetime(2026, 11, 11, tzinfo=UTC), "overdue"),
    ],
)
def test_a_missing_comment_is_overdue_after_its_days(
    made: Callable[..., Portfolio], as_of: datetime, status: str
) -> None:
    assert {each.status for each in made(as_of=as_of).commentary} == {status}


def test_a_comment_that_is_given_stands_beside_its_line(made: Callable[..., Portfolio]) -> None:
    given = said("p/training_compute", eac=Decimal(42000))
    other = said("p/data", text="as planned")
    past = said("p/infra", month=Month(2026, 9))

    report = made(given, other, past, said("portfolio"))
    first, *_, free, whole = report.commentary

    assert (first.comment, first.status, first.why) == (given, "given", "material")
    assert first.eac is not None
    assert (first.eac.id, first.eac.value) == (
        "p/training_compute/2026-10/said_eac",
        Decimal(42000),
    )
    assert (free.scope, free.why, free.status, free.number) == ("p/data", "", "given", 6)
    assert free.delta is not None
    assert (free.delta.id, free.eac) == ("p/data/2026-10/delta", None)
    assert (whole.scope, whole.title, whole.delta) == ("portfolio", "portfolio", None)
    assert [each.status for each in report.commentary[1:5]] == ["overdue"] * 4


def test_who_asks_for_no_comment_sees_none(made: Callable[..., Portfolio]) -> None:
    report = made(commenting=None)

    assert report.commentary == ()
    assert not commentary.section(report).shown


def test_the_section_shows_what_is_said_and_what_is_not(made: Callable[..., Portfolio]) -> None:
    given = said(
        "p/training_compute", action="freeze", owner="ben", due=date(2026, 11, 20), eac=Decimal(-5)
    )

    shown = commentary.section(made(given))
    first, second = shown.tables[0].rows[:2]

    assert [cell.text for cell in first] == [
        *("1", "p, Training compute", "given", "two more runs", "permanent", "freeze", "ben"),
        *("2026-11-20", "anna", "2026-11-03", "+2,000.00", f"{MINUS}5.00"),
    ]
    assert [cell.text for cell in second] == [
        *(
            "2",
            "p, Infra",
            "overdue",
            "unplanned",
            NONE,
            NONE,
            NONE,
            NONE,
            NONE,
            NONE,
            "+1.00",
            NONE,
        )
    ]
    assert (first[2].tone, second[2].tone) == ("", "red")
    assert shown.document[0] == {
        "number": 1,
        "scope": "p/training_compute",
        "why": "material",
        "status": "given",
        "delta": "2000.00",
        "text": "two more runs",
        "effect": "permanent",
        "effect_on_eac": "-5.00",
        "action": "freeze",
        "action_owner": "ben",
        "due": "2026-11-20",
        "author": "anna",
        "on": "2026-11-03",
    }
    assert shown.document[1]["effect"] is None
    assert (shown.document[1]["text"], shown.document[1]["delta"]) == ("", "1.00")


def test_missing_comments_are_a_table_of_their_own(made: Callable[..., Portfolio]) -> None:
    report = made()

    lines = commentary_table(report.commentary[:1], "USD", "table").splitlines()

    assert lines == [
        "Line                Why       Status     ΔPL USD",
        "p/training_compute  material  overdue  +2,000.00",
    ]
    assert commentary_table([], "USD", "table") == "no comment is missing\n"
    assert '"scope": "p/training_compute"' in commentary_table(report.commentary, "USD", "json")


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (
            Life(month=OCTOBER, stage=Stage.PROVISIONAL, reason="not final: aws"),
            "2026-10 is provisional: not final: aws.",
        ),
        (Life(month=OCTOBER, stage=Stage.CLOSED, version=2), "2026-10 is closed v2."),
    ],
)
def test_a_report_says_how_far_its_month_is(
    made: Callable[..., Portfolio], found: Life, line: str
) -> None:
    shown = life.section(made(life=found))

    assert shown.lines == (line,)
    assert shown.document == {
        "stage": found.stage.value,
        "version": found.version,
        "reason": found.reason,
    }
    assert life.section(made()).document is None


@pytest.mark.parametrize(("cost", "asked"), [("10999.99", []), ("11000", ["p/contingency"])])
def test_what_the_estimate_takes_from_contingency_is_asked_for_where_it_is_material(
    portfolio_of: PortfolioOf, plan_of: Any, cost: str, asked: list[str]
) -> None:
    """5 % of 20,000, and 1,000: planned 10,000 in September and October, actual of both alike."""
    planned = {("data", f"2026-{m:02}"): Decimal(10000) for m in (9, 10)}
    rows = [{**row("p", "data", "10000"), "day": date(2026, 9, 5)}, row("p", "data", cost)]
    report = portfolio_of(
        rows,
        plans=[plan_of("p", planned, contingency=Decimal(3000))],
        sources=FINAL,
        commenting=Commenting(),
    )
    (line,) = report.projects

    assert line.outlook is not None
    assert line.outlook.reserve.drawn.value == Decimal(cost) - 10000
    assert [each.scope for each in report.commentary if each.why == "contingency"] == asked


def states(report: Portfolio) -> dict[str, State]:
    """Return how each project stands, and their sum."""
    return {line.key: line.state for line in (*report.projects, report.total)}


@pytest.mark.parametrize(
    ("comments", "day", "required", "state"),
    [
        ((), 11, True, State.AT_RISK),
        ((), 10, True, State.ON_PLAN),
        ((), 11, False, State.ON_PLAN),
        ((said("r/data"),), 11, True, State.ON_PLAN),
    ],
)
def test_a_project_on_plan_is_at_risk_once_a_required_comment_is_overdue(
    portfolio_of: PortfolioOf,
    plan_of: Any,
    comments: tuple[Comment, ...],
    day: int,
    *,
    required: bool,
    state: State,
) -> None:
    """Planned 40,000 and spent 35,000 on data: 12.5 % below its plan; `ra` is even."""
    plans = [plan_of(name, {("data", "2026-10"): Decimal(40000)}) for name in ("r", "ra")]
    report = portfolio_of(
        [row("r", "data", "35000"), row("ra", "data", "40000")],
        plans=plans,
        sources=FINAL,
        commenting=Commenting(comments=comments, required=required),
        as_of=datetime(2026, 11, day, tzinfo=UTC),
    )

    assert states(report) == {"r": state, "ra": State.ON_PLAN, "portfolio": state}


def test_an_overdue_comment_makes_no_bad_state_better(made: Callable[..., Portfolio]) -> None:
    over = made(as_of=datetime(2026, 11, 10, tzinfo=UTC))
    late = made(as_of=datetime(2026, 11, 11, tzinfo=UTC))

    assert states(over)["p"] is State.OVER_LIMIT
    assert (states(late)["p"], states(late)["portfolio"]) == (
        State.OVER_LIMIT,
        states(over)["portfolio"],
    )
