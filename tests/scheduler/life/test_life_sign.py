"""A month is prepared, signed, read as it was signed, opened again, and closed anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest

from ingest.closing import closed, closes, reopen
from models.comment import Comment
from models.decision.file import DecisionFile
from models.errors import RefusedError, StoreError
from models.ledger import Entry
from models.period import Month
from models.plan.plan import load_all
from models.progress import Reached, Stated
from models.settings import Close
from reconcile.close.check import failing
from reconcile.portfolio import Portfolio
from reconcile.report import document
from scheduler import decisions, planning, version
from scheduler.close import commenting, signing
from scheduler.close.closings import history, listed
from scheduler.close.evidence import edited
from scheduler.close.life import unclosed, with_data
from scheduler.close.signed import TABLE, WRITTEN, rendered, signed
from scheduler.close.signing import Asked, Dossier, dossier, prepare, prepared, sign
from scheduler.past import recording, texts
from scheduler.publish import write_reports
from scheduler.shelf import shelf
from scheduler.workspace import configured

pytestmark = pytest.mark.once

OCTOBER = Month(2026, 10)
DAY = "2026-11-20"
AT = datetime(2026, 11, 20, tzinfo=UTC)
RULES = (
    "rules:\n"
    '  - {id: by-tag, when: {tag.project: "*"}, to: {project: "{tag.project}"}}\n'
    '  - {id: train, when: {source: "*"}, to: {category: training_compute}}\n'
)
LINES = [("10", "I", "2026-10-05", "p")]
SAID = Comment(
    month=OCTOBER,
    scope="p/training_compute",
    text="a trial",
    effect="one-off",
    by="anna",
    on=date(2026, 11, 3),
)
PLAN = (
    "plan: {project: p, id: p, version: 1, currency: USD, start: 2026-10, horizon_months: 3}\n"
    "approval: {status: approved, author: ml, by: cfo, at: 2026-10-01, reason: first}\n"
    "items:\n- {id: train, category: training_compute, amount: 300}\n"
    "contingency: {stated_amount: 100, use: stated}\n"
)
DRAW = {
    "project": "p",
    "on": "2026-10-20",
    "amount": "50",
    "item": "train",
    "by": "ben",
    "reason": "a second try",
}
ASKED = Asked(by="anna", reason="as usual", explained={"plan/p": "a trial without a plan"})
Life = Any


def tell(life: Life) -> None:
    life.edit(RULES, "projects:\n  - {id: p}\n  - {id: q}\n")
    life.night("2026-11-02", LINES)
    life.night(DAY)
    record(life)


def record(life: Life) -> None:
    """Write down the configuration, as a night does."""
    ledger = life.stores.ledger
    news = [
        *version.entries(life.project, ledger),
        *recording.versions(life.project, ledger),
        *planning.entries(life.project, ledger),
        *decisions.entries(life.project, life.stores),
    ]
    if news:
        ledger.append(*news)


def found(life: Life, asked: Asked = ASKED, day: str = DAY) -> Dossier:
    return dossier(life.project, life.stores, life.books(day), OCTOBER, asked)


def signs(life: Life, by: str = "anna", *, two_person: bool = False) -> Any:
    return sign(life.stores, found(life), by=by, two_person=two_person)


def quick(report: Portfolio) -> dict[str, bytes]:
    """Return a report in every form, without the charts, which take a second."""
    return dict.fromkeys((*WRITTEN, TABLE), document.render(report).encode())


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing, "rendered", quick)


@pytest.fixture(name="ready")
def ready_fixture(after: Callable[[Callable[[Life], object]], Life]) -> Life:
    """Return a life whose October is final, recorded and commented on in a file."""
    life = after(tell)
    life.project = replace(life.project, comments=(SAID,))
    return life


def test_a_month_is_closed_with_its_checks_its_report_and_who_signed(ready: Life) -> None:
    made = found(ready)
    prepare(ready.project, ready.stores, made, ASKED)

    record = signs(ready)

    assert not made.failing
    assert (made.report.state, str(made.report.life)) == ("FINAL", "closed v1")
    assert record.body["by"] == "anna"
    assert (record.body["signed_by"], record.body["reason"]) == ("", "as usual")
    assert record.body["waived"] == {"plan/p": "a trial without a plan"}
    assert record.body["version"] == 1
    assert set(record.body["reports"]) == {"html", "md", "json", "table"}
    (entry,) = ready.stores.ledger.entries("comment")
    assert (entry.subject, entry.body["as_of"]) == ("2026-10/p/training_compute", AT.isoformat())


def test_a_report_is_signed_in_every_form(ready: Life) -> None:
    kept = rendered(found(ready).report)

    assert list(kept) == ["html", "md", "json", "table"]
    assert all(b"FINAL" in data for data in kept.values())
    assert kept["html"].startswith(b"<!doctype html>")
    assert b"\x1b" not in kept["table"]


def test_a_closed_month_prints_the_bytes_that_were_signed(ready: Life) -> None:
    prepare(ready.project, ready.stores, found(ready), ASKED)
    signs(ready)
    kept = signed(ready.stores, OCTOBER)
    ready.night("2027-01-05", [*LINES, ("3", "I", "2026-10-09", "p")])

    paths = write_reports(ready.project, ready.stores, ready.report("2027-01-05"))

    assert [path.read_bytes() for path in paths] == [kept["html"], kept["md"], kept["json"]]
    assert b"FINAL" in kept["table"]
    assert signed(ready.stores, OCTOBER) == kept


@pytest.mark.failure("E07")
def test_a_month_that_is_opened_again_keeps_every_version(ready: Life) -> None:
    prepare(ready.project, ready.stores, found(ready), ASKED)
    signs(ready)
    first = signed(ready.stores, OCTOBER)
    reopen(ready.stores.ledger, OCTOBER, by="ben", reason="wrong rule", as_of=AT)
    assert signed(ready.stores, OCTOBER) == {}
    ready.night("2026-11-21", [*LINES, ("3", "I", "2026-10-09", "p")])
    prepare(ready.project, ready.stores, found(ready), ASKED)
    signs(ready)

    second = signed(ready.stores, OCTOBER)

    assert signed(ready.stores, OCTOBER, 1) == first
    assert signed(ready.stores, OCTOBER, 2) == second
    assert first["json"] != second["json"]
    assert [(each.version, each.reopened) for each in history(ready.stores)] == [
        (1, "2026-11-20 by ben: wrong rule"),
        (2, ""),
    ]
    with pytest.raises(RefusedError, match=r"^2026-10: has no version 3; there are: 1, 2$"):
        signed(ready.stores, OCTOBER, 3)
    with pytest.raises(RefusedError, match=r"it was never closed: `trueup close` lists months$"):
        signed(ready.stores, Month(2026, 9), 1)


def test_a_signed_report_that_is_lost_is_told(ready: Life) -> None:
    prepare(ready.project, ready.stores, found(ready), ASKED)
    sha256 = signs(ready).body["reports"]["html"]
    ready.stores.archive.remove(sha256)

    with pytest.raises(StoreError) as error:
        signed(ready.stores, OCTOBER)

    assert str(error.value) == (
        f"2026-10: its signed report {sha256[:12]} is lost or was altered; restore the archive "
        "from a backup"
    )


@pytest.mark.failure("E11")
def test_who_closed_when_from_what_and_with_which_program_is_known(ready: Life) -> None:
    prepare(ready.project, ready.stores, found(ready), ASKED)
    record = signs(ready, "ben", two_person=True)

    (told,) = history(ready.stores, OCTOBER)

    assert history(ready.stores, Month(2026, 9)) == []
    assert (told.body["by"], told.body["signed_by"], told.at) == ("anna", "ben", record.at)
    assert told.program[0].isdigit()
    assert set(told.body["deliveries"]) == {"cloud/2026-10"}
    assert told.body["rules"] == version.present(ready.project).hash
    assert told.body["books"]["rows"] == 1


@pytest.mark.failure("E12")
def test_who_prepared_a_month_does_not_sign_it(ready: Life) -> None:
    made = found(ready)
    prepare(ready.project, ready.stores, made, ASKED)

    for name in ("anna", " Anna ", "ANNA"):
        with pytest.raises(RefusedError) as error:
            sign(ready.stores, made, by=name, two_person=True)
        assert str(error.value) == (
            "2026-10: anna prepared it; close.two_person asks for another person to sign"
        )

    assert not closed(ready.stores.ledger)
    assert sign(ready.stores, made, by=" ben ", two_person=True).body["signed_by"] == "ben"


def test_what_changed_since_it_was_prepared_is_not_signed(ready: Life) -> None:
    prepare(ready.project, ready.stores, found(ready), ASKED)
    ready.night("2026-11-21", [*LINES, ("3", "I", "2026-10-09", "p")])
    newer = replace(SAID, text="two trials", on=date(2026, 11, 9))
    commenting.add(ready.stores.ledger, newer, AT)

    with pytest.raises(RefusedError) as error:
        signs(ready, "ben", two_person=True)

    assert str(error.value) == (
        "2026-10: since anna prepared it there are other deliveries, books, comments; read the "
        "report again, and prepare it anew: `trueup close 2026-10 --by NAME`"
    )


def test_a_draw_or_progress_since_it_was_prepared_is_not_signed(ready: Life) -> None:
    """Who signs would sign a budget that the closed month does not have."""
    file = ready.project.folder / "plans" / "trial.yaml"
    file.write_text(PLAN)
    ready.project = replace(ready.project, plans=load_all([file], ready.project.registry))
    record(ready)
    asked = replace(ASKED, explained={})
    prepare(ready.project, ready.stores, found(ready, asked), asked)
    reached = Reached(date(2026, 10, 1), Fraction(1, 2))
    drawn = DecisionFile.model_validate({"draws": [DRAW]})
    ready.project = replace(
        ready.project, decisions=drawn, progress=Stated({("p", "train"): (reached,)})
    )
    record(ready)

    with pytest.raises(RefusedError, match=r"^2026-10: since anna .* are other draws, progress; "):
        sign(ready.stores, found(ready, asked), by="ben", two_person=True)


def test_what_an_older_program_did_not_mark_does_not_stand_in_the_way(ready: Life) -> None:
    made = found(ready)
    unmarked = {name: mark for name, mark in made.marks.items() if name != "draws"}
    prepare(ready.project, ready.stores, replace(made, marks=unmarked), ASKED)

    assert sign(ready.stores, made, by="ben", two_person=True).body["signed_by"] == "ben"


def test_what_nobody_prepared_since_the_last_close_is_not_signed(ready: Life) -> None:
    said = "2026-10: nobody has prepared it; use `trueup close 2026-10 --by NAME` first"
    with pytest.raises(RefusedError, match=f"^{said}$"):
        prepared(ready.stores, OCTOBER)
    prepare(ready.project, ready.stores, found(ready), ASKED)
    assert Asked.read(prepared(ready.stores, OCTOBER)) == ASKED
    signs(ready)

    with pytest.raises(RefusedError, match=f"^{said}$"):
        prepared(ready.stores, OCTOBER)


def test_a_month_whose_checks_fail_is_neither_prepared_nor_signed(ready: Life) -> None:
    bare = Asked(by="anna")
    made = found(ready, bare)

    assert [each.name for each in failing(made.checks)] == ["plan"]
    assert (made.pins, dict(made.marks)) == (None, {})
    with pytest.raises(RefusedError, match=r"^2026-10: is not closed; checks that fail: 1$"):
        prepare(ready.project, ready.stores, made, bare)
    with pytest.raises(RefusedError, match=r"^2026-10: nobody is named to close it; fill --by$"):
        prepare(ready.project, ready.stores, found(ready), replace(ASKED, by=" "))
    assert not ready.stores.ledger.entries("month.prepared")


@pytest.mark.failure("E08")
def test_nothing_is_said_of_a_closed_month_any_more(ready: Life) -> None:
    prepare(ready.project, ready.stores, found(ready), ASKED)
    signs(ready)
    ready.project = replace(ready.project, comments=(replace(SAID, text="other"),))

    with pytest.raises(RefusedError) as error:
        commenting.add(ready.stores.ledger, SAID, AT)

    assert str(error.value) == (
        "2026-10: is closed, and so is its commentary; comment on the open month, or reopen it: "
        "`trueup reopen 2026-10 --by NAME --reason TEXT`"
    )
    assert commenting.comments(ready.project, ready.stores.ledger) == [SAID]
    with pytest.raises(RefusedError, match="is closed already; `trueup reopen 2026-10"):
        found(ready)


def test_an_edit_since_the_last_run_is_not_closed(ready: Life) -> None:
    ready.edit(RULES + '  - {id: more, when: {source: "x"}, to: {project: q}}\n')

    (told,) = found(ready).failing
    assert (told.name, told.text) == (
        "configuration",
        "edited since the last run: rules or projects",
    )


def test_required_comments_stand_in_the_way_unless_they_are_optional(ready: Life) -> None:
    ready.project = replace(ready.project, comments=())
    assert [each.name for each in found(ready).failing] == ["comments"]

    settings = ready.project.settings.model_copy(update={"close": Close(comments="optional")})
    ready.project = replace(ready.project, settings=settings)

    assert not found(ready).failing


def test_months_are_listed_with_their_state_and_closed_in_order(ready: Life) -> None:
    ready.night(DAY, [("2", "I", "2026-11-05", "p")], "2026-11")
    held = shelf(ready.stores, AT)

    assert with_data(held) == [OCTOBER, Month(2026, 11)]
    assert unclosed(held, Month(2026, 12), AT) == [OCTOBER]
    assert unclosed(held, OCTOBER, AT) == []
    prepare(ready.project, ready.stores, found(ready), ASKED)
    signs(ready)

    told = listed(ready.project, ready.stores, AT)

    assert [(str(each.life), each.by, each.at) for each in told] == [
        ("closed v1", "anna", DAY),
        ("open", "", ""),
    ]
    assert unclosed(shelf(ready.stores, AT), Month(2026, 12), AT) == []
    assert [each.version for each in closes(ready.stores.ledger)] == [1]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("fiscal: {first_month: 4}\n", ["settings"]),
        ("allocation: {target: 70}\n", ["settings"]),
        ("close: {comment_days: 3}\n", []),
        ("# a remark\n", []),
    ],
)
def test_an_edit_of_settings_that_figures_depend_on_is_named(
    ready: Life, text: str, names: list[str]
) -> None:
    ledger, path = ready.stores.ledger, ready.project.folder / "trueup.yaml"
    ledger.append(*recording.configuration(ready.project, ledger))
    assert edited(ready.project, ready.stores) == []

    path.write_text(path.read_text() + text)
    project = replace(configured(ready.project.folder, {}), sources=ready.project.sources)
    reached = Reached(date(2026, 10, 1), Fraction(1, 2))

    assert edited(project, ready.stores) == names
    moved = replace(project, progress=Stated({("p", "i"): (reached,)}))
    assert edited(moved, ready.stores) == ["progress", *names]


def test_a_configuration_that_this_program_refuses_was_another_one(ready: Life) -> None:
    old = Entry("configuration", "trueup.yaml", texts.body(b"nmae: x\n"))
    ready.stores.ledger.append(old)

    assert edited(ready.project, ready.stores) == ["settings"]
