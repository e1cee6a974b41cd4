"""Names that closed months keep: projects that projects.yaml lost, or says went into others."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from models.period import Month
from reconcile.given import Owned
from reconcile.line import Line


def kept(
    lines: Iterable[Line], projects: Mapping[str, Owned], closed: Collection[Month]
) -> Iterator[str]:
    """Yield what a project has in closed months though the registry would give it nothing.

    A closed month keeps the projects that it was closed with. Their plan and what came since may
    stand under another name, so that both look wrong to whom nobody tells.

    Args:
        lines: The projects of the report.
        projects: The registry as it is now, by id.
        closed: Months that are closed.
    """
    for line in lines:
        months = [month for month in sorted(closed) if line.tally.actual.get(month)]
        if months and line.key not in projects:
            yield (
                f"{line.key}: has no entry in projects.yaml, and keeps its cost of "
                f"{_span(months)}, closed with it; an id is never changed: give it one "
                "again, with another `name`"
            )
        elif owned := projects.get(line.key):
            yield from _merged(owned, months)


def _merged(owned: Owned, months: Iterable[Month]) -> Iterator[str]:
    merged = owned.merged
    late = [month for month in months if merged and month.first >= merged.on]
    if merged and late:
        yield (
            f"{owned.id}: went into {merged.into} on {merged.on}, and keeps its cost of "
            f"{_span(late)}, closed before that was said; {merged.into} bears what came since"
        )


def _span(months: Sequence[Month]) -> str:
    first, last = months[0], months[-1]
    return str(first) if first == last else f"{first} to {last}"
