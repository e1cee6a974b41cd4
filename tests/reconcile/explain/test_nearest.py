"""Figures by name."""

from __future__ import annotations

import pytest

from reconcile.explain.nearest import nearest, scopes

KNOWN = ("bot/2026-10/ac", "bot/2026-10/pl", "bot/labor/2026-10/ac", "portfolio/2026-10/ac")
WHOLE = ("bot/completion/eac", "bot/labor/completion/eac", "portfolio/completion/eac")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("bot", ("no figure 'bot'. Did you mean bot/2026-10/ac, bot/2026-10/pl,"
         " bot/labor/2026-10/ac?")),
        ("bot/2026-10/", "no figure 'bot/2026-10/'. Did you mean bot/2026-10/ac, bot/2026-10/pl?"),
        ("portfolo/2026-10/ac", ("no figure 'portfolo/2026-10/ac'. Did you mean"
         " portfolio/2026-10/ac, bot/2026-10/ac, bot/labor/2026-10/ac, bot/2026-10/pl?")),
        ("???", "no figure '???'; `trueup explain` without a figure lists what there is"),
    ],
)  # fmt: skip
def test_an_unknown_figure_names_the_nearest(asked: str, said: str) -> None:
    assert nearest(asked, KNOWN) == said


def test_a_measure_that_another_period_has_is_named_with_that_period() -> None:
    said = nearest("bot/2026-10/eac", [*KNOWN, *WHOLE])

    assert said == "no figure 'bot/2026-10/eac'. Did you mean bot/completion/eac?"


def test_figures_are_listed_by_scope_and_period() -> None:
    assert scopes(KNOWN) == {
        "bot/2026-10": ["ac", "pl"],
        "bot/labor/2026-10": ["ac"],
        "portfolio/2026-10": ["ac"],
    }
