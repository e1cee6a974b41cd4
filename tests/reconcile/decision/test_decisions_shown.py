from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import polars as pl
import pytest

from models.beside import BESIDE
from models.decision.file import DecisionFile, Draw
from models.period import Month
from reconcile.decision.asked import Asked, IdleMachine
from reconcile.decision.endpoint import Endpoint
from reconcile.decision.mix import CAVEAT
from reconcile.portfolio import Portfolio
from reconcile.report import decisiontext, document, markdown
from reconcile.report.schema import REPORT_SCHEMA
from reconcile.run.table import RUNS

D = Decimal
F = Fraction
OCTOBER = Month(2026, 10)
USAGE = pl.Schema({**BESIDE["usage"].schema, "project": pl.String()})


@dataclass(frozen=True)
class Lever:
    id: str
    item: str
    factor: str
    planned_reduction: Decimal


def used(driver: str, quantity: str, day: date = date(2026, 10, 9), **said: Any) -> dict[str, Any]:
    return {"driver": driver, "quantity": D(quantity), "day": day, "project": "bot", **said}


def ran(run: str, outcome: str, cost: str, state: str = "", **said: Any) -> dict[str, Any]:
    base = {"month": "2026-10", "project": "bot", "run_id": run, "outcome": outcome}
    return {**base, "state": state or outcome, "cost": D(cost), "gpu_hours": D(45), **said}


def charged(category: str, item: str, cost: str, **said: Any) -> dict[str, Any]:
    base = {"project": "bot", "category": category, "item": item, "day": date(2026, 10, 9)}
    return {**base, "cost": D(cost), **said}


FILE = DecisionFile.model_validate(
    {
        "draws": [
            {"project": "bot", "on": day, "amount": amount, "item": "train", "by": "cfo",
             "reason": "more runs"}
            for day, amount in (("2026-09-03", "40"), ("2026-10-02", "20"))
        ],
        "hosting": [
            {"id": "chat", "project": "bot", "items": ["serve"], "ops_share": "0.5",
             "tco_months": 10, "api": {"price": {"low": "0.015", "high": "0.06"}},
             "capacity": {"tokens_per_second": "1500", "utilisation": "0.60"}}
        ],
        "data_prep": [{"project": "bot", "items": ["eng"]}],
    }
)  # fmt: skip


@pytest.fixture(name="told", scope="module")
def told_fixture(portfolio_of: Any, plan_of: Any, item_of: Any) -> Callable[..., Portfolio]:
    """Return the report of a project with everything that decisions are about."""
    plan = plan_of(
        project="bot",
        contingency=D(100),
        start=OCTOBER,
        items=[
            item_of("train", "training_compute", [D(400)],
                    {"runs": D(4), "gpu_hours_per_run": D(40)}, "gpu-hour", D("2.50")),
            item_of("label", "data", [D(3000)], {"labels": D(1500)}, "label", D(2)),
            item_of("eng", "labor", [D(1000)]),
            item_of("serve", "inference", [D(1800)]),
        ],
    )  # fmt: skip
    rows = [
        charged("training_compute", "train", "540", consumed_unit="GPU-Hours",
                consumed_quantity=D(225)),
        charged("training_compute", "train", "60", pricing_category="Dynamic", list_cost=D(200)),
        charged("inference", "serve", "1825"),
        charged("ops_overhead", "", "1200"),
        charged("labor", "eng", "900"),
        charged("data", "label", "1000"),
    ]  # fmt: skip

    def build(**given: Any) -> Portfolio:
        asked: dict[str, Any] = {
            "file": FILE,
            "draws": {"bot": FILE.draws},
            "levers": {"bot": [Lever("lora", "train", "gpu_hours_per_run", D("0.80"))]},
            "usage": pl.DataFrame([used("tokens", "40000000", detail="input")], schema=USAGE),
            "runs": pl.DataFrame(
                [*(ran(str(n), "succeeded", "100") for n in range(3)),
                 ran("3", "failed", "100"), ran("4", "succeeded", "40", "preempted")],
                schema=RUNS,
            ),
        }  # fmt: skip
        found: Portfolio = portfolio_of(
            [*rows, *given.pop("rows", ())], plans=[plan], asked=Asked(**{**asked, **given})
        )
        return found

    return build


@pytest.fixture(name="p", scope="module")
def p_fixture(told: Callable[..., Portfolio]) -> Portfolio:
    return told()


def values(line: Any, *names: str) -> list[str | None]:
    found = [getattr(line, name).value for name in names]
    return [None if value is None else f"{value.normalize():f}" for value in found]


@pytest.mark.failure("F04")
def test_contingency_is_opened_drawn_and_left(p: Portfolio) -> None:
    (line,) = p.decisions.contingencies

    assert values(line, "opening", "drawn", "balance", "used") == ["160", "60", "100", "37.5"]
    assert [values(each, "drawn", "balance") for each in line.draws] == [
        ["40", "120"],
        ["20", "100"],
    ]
    assert line.draws[0].reasons == ("train: more runs (cfo, 2026-09-03)",)
    assert line.room.value == 6200 + 100 - 5525
    assert not line.measured


def test_the_levers_of_the_oracle_in_a_report(told: Callable[..., Portfolio]) -> None:
    """Five runs of 45 hours at 2.40; the plan has four of 40, with LoRA, instead of 200."""
    found = told(rows=[charged("training_compute", "train", "-60")]).decisions

    (line,) = found.levers
    assert values(line, "planned", "counterfactual", "actual", "saving", "naive", "output") == [
        "1600", "2500", "540", "1960", "1460", "500",
    ]  # fmt: skip
    assert [(each.factor, *values(each, "planned", "cut", "saving")) for each in line.factors] == [
        ("gpu_hours_per_run", "80", "77.5", "1937.5"),
        ("unit_price", None, "4", "22.5"),
    ]


def test_spot_saved_what_it_lists_for_less_paid_less_what_ran_again(p: Portfolio) -> None:
    (line,) = p.decisions.spots

    assert values(line, "listed", "paid", "rerun", "saving") == ["200", "60", "40", "100"]


@pytest.mark.parametrize("listed", ["60", "59"])
def test_a_bill_that_lists_spot_at_its_own_price_says_nothing_of_a_saving(
    told: Callable[..., Portfolio], listed: str
) -> None:
    extra = charged("training_compute", "train", "0", pricing_category="Dynamic",
                    list_cost=D(listed) - 200)  # fmt: skip
    p = told(rows=[extra])

    (line,) = p.decisions.spots
    assert values(line, "listed", "paid", "rerun", "saving") == [None, "60", "40", None]
    said = "bot: the bill lists spot hours at what was paid; no saving is known."
    assert said in decisiontext.table(p.decisions, OCTOBER, "USD")


def test_hosting_is_compared_from_actual_cost_and_tokens(p: Portfolio) -> None:
    (line,) = p.decisions.hostings
    assert line.begin is not None

    assert values(line, "tokens", "low", "high", "capacity") == [
        "40000000", "0.015", "0.06", "2365200000",
    ]  # fmt: skip
    assert values(line.keep, "fixed", "per_1k") == ["2425", "0.060625"]
    assert line.keep.even_high.value == D("40416666.666666666666666667")
    assert line.keep.answer == "the API costs less than hosting at every price given"
    assert line.keep.replicas == 1
    # what made the model, 600 + 900 + 1000, over ten months
    assert values(line.begin, "fixed") == ["2675"]
    assert not line.full


def test_without_tco_months_nobody_asks_whether_we_should_have(
    told: Callable[..., Portfolio],
) -> None:
    other = FILE.hosting[0].model_copy(update={"tco_months": None, "ops_share": D(0)})

    (line,) = told(file=FILE.model_copy(update={"hosting": (other,)})).decisions.hostings

    assert line.begin is None
    assert values(line.keep, "fixed", "per_1k") == ["1825", "0.045625"]
    assert line.keep.answer.startswith("depends on the price: ")


def test_tokens_by_direction_blend_the_price_and_those_of_training_do_not_count(
    told: Callable[..., Portfolio],
) -> None:
    api = {"input": {"low": 1, "high": 2}, "output": {"low": 5, "high": 6}}
    asked = {"id": "chat", "project": "bot", "api": api, "models": ["Bot-1"]}
    usage = [
        used("tokens", "3000", detail="input cached", model="bot-1"),
        used("tokens", "1000", detail="output", model="BOT-1"),
        used("tokens", "7000", detail="training", model="bot-1"),
        used("tokens", "500", detail="output", model="other"),
        used("tokens", "100", date(2026, 9, 30), detail="output", model="bot-1"),
    ]

    (line,) = told(
        file=DecisionFile.model_validate({"hosting": [asked]}),
        usage=pl.DataFrame(usage, schema=USAGE),
    ).decisions.hostings

    assert values(line, "tokens", "low", "high", "capacity") == ["4000", "2", "3", None]
    assert line.keep.replicas is None


def test_prices_in_another_currency_are_converted_at_the_rate_of_the_month(
    rates_of: Any, portfolio_of: Any
) -> None:
    api = {"price": {"low": 1, "high": 2}}
    asked = {"id": "chat", "project": "bot", "currency": "EUR", "own_per_1k": 1, "api": api}
    file = DecisionFile.model_validate({"hosting": [asked]})
    rates = rates_of({("EUR", "2026-10"): D("1.5")})

    p = portfolio_of([charged("inference", "", "3")], rates=rates, asked=Asked(file=file))

    (line,) = p.decisions.hostings
    assert values(line, "low", "high", "tokens") == ["1.5", "3", "0"]
    assert values(line.keep, "even_low", "even_high", "per_1k") == [None, "2000", None]


def test_labels_without_a_target_tell_hours_and_no_saving(told: Callable[..., Portfolio]) -> None:
    levers = {"bot": [Lever("active_learning", "label", "labels", D("0.25"))]}
    usage = [used("labels_accepted", "800"), used("labor_hours", "12.50")]

    p = told(levers=levers, usage=pl.DataFrame(usage, schema=USAGE))

    (line,) = p.decisions.levers
    assert (line.factors, line.saving.value) == ((), None)
    assert (
        "active_learning  no quality target was reached, so nobody knows how many labels were "
        "needed; so far 800 labels were accepted, and 12.5 hours of labor approved"
    ) in decisiontext.table(p.decisions, OCTOBER, "USD")


def test_labels_up_to_the_day_of_the_target_tell_a_saving(told: Callable[..., Portfolio]) -> None:
    """2,000 labels at 2.00 without the lever; 800 were enough, and cost 1,000."""
    file = {"quality": [{"project": "bot", "item": "label", "kpi": "F1", "reached": "2026-10-20"}]}
    usage = [used("labels_accepted", "800"), used("labels_accepted", "9", date(2026, 10, 21))]

    (line,) = told(
        levers={"bot": [Lever("active_learning", "label", "labels", D("0.25"))]},
        file=DecisionFile.model_validate(file),
        usage=pl.DataFrame(usage, schema=USAGE),
        rows=[charged("data", "label", "77", day=date(2026, 10, 21))],
    ).decisions.levers

    assert values(line, "planned", "counterfactual", "actual", "saving") == [
        "1000", "4000", "1000", "3000",
    ]  # fmt: skip
    assert [(each.factor, *values(each, "cut", "saving")) for each in line.factors] == [
        ("labels", "60", "2400"),
        ("unit_price", "37.5", "600"),
    ]


@pytest.mark.parametrize(
    ("lever", "reason"),
    [
        (Lever("l", "eng", "hours", D("0.1")),
         "the plan states an amount and no factors, so there is no baseline"),
        (Lever("l", "train", "epochs", D("0.1")), "'epochs' is not a factor of the item"),
        (Lever("l", "train", "runs", D(1)),
         "lever l takes all of it away, so there is no baseline"),
    ],
)  # fmt: skip
def test_a_lever_without_a_baseline_says_why(
    told: Callable[..., Portfolio], lever: Lever, reason: str
) -> None:
    (line,) = told(levers={"bot": [lever]}).decisions.levers

    assert (line.reason, line.factors) == (reason, ())


def test_without_runs_or_hours_a_lever_cannot_be_told(told: Callable[..., Portfolio]) -> None:
    (line,) = told(runs=pl.DataFrame(schema=RUNS)).decisions.levers

    assert line.reason == "no run and no hours of accelerators are known"


def test_what_idles_is_told_with_money_a_month(told: Callable[..., Portfolio]) -> None:
    days = [date(2026, 10, 31) - timedelta(n) for n in range(40)]
    idle, busy, silent = (
        Endpoint(project="bot", name=name, costs=dict.fromkeys(days, D(12)), requests=calls)
        for name, calls in (
            ("idle", dict.fromkeys(days, D(0))),
            ("busy", dict.fromkeys(days, D(1))),
            ("silent", {}),
        )
    )
    p = told(
        endpoints=(busy, idle, silent),
        machines=(IdleMachine(name="m1", hours=D(3), cost=D(7)),
                  IdleMachine(name="m2", hours=D(0), cost=D(0))),
        rows=[charged("inference", "serve", "0", day=date(2026, 10, 31))],
    )  # fmt: skip

    (zombie,) = p.decisions.zombies
    assert (zombie.name, zombie.since) == ("idle", days[-1] + timedelta(7))
    assert values(zombie, "days", "cost", "monthly") == ["33", "396", "360"]
    assert [each.name for each in p.decisions.unmeasured] == ["silent"]
    assert [values(each, "hours", "cost") for each in p.decisions.machines] == [["3", "7"]]
    said = decisiontext.table(p.decisions, OCTOBER, "USD")
    assert "silent (bot): costs, and nobody counts its calls: unknown." in said


def test_hours_of_shared_machines_that_nobody_used_are_told_by_split(
    told: Callable[..., Portfolio],
) -> None:
    idle = {"project": "unallocated", "path": "platform > idle", "consumed_unit": "GPU-Hours"}
    p = told(
        machines=(IdleMachine(name="platform", hours=D(3), cost=D(70)),),
        rows=[
            charged("infra", "", "40", consumed_quantity=D(16), **idle),
            charged("infra", "", "20", consumed_quantity=D(9), **idle | {"consumed_unit": "GB"}),
            charged("infra", "", "90", **idle | {"path": "platform > unclaimed"}),
            charged("infra", "", "90", **idle | {"day": date(2026, 9, 30)}),
            charged("infra", "", "90", consumed_quantity=D(8), **idle | {"adjusts": "2026-08"}),
            charged("infra", "", "-5", **idle | {"path": "credit > idle"}),
        ],
    )

    assert [(each.name, *values(each, "hours", "cost")) for each in p.decisions.machines] == [
        ("platform", "3", "70"),
        ("platform", "16", "60"),
    ]
    assert p.figures["shared/platform/2026-10/machine_cost"].value == 60
    assert "Own and shared machines: hours of the month that nobody used, USD" in (
        decisiontext.table(p.decisions, OCTOBER, "USD")
    )


def test_data_share_and_runs_are_information(p: Portfolio) -> None:
    (mix,), (runs,) = p.decisions.mixes, p.decisions.iterations

    assert values(mix, "share", "prepared", "planned") == ["18.099548", "34.38914", "48.387097"]
    assert values(runs, "planned", "runs", "failed", "per_success") == ["4", "5", "20", "110"]
    assert CAVEAT in markdown.render(p)


def test_the_section_is_the_same_in_each_form(p: Portfolio) -> None:
    shown = json.loads(document.render(p))

    jsonschema.validate(shown, REPORT_SCHEMA)
    assert shown["decisions"]["contingency"][0]["balance"] == "100.00"
    assert p.figures["bot/2026-10/balance"].value == 100
    assert "| bot | 160.00 | 60.00 | 100.00 | 37.5 |" in markdown.render(p)
    alone = json.loads(decisiontext.document(p.decisions, OCTOBER, "USD"))
    head = {"schema_version": "1", "month": "2026-10", "currency": "USD"}
    assert alone == head | shown["decisions"]


def test_contingency_that_nobody_drew_from_is_told_by_the_command_alone(
    told: Callable[..., Portfolio],
) -> None:
    p = told(draws={}, file=DecisionFile())

    assert "| bot | 100.00 | 0.00 | 100.00 |" not in markdown.render(p)
    row = decisiontext.table(p.decisions, OCTOBER, "USD").splitlines()[4]
    assert row.split()[:4] == ["bot", "100.00", "0.00", "100.00"]


def test_where_nothing_is_to_be_decided_nothing_is_shown(portfolio_of: Any) -> None:
    empty = portfolio_of([])

    assert "Decisions" not in markdown.render(empty)
    assert decisiontext.table(empty.decisions, OCTOBER, "USD") == "nothing to decide in 2026-10\n"
    jsonschema.validate(json.loads(document.render(empty)), REPORT_SCHEMA)


def test_lines_of_some_projects_can_be_asked_for(p: Portfolio) -> None:
    assert p.decisions.of(["bot"]) == p.decisions
    assert not any(getattr(p.decisions.of(["other"]), name) for name in p.decisions.__slots__)


@pytest.mark.failure("F04")
@pytest.mark.parametrize(
    ("cost", "state"),
    [
        ("1050", "on_plan"),
        ("1050.01", "at_risk"),
        ("1100", "at_risk"),
        ("1100.01", "over_limit"),
    ],
)
def test_an_overrun_beyond_contingency_is_a_state_of_its_own(
    portfolio_of: Any, plan_of: Any, cost: str, state: str
) -> None:
    """1,000 planned, 100 of contingency: more than half of it in use is a risk, all of it not."""
    plan = plan_of("bot", {("labor", "2026-10"): D(1000)}, contingency=D(100))

    p = portfolio_of([charged("labor", "eng", cost)], plans=[plan])

    assert p.projects[0].state.value == state


def test_every_draw_of_the_file_has_an_identity() -> None:
    first, second = FILE.draws

    assert first.fingerprint != second.fingerprint
    assert first.fingerprint == Draw.model_validate(first.model_dump()).fingerprint


def test_a_draw_on_an_item_with_drivers_keeps_its_variance_exact(
    portfolio_of: Any, plan_of: Any, item_of: Any
) -> None:
    """160 hours at 2.50 and 60.00 drawn: compared with 460.00, which the drivers sum to."""
    drivers = {"runs": D(4), "gpu_hours_per_run": D(40)}
    item = item_of("train", "training_compute", [D(460)], drivers, "gpu-hour", D("2.50"))
    plan = plan_of(project="bot", contingency=D(40), start=OCTOBER, items=[item])
    row = charged("training_compute", "train", "540", consumed_unit="GPU-Hours",
                  consumed_quantity=D(225))  # fmt: skip

    p = portfolio_of([row], plans=[plan])

    (line,) = p.projects
    assert (line.month.pl.value, line.month.delta.value) == (D(460), D(80))
    assert line.outlook is not None
    assert line.outlook.limit.value == D(500)
