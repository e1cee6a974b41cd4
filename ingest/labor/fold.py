"""Roles of too few people, which are told together so that no one person's work is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ingest.labor.card import OTHER_ROLES


def folded(people: Mapping[str, Collection[str]], smallest: int) -> dict[str, str]:
    """Return the name each role of one project and month is shown under.

    A role of fewer people than `smallest` becomes `other_roles`. One such role alone could
    be told by taking the others from the sum, so the next smallest goes with it, and again
    until those together are `smallest` people, which no single one is; a project that has
    not so many shows none.

    Args:
        people: What tells people apart, by role; somebody unknown is not in it.
        smallest: People that a role needs to be shown by itself; 1 shows all.
    """
    if smallest <= 1:
        return {role: role for role in people}
    ordered = sorted(people, key=lambda role: (len(set(people[role])), role))
    hidden = [role for role in ordered if len(set(people[role])) < smallest]
    for role in ordered[len(hidden) :]:
        if not hidden or _together(people, hidden) >= smallest:
            break
        hidden.append(role)
    return {role: OTHER_ROLES if role in hidden else role for role in ordered}


def _together(people: Mapping[str, Collection[str]], roles: Iterable[str]) -> int:
    return len({person for role in roles for person in people[role]})
