"""Commentary: which lines of a month somebody has to explain, and what is said about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from models.comment import Comment, newest, of
from models.period import Month
from reconcile.figure import Figure, Figures
from reconcile.line import Line
from reconcile.state import State

Status = Literal["given", "missing", "overdue"]
GIVEN: Final = "given"
OVERDUE: Final = "overdue"
RESERVE: Final = "contingency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commenting:
    """What is said about the month, and by when.

    Attributes:
        comments: Of any month; of each line the newest counts.
        days: Days after the month's end from which a missing comment is overdue.
        required: Whether a month can only be closed with them.
    """

    comments: Sequence[Comment] = ()
    days: int = 10
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentLine:
    """One line of the report that is commented on, or has to be.

    Attributes:
        number: Its number in the report, from 1.
        why: material, unplanned or contingency; empty where nobody asked for a comment.
        delta: The figure that it is about; None where the report has none of that scope.
        eac: What the author says it adds to the estimate at completion.
    """

    number: int
    scope: str
    title: str
    why: str
    delta: Figure | None
    comment: Comment | None
    eac: Figure | None
    status: Status


@dataclass(frozen=True, slots=True)
class _Due:
    scope: str
    title: str
    why: str
    delta: Figure


def commentary(
    lines: Sequence[Line],
    loose: Line,
    given: Commenting | None,
    figures: Figures,
    *,
    month: Month,
    as_of: datetime,
) -> tuple[CommentLine, ...]:
    """Return what somebody has to explain, then what else is said; required ones come first.

    Required is a comment on each category of a project that is materially off its plan, in
    either direction; on a project that is, where none of its categories is; on cost without
    a plan; on what the estimate takes from contingency, where it is materially over budget;
    and on cost without a project that is material.

    Args:
        lines: The projects.
        loose: Cost without a project.
        given: Comments; None asks for none.
        figures: Where figures are registered.
        month: The month of the report.
        as_of: The instant of the report, UTC.
    """
    if given is None:
        return ()
    said = {each.scope: each for each in newest(of(given.comments, month))}
    required = list(_required(lines, loose))
    asked = {each.scope for each in required}
    deltas = {each.scope: each for each in _all(lines, loose)}
    other = [_other(scope, deltas) for scope in sorted(set(said) - asked)]
    late = as_of >= month.end + timedelta(days=given.days)
    return tuple(
        _line(number, each, said.get(each[0]), figures, month, late=late)
        for number, each in enumerate([*map(_plain, required), *other], 1)
    )


def at_risk(
    projects: Sequence[Line], total: Line, said: Iterable[CommentLine]
) -> tuple[tuple[Line, ...], Line]:
    """Return projects and their sum; on plan is at risk where a comment is overdue.

    Args:
        projects: The projects.
        total: Their sum.
        said: What is said about their lines, and what has to be.
    """
    late = [each.scope for each in said if each.status == OVERDUE]
    found = tuple(_risked(line) if _is_late(line, late) else line for line in projects)
    quiet = total.state in {State.ON_PLAN, State.INCOMPLETE}
    return found, replace(total, state=State.AT_RISK) if quiet and found != projects else total


def _risked(line: Line) -> Line:
    return replace(line, state=State.AT_RISK) if line.state is State.ON_PLAN else line


def _is_late(line: Line, scopes: Iterable[str]) -> bool:
    return any(scope == line.scope or scope.startswith(f"{line.scope}/") for scope in scopes)


_Row = tuple[str, str, str, Figure | None]  # scope, title, why, delta


def _plain(due: _Due) -> _Row:
    return due.scope, due.title, due.why, due.delta


def _other(scope: str, known: Mapping[str, _Due]) -> _Row:
    found = known.get(scope)
    return (scope, found.title, "", found.delta) if found else (scope, scope, "", None)


def _line(
    number: int,
    row: _Row,
    comment: Comment | None,
    figures: Figures,
    month: Month,
    *,
    late: bool,
) -> CommentLine:
    scope, title, why, delta = row
    eac = None
    if comment is not None and comment.eac is not None:
        eac = figures.add(scope, str(month), "said_eac", comment.eac)
    return CommentLine(
        number=number,
        scope=scope,
        title=title,
        why=why,
        delta=delta,
        comment=comment,
        eac=eac,
        status=GIVEN if comment else OVERDUE if late else "missing",
    )


def _required(lines: Iterable[Line], loose: Line) -> Iterator[_Due]:
    for line in lines:
        found = [*_categories(line)]
        if not found and line.month.material:
            found = [_Due(line.scope, line.title, "material", line.month.delta)]
        yield from (*found, *_drawn(line))
    if loose.month.material:
        yield _Due(loose.scope, loose.title, "material", loose.month.delta)


def _categories(line: Line) -> Iterator[_Due]:
    for part in line.categories:
        why = _why(part)
        if why:
            yield _Due(part.scope, _title(line, part), why, part.month.delta)


def _why(line: Line) -> str:
    if line.month.pl.value is None and line.month.ac.value:
        return "unplanned"
    return "material" if line.month.material else ""


def _drawn(line: Line) -> Iterator[_Due]:
    if line.outlook and line.outlook.reserve.drawn.value and line.completion.material:
        title = f"{line.title}, contingency"
        yield _Due(f"{line.scope}/{RESERVE}", title, RESERVE, line.outlook.reserve.drawn)


def _all(lines: Iterable[Line], loose: Line) -> Iterator[_Due]:
    for line in lines:
        yield _Due(line.scope, line.title, "", line.month.delta)
        for part in line.categories:
            yield _Due(part.scope, _title(line, part), "", part.month.delta)
    yield _Due(loose.scope, loose.title, "", loose.month.delta)


def _title(line: Line, part: Line) -> str:
    return f"{line.title}, {part.title}"
