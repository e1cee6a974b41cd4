from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import get_args

import pytest

from models.beside import DRIVERS
from models.project import Project, Registry
from models.rule.file import load
from models.rule.rule import Target
from models.split.file import Driver
from models.split.split import Even, Fixed, Spend, Split, Usage, reached

Complaints = Callable[..., list[str]]
Written = Callable[[str, str], Path]

REGISTRY = Registry((Project(id="legal-70b", aliases=("legal",)), Project(id="support-bot")))
loaded = partial(load, registry=REGISTRY)

SPLITS = """\
rules:
  - id: cluster
    when: {account: ml}
    to: {split: platform, category: training_compute}
splits:
  - id: platform
    fixed: {nlp-team: 62.5, Support-Bot: 37.5}
  - id: nlp-team
    usage:
      {driver: gpu_hours, cluster: c2, among: [legal, support-bot], capacity: billed, idle: visible}
    otherwise: {even: [legal, support-bot]}
  - id: overhead
    spend: {}
  - id: machines
    usage: {driver: gpu_hours, source: [slurm, k8s], capacity: 16, idle: shared}
    otherwise: {fixed: {legal: 100}}
  - id: team-rest
    even: [nlp-team, support-bot]
  - id: by-spend
    spend: {among: [legal]}
"""


def test_splits_are_read_as_they_are_meant(written: Written) -> None:
    found = loaded(written("rules.yaml", SPLITS))

    both = ("legal-70b", "support-bot")
    assert found.rules[0].to == Target(split="platform", category="training_compute")
    assert found.splits == (
        Split(
            "platform",
            Fixed((("nlp-team", Decimal("62.5")), ("support-bot", Decimal("37.5")))),
        ),
        Split(
            "nlp-team",
            Usage(driver="gpu_hours", among=both, cluster=("c2",), capacity="billed"),
            Even(both),
        ),
        Split("overhead", Spend()),
        Split(
            "machines",
            Usage(driver="gpu_hours", source=("slurm", "k8s"), capacity=Decimal(16), idle="shared"),
            Fixed((("legal-70b", Decimal(100)),)),
        ),
        Split("team-rest", Even(("nlp-team", "support-bot"))),
        Split("by-spend", Spend(("legal-70b",))),
    )


def test_each_driver_of_usage_can_divide() -> None:
    assert get_args(Driver) == tuple(DRIVERS)


def test_what_a_split_leads_to_is_every_project_where_it_names_none(written: Written) -> None:
    splits = {each.id: each for each in loaded(written("rules.yaml", SPLITS)).splits}

    assert reached("legal-70b", splits, REGISTRY.ids) == {"legal-70b"}
    assert reached("platform", splits, ("legal-70b", "support-bot", "x")) == {*REGISTRY.ids}
    assert reached("overhead", splits, ("x", "y")) == {"x", "y"}


def test_another_split_is_another_set_of_rules(written: Written) -> None:
    one = loaded(written("one.yaml", SPLITS)).fingerprint
    other = loaded(written("other.yaml", SPLITS.replace("62.5", "62").replace("37.5", "38")))

    assert one != other.fingerprint


@pytest.mark.parametrize(
    ("split", "said"),
    [
        ("{id: a}", "2:3: splits.0: no method; give one of fixed, even, usage, spend"),
        (
            "{id: a, even: [legal], spend: {}}",
            "2:3: splits.0: even and spend; give one of fixed, even, usage, spend",
        ),
        ("{id: a, even: []}", "2:17: splits.0.even: a list must not be empty"),
        (
            "{id: a, usage: {driver: gpu_hour}}",
            "2:27: splits.0.usage.driver: 'gpu_hour' is not possible. Did you mean 'gpu_hours'?",
        ),
        (
            "{id: a, usage: {driver: tokens, capacity: 2}}",
            "2:18: splits.0.usage: only gpu_hours has a capacity; leave it out for tokens",
        ),
        (
            "{id: a, usage: {driver: gpu_hours, capacity: 0}}",
            "2:48: splits.0.usage.capacity: 0 must be above zero, or write billed",
        ),
        (
            "{id: a, usage: {driver: gpu_hours, capacity: biled}}",
            (
                "2:48: splits.0.usage.capacity: 'biled' is not a number; write plain digits, "
                "for example 1200.50, or write billed"
            ),
        ),
        (
            "{id: a, usage: {driver: gpu_hours, idle: hidden}}",
            "2:44: splits.0.usage.idle: 'hidden' is not possible. Possible: visible, shared",
        ),
        (
            "{id: a, spend: {amogn: [legal]}}",
            "2:19: splits.0.spend.amogn: unknown key. Did you mean 'among'?",
        ),
        (
            "{id: a, fixed: {legal: 100}, otherwise: {even: [legal]}}",
            "2:3: splits.0: fixed shares always hold; leave out 'otherwise'",
        ),
        (
            "{id: a, even: [legal], otherwise: {spend: {}}}",
            "2:38: splits.0.otherwise.spend: unknown key. Known keys: fixed, even",
        ),
        (
            "{id: a, even: [legal], otherwise: {}}",
            "2:37: splits.0.otherwise: no method; give one of fixed, even",
        ),
        (
            "{id: a, fixed: {legal: 60, support-bot: 39.99}}",
            "2:18: splits.0.fixed: the shares are 99.99 percent together; make them 100",
        ),
        (
            "{id: a, even: [legal], otherwise: {fixed: {legal: 99}}}",
            "2:45: splits.0.otherwise.fixed: the shares are 99 percent together; make them 100",
        ),
        ("{id: a, fixed: {legal: 0}}", "2:26: splits.0.fixed.legal: 0 must be above zero"),
        (
            "{id: a, fixed: {legl: 100}}",
            (
                "2:19: splits.0.fixed.legl: 'legl' is neither a project nor a split. "
                "Did you mean 'legal-70b'?"
            ),
        ),
        (
            "{id: a, even: [legal, suport-bot]}",
            (
                "2:25: splits.0.even.1: 'suport-bot' is neither a project nor a split. "
                "Did you mean 'support-bot'?"
            ),
        ),
        (
            "{id: a, usage: {driver: runs, among: [zebra]}}",
            (
                "2:41: splits.0.usage.among.0: 'zebra' is neither a project nor a split. "
                "Possible: legal-70b, support-bot, a"
            ),
        ),
        (
            "{id: a, even: [legal, legal-70b]}",
            "2:25: splits.0.even.1: 'legal-70b' is the target 'legal' once more; name it once",
        ),
        (
            "{id: a, fixed: {legal: 50, Legal: 50}}",
            "2:30: splits.0.fixed.Legal: 'Legal' is the target 'legal' once more; name it once",
        ),
        (
            "{id: legal, even: [support-bot]}",
            "2:8: splits.0.id: 'legal' is a spelling of project 'legal-70b'; choose another",
        ),
        ("{id: idle, even: [legal]}", "2:8: splits.0.id: 'idle' is reserved; choose another"),
        (
            "{id: unallocated, even: [legal]}",
            "2:8: splits.0.id: 'unallocated' is reserved; choose another",
        ),
        (
            "{id: a, even: [legal]}\n- {id: a, even: [support-bot]}",
            "3:8: splits.1.id: 'a' is already the split in line 2; choose another",
        ),
    ],
)
def test_a_split_that_cannot_be_meant_is_refused(
    split: str, said: str, complaints: Complaints
) -> None:
    assert complaints(loaded, f"splits:\n- {split}\n") == [f"file.yaml:{said}"]


@pytest.mark.failure("C04")
@pytest.mark.parametrize(
    ("splits", "said"),
    [
        (
            "- {id: a, even: [a, legal]}",
            "2:18: splits.0.even.0: goes round: a > a; what is shared must end at projects",
        ),
        (
            (
                "- {id: a, even: [legal, b]}\n- {id: c, fixed: {a: 100}}\n"
                "- {id: b, usage: {driver: runs}, otherwise: {even: [c]}}"
            ),
            (
                "3:19: splits.1.fixed.a: goes round: a > b > c > a; "
                "what is shared must end at projects"
            ),
        ),
        (
            (
                "- {id: a, even: [legal]}\n- {id: b, spend: {among: [c]}}\n"
                "- {id: c, usage: {driver: runs, among: [b]}}"
            ),
            (
                "4:41: splits.2.usage.among.0: goes round: b > c > b; "
                "what is shared must end at projects"
            ),
        ),
    ],
)
def test_a_way_that_leads_round_is_refused_by_name(
    splits: str, said: str, complaints: Complaints
) -> None:
    assert complaints(loaded, f"splits:\n{splits}\n") == [f"file.yaml:{said}"]


@pytest.mark.failure("C04")
@pytest.mark.parametrize(
    ("method", "place"),
    [
        ("usage: {driver: runs, among: [nlp, legal]}", "2:49: splits.0.usage.among.1"),
        ("spend: {among: [nlp, legal]}", "2:35: splits.0.spend.among.1"),
    ],
)
def test_a_project_that_two_targets_of_a_driver_reach_is_refused(
    method: str, place: str, complaints: Complaints
) -> None:
    splits = f"splits:\n- {{id: pool, {method}}}\n- {{id: nlp, even: [legal, support-bot]}}\n"

    assert complaints(loaded, splits) == [
        (
            f"file.yaml:{place}: 'legal' reaches project 'legal-70b', as 'nlp' does, whose "
            "use would count twice; let one of them reach it"
        )
    ]


def test_a_project_that_is_reached_twice_by_agreement_is_possible(written: Written) -> None:
    splits = "splits:\n- {id: pool, even: [nlp, legal]}\n- {id: nlp, even: [legal, support-bot]}\n"

    assert len(loaded(written("rules.yaml", splits)).splits) == 2


@pytest.mark.parametrize(
    ("to", "said"),
    [
        (
            "{split: platfrom}",
            "2:43: rules.0.to.split: 'platfrom' is not a split. Did you mean 'platform'?",
        ),
        (
            "{split: platform, project: legal}",
            "2:35: rules.0.to: project and split exclude each other; give one",
        ),
    ],
)
def test_a_rule_shares_what_it_catches_by_one_split(
    to: str, said: str, complaints: Complaints
) -> None:
    rule = f"rules:\n- {{id: a, when: {{account: 1}}, to: {to}}}\n"
    splits = "splits:\n- {id: platform, even: [legal]}\n"

    assert complaints(loaded, rule + splits) == [f"file.yaml:{said}"]
