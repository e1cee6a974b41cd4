"""Small cases of shared cost, worked by hand, each to the cent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from models.currency import RateEntry, Rates
from models.split.sharing import Shared

Row = Mapping[str, Any]
Allocated = Callable[..., dict[str, str]]
Divided = Callable[..., Shared]

TEAMS = "- id: legal\n- id: bot\n- id: vision\n"


def of(split: str, amount: str, **rest: Any) -> Row:
    return {"path": split, "amount": amount, **rest}


def by(project: str, amount: str, **rest: Any) -> Row:
    return {"project": project, "amount": amount, **rest}


def hours(unit: str, quantity: str, **rest: Any) -> Row:
    return {"unit": unit, "quantity": quantity, **rest}


def notes(found: Shared) -> list[str]:
    return [f"{rule}: {said}" for each in found.findings for rule, said in each.weighing.notes]


def whys(found: Shared) -> list[tuple[str, str]]:
    return [(each.weighing.method, each.weighing.why) for each in found.findings]


@pytest.mark.failure("C04")
def test_shared_cost_of_shared_cost_counts_once(allocated: Allocated) -> None:
    """A platform of 1000.00 is 60 to 40 for two teams, one of which divides on.

    nlp bears 600.00 of the platform and has 50.00 of its own: 650.00 in halves is 325.00 each,
    of which 300.00 came by the platform and 25.00 did not. vision bears 400.00. Together
    300 + 300 + 25 + 25 + 400 = 1050.00, what there was.
    """
    splits = "- id: platform\n  fixed: {nlp: 60, vision: 40}\n- id: nlp\n  even: [legal, bot]\n"

    found = allocated(TEAMS, splits, [of("platform", "1000"), of("nlp", "50")])

    assert found == {
        "bot by nlp": "25.00",
        "bot by platform > nlp": "300.00",
        "legal by nlp": "25.00",
        "legal by platform > nlp": "300.00",
        "vision by platform": "400.00",
    }


def test_gpu_hours_of_the_month_decide(allocated: Allocated) -> None:
    """300.00 for 150 hours: legal used 100, bot 50, so 200.00 and 100.00.

    Hours of another cluster, another source, another driver and another month count for nothing.
    """
    splits = (
        "- id: nodes\n  usage: {driver: gpu_hours, cluster: C2, source: [scheduler], "
        "among: [legal, bot]}\n"
    )
    used = [
        hours("legal", "100", cluster="c2"),
        hours("bot", "50", cluster="c2"),
        hours("bot", "999", cluster="c3"),
        hours("bot", "999", cluster="c2", x_source="other"),
        hours("bot", "999", cluster="c2", driver="runs"),
        hours("bot", "999", cluster="c2", period="2026-09"),
    ]

    assert allocated(TEAMS, splits, [of("nodes", "300")], used) == {
        "bot by nodes": "100.00",
        "legal by nodes": "200.00",
    }


@pytest.mark.failure("D13")
@pytest.mark.parametrize(
    ("used", "why"),
    [
        ([], "no gpu_hours is told"),
        ([hours("legal", "0"), hours("bot", "0")], "the gpu_hours of its targets is zero"),
        ([hours("legal", "5"), hours("legal", "-5")], "the gpu_hours of its targets is zero"),
        ([hours("legal", "-5")], "the gpu_hours of its targets is zero"),
        ([hours("vision", "9")], "the gpu_hours of its targets is zero"),
    ],
)
def test_a_driver_that_is_zero_or_missing_falls_back_as_declared(
    used: list[Row], why: str, allocated: Allocated, divided_: Divided
) -> None:
    """90.00 without hours: halves where `otherwise` says so, unallocated where nothing does."""
    driver = "- id: nodes\n  usage: {driver: gpu_hours, among: [legal, bot]}\n"
    costs = [of("nodes", "90")]

    assert allocated(TEAMS, f"{driver}  otherwise: {{even: [legal, bot]}}\n", costs, used) == {
        "bot by nodes": "45.00",
        "legal by nodes": "45.00",
    }
    assert allocated(TEAMS, f"{driver}  otherwise: {{fixed: {{legal: 100}}}}\n", costs, used) == {
        "legal by nodes": "90.00"
    }
    assert allocated(TEAMS, driver, costs, used) == {"unallocated by nodes > undivided": "90.00"}
    assert whys(divided_(TEAMS, driver, costs, used)) == [("none", why)]


def test_a_credit_is_divided_as_its_cost_was(allocated: Allocated, divided_: Divided) -> None:
    """A cost of 100.01 in halves, and its credit of -100.01: nothing is left with anyone.

    In thirds 100.01 ends with ...333, ...333 and ...334; the credit mirrors each of them.
    """
    halves = "- id: pool\n  even: [legal, bot]\n"
    thirds = "- id: pool\n  even: [legal, bot, vision]\n"

    assert allocated(TEAMS, halves, [of("pool", "-100.02")]) == {
        "bot by pool": "-50.01",
        "legal by pool": "-50.01",
    }
    parts = divided_(TEAMS, thirds, [of("pool", "100.01"), of("pool", "-100.01")]).spend
    by_project = parts.sort("project", "effective_cost")["effective_cost"].to_list()
    assert [f"{amount:f}" for amount in by_project] == [
        "-33.336666666666666667",
        "33.336666666666666667",  # bot: the first by its id has the unit that is left
        "-33.336666666666666667",
        "33.336666666666666667",
        "-33.336666666666666666",
        "33.336666666666666666",
    ]


def test_use_under_an_old_name_counts_for_the_project(allocated: Allocated) -> None:
    """legal was called law until the 9th: 30 hours as law and 30 as legal are 60 of 100.

    100.00 of the nodes is 60.00 and 40.00; targets may be named by any spelling, too.
    """
    projects = "- id: legal\n  aliases: [{name: law, until: 2026-10-09}, Legal team]\n- id: bot\n"
    splits = "- id: nodes\n  usage: {driver: gpu_hours, among: [Legal Team, bot]}\n"
    used = [
        hours("law", "30", day=date(2026, 10, 5)),
        hours("legal", "30", day=date(2026, 10, 15)),
        hours("bot", "40"),
    ]

    assert allocated(projects, splits, [of("nodes", "100")], used) == {
        "bot by nodes": "40.00",
        "legal by nodes": "60.00",
    }


def test_a_merged_project_is_borne_by_the_one_it_went_into(allocated: Allocated) -> None:
    """bot went into legal on the 16th. Before, 90.00 is 30.00 each in thirds.

    After, two targets are left: 45.00 each. By 10 hours of bot, 20 of legal and 30 of vision,
    60.00 is 10, 20 and 30 before, and 30.00 each after. Fixed 50, 30 and 20 percent of 100.00
    become 80 for legal.
    """
    projects = "- id: legal\n- id: bot\n  merged: {into: legal, on: 2026-10-16}\n- id: vision\n"
    splits = (
        "- id: thirds\n  even: [legal, bot, vision]\n"
        "- id: nodes\n  usage: {driver: gpu_hours, among: [legal, bot, vision]}\n"
        "- id: agreed\n  fixed: {legal: 50, bot: 30, vision: 20}\n"
    )
    used = [hours("bot", "10"), hours("legal", "20"), hours("vision", "30")]
    early, late = {"day": date(2026, 10, 15)}, {"day": date(2026, 10, 16)}

    assert allocated(
        projects, splits, [of("thirds", "90", **early), of("nodes", "60", **early)], used
    ) == {
        "bot by nodes": "10.00",
        "bot by thirds": "30.00",
        "legal by nodes": "20.00",
        "legal by thirds": "30.00",
        "vision by nodes": "30.00",
        "vision by thirds": "30.00",
    }
    assert allocated(
        projects,
        splits,
        [of("thirds", "90", **late), of("nodes", "60", **late), of("agreed", "100", **late)],
        used,
    ) == {
        "legal by agreed": "80.00",
        "legal by nodes": "30.00",
        "legal by thirds": "45.00",
        "vision by agreed": "20.00",
        "vision by nodes": "30.00",
        "vision by thirds": "45.00",
    }


def test_use_after_a_merger_counts_for_the_target_that_merged(allocated: Allocated) -> None:
    """Only bot and vision are named; bot went into legal on the 1st, whose 30 hours count.

    80.00 by 30 and 10 hours is 60.00 for legal, which bears what is bot's, and 20.00.
    """
    projects = "- id: legal\n- id: bot\n  merged: {into: legal, on: 2026-10-01}\n- id: vision\n"
    splits = "- id: nodes\n  usage: {driver: gpu_hours, among: [bot, vision]}\n"
    used = [hours("legal", "30"), hours("vision", "10")]

    assert allocated(projects, splits, [of("nodes", "80")], used) == {
        "legal by nodes": "60.00",
        "vision by nodes": "20.00",
    }


def test_a_part_of_a_month_is_divided_among_those_under_way(allocated: Allocated) -> None:
    """31 days of 9.00 each. bot starts on the 16th, vision ends on the 20th.

    1 to 15: 135.00 in halves, 67.50 each for legal and vision. 16 to 20: 45.00 in thirds, 15.00
    each. 21 to 31: 99.00 in halves, 49.50 each for legal and bot.
    legal 67.50 + 15.00 + 49.50 = 132.00, vision 67.50 + 15.00 = 82.50, bot 15.00 + 49.50 = 64.50.
    """
    projects = "- id: legal\n- id: bot\n  start: 2026-10-16\n- id: vision\n  end: 2026-10-20\n"
    splits = "- id: platform\n  even: [legal, bot, vision]\n"
    days = [of("platform", "9", day=date(2026, 10, day)) for day in range(1, 32)]

    assert allocated(projects, splits, days) == {
        "bot by platform": "64.50",
        "legal by platform": "132.00",
        "vision by platform": "82.50",
    }


def test_who_is_not_under_way_bears_nothing_by_its_use(
    allocated: Allocated, divided_: Divided
) -> None:
    """bot ends on the 20th and has 30 of 90 hours. Until then 90.00 is 60.00 and 30.00.

    After, legal bears 90.00 alone, and that it bears the part of others is told.
    """
    projects = "- id: legal\n- id: bot\n  end: 2026-10-20\n"
    splits = "- id: nodes\n  usage: {driver: gpu_hours}\n"
    used = [hours("legal", "60"), hours("bot", "30")]
    early, late = of("nodes", "90"), of("nodes", "90", day=date(2026, 10, 21))

    assert allocated(projects, splits, [early], used) == {
        "bot by nodes": "30.00",
        "legal by nodes": "60.00",
    }
    assert allocated(projects, splits, [late], used) == {"legal by nodes": "90.00"}
    assert notes(divided_(projects, splits, [early, late], used)) == [
        (
            "split_left_out: 30 gpu_hours are of 'bot', no target under way; "
            "the targets bear their part"
        )
    ]


def test_those_who_are_left_out_are_told_in_one_line(divided_: Divided) -> None:
    """4.00 by the hours of legal alone; of four others those with the most hours are named."""
    projects = TEAMS + "- id: ocr\n- id: video\n"
    splits = "- id: nodes\n  usage: {driver: gpu_hours, among: [legal]}\n"
    others = {"bot": "1.5", "vision": "4", "ocr": "3", "video": "2"}
    used = [hours("legal", "1"), *(hours(unit, quantity) for unit, quantity in others.items())]

    assert notes(divided_(projects, splits, [of("nodes", "4")], used)) == [
        (
            "split_left_out: 10.5 gpu_hours are of 'vision', 'ocr', 'video' and 1 more, "
            "no target under way; the targets bear their part"
        )
    ]


@pytest.mark.failure("D13")
def test_nobody_under_way_leaves_it_unallocated(divided_: Divided) -> None:
    """A pool of 10.00 for projects that begin next month: nobody's."""
    projects = "- id: legal\n  start: 2026-11-01\n"

    found = divided_(projects, "- id: pool\n  even: [legal]\n", [of("pool", "10")])

    assert found.spend["path"].to_list() == ["pool > undivided"]
    assert whys(found) == [("none", "no target is under way")]


def test_idle_time_that_is_visible_is_borne_by_nobody(allocated: Allocated) -> None:
    """1000.00 for 200 GPU-hours billed; legal used 100, bot 60: 40 were idle, at 5.00 an hour.

    legal 500.00, bot 300.00, idle 200.00. A line of another unit adds no hours.
    """
    splits = (
        "- id: nodes\n  usage: {driver: gpu_hours, among: [legal, bot], capacity: billed, "
        "idle: visible}\n"
    )
    costs = [of("nodes", "900", hours="200"), of("nodes", "100", consumed_quantity=7)]
    used = [hours("legal", "100"), hours("bot", "60")]

    assert allocated(TEAMS, splits, costs, used) == {
        "bot by nodes": "300.00",
        "legal by nodes": "500.00",
        "unallocated by nodes > idle": "200.00",
    }


def test_idle_time_that_is_shared_is_borne_by_those_who_used_some(allocated: Allocated) -> None:
    """The same 1000.00 by 100 and 60 hours alone: 625.00 and 375.00."""
    splits = (
        "- id: nodes\n  usage: {driver: gpu_hours, among: [legal, bot], capacity: billed, "
        "idle: shared}\n"
    )
    used = [hours("legal", "100"), hours("bot", "60"), hours("__idle__", "40", detail="idle")]

    assert allocated(TEAMS, splits, [of("nodes", "1000", hours="200")], used) == {
        "bot by nodes": "375.00",
        "legal by nodes": "625.00",
    }


def test_idle_time_that_the_cluster_tells_needs_no_capacity(allocated: Allocated) -> None:
    """100.00 by 50 hours of legal and 50 that nobody asked for: half is idle.

    A rule or a name that would give idle hours to a project changes nothing.
    """
    splits = "- id: nodes\n  usage: {driver: gpu_hours}\n"
    used = [
        hours("legal", "50"),
        hours("__idle__", "20", detail="idle"),
        hours("c2/__idle__", "20"),
        hours("bot", "10", detail="idle"),
    ]

    assert allocated(TEAMS, splits, [of("nodes", "100")], used) == {
        "legal by nodes": "50.00",
        "unallocated by nodes > idle": "50.00",
    }


def test_machines_have_a_capacity_of_all_their_hours(allocated: Allocated) -> None:
    """2 accelerators in October: 2 x 24 x 31 = 1488 hours, of which legal used 372, a quarter.

    Of a month that is told of until the 10th only they count: 2 x 24 x 10 = 480 hours.
    """
    splits = "- id: nodes\n  usage: {driver: gpu_hours, capacity: 2}\n"
    last = hours("legal", "1", day=date(2026, 10, 31))

    whole = allocated(TEAMS, splits, [of("nodes", "400")], [hours("legal", "371"), last])
    tenth = hours("legal", "120", day=date(2026, 10, 10))
    begun = allocated(TEAMS, splits, [of("nodes", "400")], [tenth])

    assert whole == {"legal by nodes": "100.00", "unallocated by nodes > idle": "300.00"}
    assert begun == {"legal by nodes": "100.00", "unallocated by nodes > idle": "300.00"}


def test_all_is_idle_where_hours_are_told_and_none_was_used(allocated: Allocated) -> None:
    """10 hours billed, zero used: 50.00 is idle, and nothing is divided by zero."""
    splits = "- id: nodes\n  usage: {driver: gpu_hours, capacity: billed}\n"

    found = allocated(TEAMS, splits, [of("nodes", "50", hours="10")], [hours("legal", "0")])

    assert found == {"unallocated by nodes > idle": "50.00"}


def test_more_used_than_there_was_is_told_and_leaves_nothing_idle(
    allocated: Allocated, divided_: Divided
) -> None:
    """100 hours billed, 150 used: 300.00 by 100 and 50 hours, and no negative idle time."""
    splits = "- id: nodes\n  usage: {driver: gpu_hours, capacity: billed}\n"
    costs, used = [of("nodes", "300", hours="100")], [hours("legal", "100"), hours("bot", "50")]

    assert allocated(TEAMS, splits, costs, used) == {
        "bot by nodes": "100.00",
        "legal by nodes": "200.00",
    }
    assert notes(divided_(TEAMS, splits, costs, used)) == [
        (
            "split_beyond_capacity: 150 gpu_hours were used of 100 there were; nothing is idle; "
            "check capacity and usage"
        )
    ]


@pytest.mark.failure("C05")
def test_use_of_nobody_stays_visible(allocated: Allocated) -> None:
    """100.00 by 60 hours of legal and 40 of a namespace that no project claims."""
    splits = "- id: nodes\n  usage: {driver: gpu_hours, among: [legal, bot]}\n"
    used = [hours("legal", "60"), hours("guests", "40")]

    assert allocated(TEAMS, splits, [of("nodes", "100")], used) == {
        "legal by nodes": "60.00",
        "unallocated by nodes > unclaimed": "40.00",
    }


def test_capacity_is_divided_on_with_its_cost(allocated: Allocated) -> None:
    """1000.00 and 100 hours are 60 to 40 for two teams: nlp has 600.00 and 60 hours.

    legal used 45 of them, so bears 450.00; 15 hours, 150.00, are idle.
    """
    splits = (
        "- id: platform\n  fixed: {nlp: 60, vision: 40}\n"
        "- id: nlp\n  usage: {driver: gpu_hours, among: [legal], capacity: billed}\n"
    )
    costs = [of("platform", "1000", hours="100")]

    assert allocated(TEAMS, splits, costs, [hours("legal", "45")]) == {
        "legal by platform > nlp": "450.00",
        "unallocated by platform > nlp > idle": "150.00",
        "vision by platform": "400.00",
    }


def test_a_split_weighs_what_its_projects_used(allocated: Allocated) -> None:
    """By hours nlp (legal 10, bot 20) weighs 30 of 40: 300.00 of 400.00, then 100 and 200."""
    splits = (
        "- id: nodes\n  usage: {driver: gpu_hours, among: [nlp, vision]}\n"
        "- id: nlp\n  usage: {driver: gpu_hours, among: [legal, bot]}\n"
    )
    used = [hours("legal", "10"), hours("bot", "20"), hours("vision", "10")]

    assert allocated(TEAMS, splits, [of("nodes", "400")], used) == {
        "bot by nodes > nlp": "200.00",
        "legal by nodes > nlp": "100.00",
        "vision by nodes": "100.00",
    }


@pytest.mark.failure("C04")
def test_overhead_follows_the_spend_of_projects_before_any_split(allocated: Allocated) -> None:
    """legal spent 300.00 and bot 100.00 themselves, so 80.00 of overhead is 60.00 and 20.00.

    That bot also bears 400.00 of a platform, and nobody 999.00, changes nothing.
    """
    splits = "- id: overhead\n  spend: {}\n- id: platform\n  fixed: {bot: 100}\n"
    costs = [
        of("overhead", "80"),
        of("platform", "400"),
        by("legal", "300"),
        by("bot", "100"),
        by("unallocated", "999"),
    ]

    assert allocated(TEAMS, splits, costs) == {
        "bot by overhead": "20.00",
        "bot by platform": "400.00",
        "legal by overhead": "60.00",
    }


def test_credits_larger_than_cost_weigh_nothing(allocated: Allocated) -> None:
    """bot spent 50.00 and got 80.00 back: -30.00 counts as zero, not as less than zero.

    vision spent nothing. All 80.00 of overhead is legal's; of the others both have zero.
    """
    splits = "- id: overhead\n  spend: {among: [legal, bot, vision]}\n"
    costs = [of("overhead", "80"), by("legal", "100"), by("bot", "50"), by("bot", "-80")]

    found = allocated(TEAMS, splits, costs)

    assert found == {"legal by overhead": "80.00"}


@pytest.mark.failure("D13")
def test_without_any_spend_overhead_is_nobodys(divided_: Divided) -> None:
    """Nothing spent, or nothing but credits: 80.00 stays unallocated, and why is told."""
    splits = "- id: overhead\n  spend: {}\n"

    nothing = divided_(TEAMS, splits, [of("overhead", "80")])
    credits_ = divided_(TEAMS, splits, [of("overhead", "80"), by("legal", "-1")])

    assert whys(nothing) == [("none", "no spend is told")]
    assert whys(credits_) == [("none", "the spend of its targets is zero")]


def test_spend_of_two_currencies_is_weighed_in_one(allocated: Allocated) -> None:
    """legal spent 100.00 EUR at 1.5, so 150.00 USD, and bot 50.00 USD: three to one.

    80.00 EUR of overhead is 60.00 and 20.00 EUR.
    """
    splits = "- id: overhead\n  spend: {}\n"
    costs = [of("overhead", "80"), by("legal", "100", currency="EUR"), by("bot", "50")]
    rate = {"currency": "EUR", "to": "USD", "from": "2026-01", "rate": "1.5", "source": "x"}

    found = allocated(TEAMS, splits, costs, rates=Rates.of((RateEntry.model_validate(rate),)))

    assert found == {"bot by overhead": "20.00", "legal by overhead": "60.00"}


def test_a_fixed_share_stays_with_a_project_that_ended_and_is_told(
    allocated: Allocated, divided_: Divided
) -> None:
    """40 percent of 100.00 are agreed with bot, which ended the day before: 40.00 stays there."""
    projects = "- id: legal\n- id: bot\n  end: 2026-10-20\n"
    splits = "- id: platform\n  fixed: {legal: 60, bot: 40}\n"
    costs = [of("platform", "100", day=date(2026, 10, 21))]

    assert allocated(projects, splits, costs) == {
        "bot by platform": "40.00",
        "legal by platform": "60.00",
    }
    assert notes(divided_(projects, splits, costs)) == [
        (
            "split_not_under_way: 40 percent go to 'bot', which is not under way on 2026-10-21; "
            "change its shares, or the project's days"
        )
    ]


@pytest.mark.failure("D10")
def test_a_bill_that_comes_late_is_divided_by_the_month_of_its_day(allocated: Allocated) -> None:
    """30.00 of October, billed in November, is 10.00 and 20.00 by October's hours.

    30.00 of December, billed ahead in November, is 20.00 and 10.00 by November's: what is
    billed is settled by what was known with its bill.
    """
    splits = "- id: nodes\n  usage: {driver: gpu_hours}\n"
    used = [
        hours("legal", "1"),
        hours("bot", "2"),
        hours("legal", "2", period="2026-11", day=date(2026, 11, 1)),
        hours("bot", "1", period="2026-11", day=date(2026, 11, 1)),
        hours("bot", "9", period="2026-12", day=date(2026, 12, 1)),
    ]
    late = of("nodes", "30", period="2026-11", day=date(2026, 10, 31))
    ahead = of("nodes", "30", period="2026-11", day=date(2026, 12, 1))

    assert allocated(TEAMS, splits, [late], used) == {
        "bot by nodes": "20.00",
        "legal by nodes": "10.00",
    }
    assert allocated(TEAMS, splits, [ahead], used) == {
        "bot by nodes": "10.00",
        "legal by nodes": "20.00",
    }
