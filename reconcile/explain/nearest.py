"""Figures by name: the nearest of an id that is none, and which scopes there are."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

NEAR: Final = 5  # that are named


def nearest(figure_id: str, known: Iterable[str]) -> str:
    """Return what to say of an id that is no figure: by its beginning, measure or letters.

    Args:
        figure_id: What was asked for.
        known: The ids there are.
    """
    ids = sorted(known)
    found = (_beginning(figure_id, ids) or _elsewhere(figure_id, ids))[:NEAR]
    found = found or get_close_matches(figure_id, ids, NEAR)
    if not found:
        return f"no figure {figure_id!r}; `trueup explain` without a figure lists what there is"
    return f"no figure {figure_id!r}. Did you mean {', '.join(found)}?"


def _beginning(figure_id: str, ids: Iterable[str]) -> list[str]:
    """Return ids that begin with the same names, the shortest first."""
    start = figure_id.rstrip("/") + "/"
    return sorted((each for each in ids if each.startswith(start)), key=_by_length)


def _elsewhere(figure_id: str, ids: Iterable[str]) -> list[str]:
    """Return the same measure of the same scope in another period, such as an EAC of a month."""
    scope, _, measure = _named(figure_id)
    return [each for each in ids if scope and _named(each) == (scope, "/", measure)]


def _named(figure_id: str) -> tuple[str, str, str]:
    """Return scope and measure of an id, with a slash between them where it has a period."""
    before, _, measure = figure_id.rpartition("/")
    scope, slash, _ = before.rpartition("/")
    return scope, slash, measure


def _by_length(figure_id: str) -> tuple[int, str]:
    return figure_id.count("/"), figure_id


def scopes(known: Iterable[str]) -> dict[str, list[str]]:
    """Return the measures of each scope, `scope/period` by `scope`, sorted."""
    found: dict[str, set[str]] = {}
    for each in known:
        scope, period, measure = each.rsplit("/", 2)
        found.setdefault(f"{scope}/{period}", set()).add(measure)
    return {each: sorted(found[each]) for each in sorted(found)}
