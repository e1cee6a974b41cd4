"""The commands `close`, `reopen` and `comment`, as a finance partner calls them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from reconcile.portfolio import Portfolio
from reconcile.report import document
from scheduler import decisions, planning, version
from scheduler.cli import main
from scheduler.close import signing
from scheduler.close.signed import TABLE, WRITTEN
from scheduler.past import recording
from scheduler.workspace import configured

pytestmark = pytest.mark.once

DAY = ("--today", "2026-11-20")
RULES = (
    "rules:\n"
    '  - {id: by-tag, when: {tag.project: "*"}, to: {project: "{tag.project}"}}\n'
    '  - {id: train, when: {source: "*"}, to: {category: training_compute}}\n'
)
PLANLESS = "plan/p=a trial"

REOPENED = (
    "2026-10 is open again, after v1: `trueup run`, then `trueup close 2026-10 --by NAME`; "
    "what was signed: `trueup report --month 2026-10 --version 1`\n"
)


class Desk:
    """One person at a terminal: what is said, and with which exit code."""

    def __init__(self, life: Any, capsys: pytest.CaptureFixture[str]) -> None:
        self.life, self.folder, self.capsys = life, life.project.folder, capsys

    def __call__(self, *words: str) -> tuple[int, str]:
        code = main(["-C", str(self.folder), *words])
        told = self.capsys.readouterr()
        return code, told.out + told.err

    def settings(self, text: str) -> None:
        path = self.folder / "trueup.yaml"
        path.write_text(path.read_text() + text)


def tell(life: Any) -> None:
    life.edit(RULES, "projects:\n  - {id: p}\n")
    life.night("2026-11-02", [("10", "I", "2026-10-05", "p"), ("4", "I", "2026-10-06", "x")])
    project, ledger = configured(life.project.folder, {}), life.stores.ledger
    ledger.append(
        *version.entries(project, ledger),
        *recording.versions(project, ledger),
        *planning.entries(project, ledger),
        *decisions.entries(project, life.stores),
    )


def quick(report: Portfolio) -> dict[str, bytes]:
    """Return a report in every form, without the charts, which take a second."""
    return dict.fromkeys((*WRITTEN, TABLE), document.render(report).encode())


@pytest.fixture
def desk(
    after: Callable[[Callable[[Any], object]], Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Desk:
    """Return a desk in front of a project with October loaded, which has no plan."""
    monkeypatch.setattr(signing, "rendered", quick)
    return Desk(after(tell), capsys)


def commented(desk: Desk) -> None:
    told = ("--text", "a trial", "--by", "anna", "--month", "2026-10", *DAY)
    code, said = desk("comment", "add", "p/training_compute", *told)
    assert (code, said) == (0, "2026-10: p/training_compute is commented on by anna\n")


def test_a_month_is_closed_read_and_opened_again(desk: Desk) -> None:
    code, said = desk("close", "2026-10", "--by", "anna", *DAY)
    assert code == 6
    assert said == (
        "FAILS      plan: p has spend and no approved plan\n"
        "           -> approve a plan, `trueup plan approve`, or --explain 'plan/p=REASON'\n"
        "FAILS      comments: missing: p/training_compute\n"
        "           -> `trueup comment add p/training_compute --month 2026-10 --text TEXT "
        "--by NAME`\n"
    )
    commented(desk)
    dry = desk("close", "2026-10", "--dry-run", "--explain", PLANLESS, *DAY)
    assert dry[0] == 0
    assert "explained  plan: p has spend and no approved plan; a trial\n" in dry[1]
    assert desk("close", *DAY)[1].splitlines()[1].startswith("2026-10  reconciled")

    code, said = desk("close", "2026-10", "--by", "anna", "--explain", PLANLESS, *DAY)

    assert code == 0
    assert said.splitlines()[:3] == [
        "2026-10 is closed v1 by anna",
        "explained  plan: p has spend and no approved plan; a trial",
        "actual     10.00 USD on projects, 4.00 without one",
    ]
    assert "pinned     1 delivery, " in said
    assert ", 2 rows, 14.00 USD\n" in said
    assert said.endswith("what comes late is an adjustment\n")
    kept = (desk.folder / "reports" / "2026-10.json").read_text()
    assert json.loads(kept)["month_state"] == {"stage": "closed", "version": 1, "reason": ""}
    assert desk("report", "--month", "2026-10", "-f", "json", *DAY) == (0, kept)
    assert desk("close", "2026-10", "--by", "anna", *DAY)[0] == 6
    assert desk("close", *DAY)[1].splitlines()[1].split()[:4] == [
        *("2026-10", "closed", "v1", "anna")
    ]
    opened = desk("reopen", "2026-10", "--by", "ben", "--reason", "wrong plan", *DAY)
    assert opened == (0, REOPENED)
    past = desk("close", "--history")[1]
    assert "2026-10 v1: closed by anna on " in past
    assert "  reason   plan/p: a trial\n" in past
    assert past.endswith(" by ben: wrong plan\n")
    (entry,) = json.loads(desk("close", "--history", "-f", "json")[1])
    assert (entry["month"], entry["version"], entry["by"]) == ("2026-10", 1, "anna")
    assert entry["reopened"].endswith(" by ben: wrong plan")


@pytest.mark.failure("E12")
def test_two_persons_close_a_month(desk: Desk) -> None:
    desk.settings("close: {two_person: true, comments: optional}\n")

    code, said = desk("close", "2026-10", "--by", "anna", "--explain", PLANLESS, *DAY)
    assert code == 0
    assert said.startswith("2026-10 is prepared by anna, ")
    assert said.endswith("another person signs: `trueup close 2026-10 --sign --by NAME`\n")
    assert desk("close", *DAY)[1].endswith("  prepared by anna, another person signs\n")
    (listed,) = json.loads(desk("close", "-f", "json", *DAY)[1])
    assert (listed["stage"], listed["prepared_by"]) == ("reconciled", "anna")
    status = "close      2026-10 is reconciled, prepared by anna; `trueup close 2026-10 --sign"
    assert f"{status} --by NAME`" in desk("status")[1].splitlines()
    same = desk("close", "2026-10", "--sign", "--by", "Anna", *DAY)
    assert same == (
        6,
        "trueup: 2026-10: anna prepared it; close.two_person asks for another person to sign\n",
    )
    reasons = desk("close", "2026-10", "--sign", "--by", "ben", "--reason", "x", *DAY)
    assert reasons[0] == 2
    assert "reasons were given when the month was prepared; leave them out" in reasons[1]

    code, said = desk("close", "2026-10", "--sign", "--by", "ben", *DAY)

    assert (code, said.splitlines()[0]) == (0, "2026-10 is closed v1 by anna, signed by ben")
    (listed,) = json.loads(desk("close", "-f", "json", *DAY)[1])
    assert (listed["stage"], listed["prepared_by"]) == ("closed", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("2026-10",), "say who closes the month: --by NAME"),
        (("2026-10", "--by", "a", "--waive", "aws"), "'aws' gives no reason; write KEY=REASON"),
        (("2026-10", "--by", "a", "--explain", "x= "), "'x= ' gives no reason; write KEY=REASON"),
        (("october",), "'october' is not a month"),
        (("--by", "a"), "say which month to close: MONTH, as in 2026-10"),
        (("--dry-run",), "say which month to close: MONTH, as in 2026-10"),
        (("--month", "2026-10"), "say who closes the month: --by NAME"),
        (("2026-10", "--month", "2026-09"), "two months are given, 2026-10 and 2026-09; give one"),
    ],
)
def test_a_slip_of_the_pen_closes_nothing(desk: Desk, words: tuple[str, ...], said: str) -> None:
    code, told = desk("close", *words)

    assert code == 2
    assert said in told


def test_comments_are_listed_and_missing_ones_named(desk: Desk) -> None:
    code, said = desk("comment", "missing", "--month", "2026-10", *DAY)
    assert code == 4
    assert said.splitlines()[1].split() == ["p/training_compute", "unplanned", "overdue", "+10.00"]
    commented(desk)

    assert desk("comment", "missing", *DAY) == (0, "no comment is missing\n")
    assert desk("comment", "list", *DAY) == (
        0,
        "2026-10 p/training_compute: a trial (permanent, anna, 2026-11-20)\n",
    )
    (told,) = json.loads(desk("comment", "list", "-f", "json", *DAY)[1])
    assert (told["scope"], told["eac"]) == ("p/training_compute", None)


@pytest.mark.parametrize(
    ("line", "text", "said"),
    [
        ("q", "x", "'q' is no project. Possible: p, portfolio, unallocated"),
        ("p/dat", "x", "'dat' is no category. Did you mean 'data'?"),
        ("p", " ", "a comment needs a text and a name; fill --text and --by"),
    ],
)
def test_a_comment_needs_a_line_and_a_text(desk: Desk, line: str, text: str, said: str) -> None:
    code, told = desk("comment", "add", line, "--text", text, "--by", "anna", *DAY)

    assert code == 2
    assert said in told


def test_status_says_which_month_is_next(desk: Desk) -> None:
    said = "close      2026-10 is reconciled; `trueup close 2026-10 --dry-run`"

    assert said in desk("status")[1].splitlines()


def test_a_file_that_was_edited_since_the_last_run_is_kept_with_the_close(desk: Desk) -> None:
    commented(desk)
    desk.settings("anomalies: {floor: 7}\n")
    words = ("close", "2026-10", "--explain", PLANLESS, *DAY)
    refused, _ = desk("close", "2026-10", "--by", "ada", *DAY)
    assert (refused, desk.life.stores.ledger.entries("configuration")) == (6, [])

    code, said = desk(*words, "--by", "ada")

    kept = desk.life.stores.ledger.entries("configuration", "trueup.yaml")
    assert (code, len(kept)) == (0, 1), said
    (closed,) = desk.life.stores.ledger.entries("month.closed")
    assert "floor: 7" in kept[0].body["text"]
    assert (kept[0].body["as_of"], kept[0].seq < closed.seq) == ("2026-11-20T00:00:00+00:00", True)


def test_a_dry_run_writes_nothing_and_takes_its_month_either_way(desk: Desk) -> None:
    commented(desk)
    archive, words = desk.folder / ".trueup" / "archive", ("--explain", PLANLESS, *DAY)
    before = sorted(archive.rglob("*"))

    code, said = desk("close", "2026-10", "--dry-run", *words)
    again = desk("close", "--month", "2026-10", "--dry-run", *words)

    assert (code, again) == (0, (0, said))
    assert sorted(archive.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say which month to open: MONTH, as in 2026-10"),
        (("2026-10", "--month", "2026-09"), "two months are given, 2026-10 and 2026-09; give one"),
    ],
)
def test_only_one_month_is_opened_again(desk: Desk, words: tuple[str, ...], said: str) -> None:
    code, told = desk("reopen", *words, "--by", "ben", "--reason", "x")

    assert code == 2
    assert said in told


def test_a_month_of_nothing_is_closed_with_a_reason_alone(desk: Desk) -> None:
    refused = desk("close", "2025-10", "--by", "anna", *DAY)
    assert refused == (
        6,
        (
            "FAILS      data: 2025-10 has neither cost nor a delivery\n"
            "           -> name the month that is meant, or --explain 'empty=REASON'\n"
        ),
    )

    code, said = desk("close", "2025-10", "--by", "anna", "--explain", "empty=a pause", *DAY)

    assert (code, said.splitlines()[:2]) == (
        0,
        [
            "2025-10 is closed v1 by anna",
            "explained  data: 2025-10 has neither cost nor a delivery; a pause",
        ],
    )
