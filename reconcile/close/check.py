"""What stands against closing a month: checks, each with its verdict and the way out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from models.period import Month
from reconcile.balance import Assertion
from reconcile.close.balance import is_even, named
from reconcile.close.commentary import GIVEN, CommentLine
from reconcile.figure import exact_text
from reconcile.tie_out import SourceLine, SourceState

Verdict = Literal["pass", "explained", "fail"]
Reasons = Mapping[str, str]

ROWS: Final = "rows"  # what begins the key of rows that were set aside
PLAN: Final = "plan"  # and of a project without an approved plan
EMPTY: Final = "empty"  # the key of a month of nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must hold before a month is closed.

    Attributes:
        name: What is checked, in two or three words.
        verdict: pass; explained, by a reason that is signed with the month; or fail.
        text: What was found, one line.
        mend: What to do about it, with the command; empty unless it fails.
    """

    name: str
    verdict: Verdict
    text: str
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the checks look at.

    Attributes:
        as_of: The instant to judge at, UTC.
        earlier: Months before that have data and are not closed.
        empty: Whether nothing was delivered of the month, and it bears nothing.
        sources: How each source stands for the month, and `lines` their amounts.
        assertions: How the bills of the month stand to their invoices.
        aside: Rows that were set aside, by source.
        waiting: Invoices that wait for a person, as `SOURCE/NUMBER`, and why.
        unplanned: Projects with spend in the month and no approved plan.
        edited: What the newest run did not use as it is configured now, by name.
        comments: What is to be said about the month.
        required: Whether what is not said stands against closing.
        head: Hash of the newest entry of the ledger, which was verified.
        waived: Reasons, by source, to close without its final bill.
        explained: Reasons by key, for what does not hold.
    """

    month: Month
    as_of: datetime
    earlier: Sequence[Month] = ()
    empty: bool = False
    sources: Sequence[SourceState] = ()
    lines: Sequence[SourceLine] = ()
    assertions: Sequence[Assertion] = ()
    aside: Mapping[str, int] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)
    unplanned: Sequence[str] = ()
    edited: Sequence[str] = ()
    comments: Sequence[CommentLine] = ()
    required: bool = True
    head: str = ""
    waived: Reasons = field(default_factory=dict)
    explained: Reasons = field(default_factory=dict)


def checks(given: Evidence) -> tuple[Check, ...]:
    """Return every check, in the order in which a person mends them."""
    return (
        _ended(given),
        _order(given),
        _data(given),
        *_sources(given),
        *_control(given),
        *_invoices(given),
        *_aside(given),
        *_waiting(given),
        *_plans(given),
        _recorded(given),
        _comments(given),
        *_reasons(given),
        Check(name="ledger", verdict="pass", text=f"every entry is sealed, up to {given.head}"),
    )


def failing(found: Iterable[Check]) -> tuple[Check, ...]:
    """Return the checks that stand against closing."""
    return tuple(each for each in found if each.verdict == "fail")


def _ended(given: Evidence) -> Check:
    if given.as_of >= given.month.end:
        return Check(name="month", verdict="pass", text=f"{given.month} ended")
    after = given.month.last
    return Check(
        name="month",
        verdict="fail",
        text=f"{given.month} runs until {after}",
        mend=f"close it after {after}",
    )


def _order(given: Evidence) -> Check:
    if not given.earlier:
        return Check(name="order", verdict="pass", text="every earlier month is closed")
    return Check(
        name="order",
        verdict="fail",
        text=f"earlier months are not closed: {', '.join(map(str, given.earlier))}",
        mend=f"months are closed in order; begin with `trueup close {given.earlier[0]} --dry-run`",
    )


def _data(given: Evidence) -> Check:
    if not given.empty:
        return Check(name="data", verdict="pass", text=f"{given.month} has cost, or a delivery")
    text, mend = f"{given.month} has neither cost nor a delivery", "name the month that is meant"
    return _explained(given, "data", EMPTY, text, mend)


def _sources(given: Evidence) -> Iterator[Check]:
    for each in given.sources:
        if each.settled or each.state == "accrued":
            yield Check(name="source", verdict="pass", text=f"{each.source} is {each.state}")
            continue
        why = f": {each.detail}" if each.detail else ""
        text = f"{each.source} is {each.state}{why}"
        mend = f"`trueup run` once it is final, or --waive {_quoted(each.source)}"
        yield _given("source", text, given.waived.get(each.source), mend)


def _control(given: Evidence) -> Iterator[Check]:
    apart = [line for line in given.lines if line.difference.value]
    for line in apart:
        key = f"{line.state.source}/{line.currency}"
        gap = exact_text(line.difference.value)
        text = f"{key}: loaded and control total differ by {gap}"
        yield _explained(given, "control total", key, text, "`trueup rebuild`")
    if not apart:
        yield Check(
            name="control total", verdict="pass", text="what was loaded is what was delivered"
        )


def _invoices(given: Evidence) -> Iterator[Check]:
    uneven = [each for each in given.assertions if not is_even(each)]
    for each in uneven:
        yield _explained(
            given, "invoice", named(each), _uneven(each), "mend invoices.yaml or the bill"
        )
    if not uneven:
        count = sum(each.stated is not None for each in given.assertions)
        text = f"invoices that are even with the bills: {count}"
        yield Check(name="invoice", verdict="pass", text=text)


def _uneven(each: Assertion) -> str:
    gap = exact_text(each.difference)
    said = f"billed minus invoice is {gap} {each.currency}" if gap else each.verdict.value
    cause = f", {each.cause}" if each.cause else ""
    return f"{named(each)}: {said}{cause}"


def _aside(given: Evidence) -> Iterator[Check]:
    for source, rows in sorted(given.aside.items()):
        text = f"{source}: rows that were set aside: {rows}"
        mend = "read them in the report, have them delivered anew"
        yield _explained(given, "rows", f"{ROWS}/{source}", text, mend)
    if not given.aside:
        yield Check(name="rows", verdict="pass", text="no row was set aside")


def _waiting(given: Evidence) -> Iterator[Check]:
    for key, status in sorted(given.waiting.items()):
        text = f"{key} waits for a person: {status}"
        yield _explained(given, "decision", key, text, "`trueup invoice review`")
    if not given.waiting:
        yield Check(name="decision", verdict="pass", text="no invoice waits for a person")


def _plans(given: Evidence) -> Iterator[Check]:
    for project in given.unplanned:
        text = f"{project} has spend and no approved plan"
        mend = "approve a plan, `trueup plan approve`"
        yield _explained(given, "plan", f"{PLAN}/{project}", text, mend)
    if not given.unplanned:
        text = "every project with spend has an approved plan"
        yield Check(name="plan", verdict="pass", text=text)


def _recorded(given: Evidence) -> Check:
    if not given.edited:
        text = "the last run used everything as it is configured"
        return Check(name="configuration", verdict="pass", text=text)
    return Check(
        name="configuration",
        verdict="fail",
        text=f"edited since the last run: {', '.join(given.edited)}",
        mend="`trueup run`, and read the report again",
    )


def _comments(given: Evidence) -> Check:
    missing = [each.scope for each in given.comments if each.status != GIVEN]
    if not missing:
        count = sum(each.why != "" for each in given.comments)
        return Check(name="comments", verdict="pass", text=f"every one is given: {count}")
    text = f"missing: {', '.join(missing)}"
    if not given.required:
        said = f"{text}; close.comments is optional"
        return Check(name="comments", verdict="explained", text=said)
    first = f"`trueup comment add {missing[0]} --month {given.month} --text TEXT --by NAME`"
    return Check(name="comments", verdict="fail", text=text, mend=first)


def _reasons(given: Evidence) -> Iterator[Check]:
    """Yield a failure for each reason that belongs to nothing: a slip of the pen signs nothing."""
    needed = {each.source for each in given.sources if not _is_settled(each)}
    for source in sorted(set(given.waived) - needed):
        yield _stray("--waive", source, "is no source that is not final")
    known = set(_keys(given))
    for key in sorted(set(given.explained) - known):
        yield _stray("--explain", key, "is nothing that needs a reason")


def _keys(given: Evidence) -> Iterator[str]:
    if given.empty:
        yield EMPTY
    yield from (named(each) for each in given.assertions if not is_even(each))
    yield from (
        f"{line.state.source}/{line.currency}" for line in given.lines if line.difference.value
    )
    yield from (f"{ROWS}/{source}" for source in given.aside)
    yield from given.waiting
    yield from (f"{PLAN}/{project}" for project in given.unplanned)


def _is_settled(state: SourceState) -> bool:
    return state.settled or state.state == "accrued"


def _stray(option: str, key: str, said: str) -> Check:
    return Check(
        name="reason",
        verdict="fail",
        text=f"{option} {key!r} {said}",
        mend=f"leave out {option} {key}; `trueup close MONTH --dry-run` prints what needs one",
    )


def _explained(given: Evidence, name: str, key: str, text: str, mend: str) -> Check:
    return _given(name, text, given.explained.get(key), f"{mend}, or --explain {_quoted(key)}")


def _given(name: str, text: str, reason: str | None, mend: str) -> Check:
    """Return a check that fails unless somebody gives a reason."""
    if reason and reason.strip():
        return Check(name=name, verdict="explained", text=f"{text}; {reason.strip()}")
    return Check(name=name, verdict="fail", text=text, mend=mend)


def _quoted(key: str) -> str:
    return f"'{key}=REASON'"
