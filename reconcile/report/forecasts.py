"""The section of forecasts: which method each category is forecast by, and how far off it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from reconcile.figure import Figure
from reconcile.forecasting.shown import CategoryLine, ForecastLine, MissLine
from reconcile.portfolio import Portfolio
from reconcile.report.number import NONE, percent, plain, signed_percent
from reconcile.report.section import (
    AMOUNT,
    TEXT,
    Cell,
    Section,
    Table,
    amount,
    closed_object,
    dated,
    list_of,
    value,
    words,
)

PROJECTS: Final = (
    *("Project", "Months", "Burn ratio", "EAC low", "EAC", "EAC high", "Runs out", "Covered %"),
)
CATEGORIES: Final = ("Project", "Category", "Method", "EV", "CPI", "BAC", "EAC")
ERRORS: Final = ("Project", "Made", "WAPE %", "Bias %")
LAGS: Final = {1: "one close before", 3: "three closes before"}
NOTE: Final = (
    "How estimates at completion are made. Where output is counted its CPI scales the work that is "
    "left, otherwise the shape of the plan does; orders, rosters and schedules cost what they say. "
    "Every range assumes a future like the past, and excludes what is not billed yet. On the day "
    "of Runs out the deviation from plan is expected to reach the contingency. Covered is "
    "the part of the plan to date that any actual stands against. WAPE and bias compare forecasts "
    "with the months that have come since; + was forecast too low."
)

_MISS: Final = closed_object(
    lag={"type": "integer"}, months={"type": "integer"}, wape=AMOUNT, bias=AMOUNT
)
_CATEGORY: Final = closed_object(
    category=TEXT, method=TEXT, **dict.fromkeys(("ev", "cpi", "bac", "eac"), AMOUNT)
)
_METHOD: Final = closed_object(name=TEXT, title=TEXT, eac=AMOUNT, why_not=TEXT)
_INDICES: Final = ("ev", "cv", "sv", "cpi", "spi", "tcpi")
PROJECT: Final = closed_object(
    project=TEXT,
    method=TEXT,
    little=TEXT,
    months={"type": "integer"},
    **dict.fromkeys(("eac", "low", "high", "burn_ratio", "covered_pct", "coverage_pct"), AMOUNT),
    **dict.fromkeys(("low_method", "high_method"), TEXT),
    run_out={"type": ["string", "null"]},
    indices=closed_object(**dict.fromkeys(_INDICES, AMOUNT)),
    categories=list_of(_CATEGORY),
    methods=list_of(_METHOD),
    errors=list_of(_MISS),
)
SCHEMA: Final = closed_object(projects=list_of(PROJECT), errors=list_of(_MISS))


def section(p: Portfolio) -> Section:
    """Return how each project is forecast, by category, and how far earlier forecasts were off."""
    lines = [line for line in p.forecasts.lines if line.outlook.basis.items]
    return Section(
        key="forecast",
        title="Forecast",
        note=NOTE,
        tables=(
            Table(heads=PROJECTS, words=1, rows=tuple(map(_project, lines))),
            Table(heads=CATEGORIES, words=3, rows=tuple(_categories(lines)), caption="By category"),
            Table(
                heads=ERRORS, words=2, rows=tuple(_errors(p, lines)), caption="How far off it was"
            ),
        ),
        lines=tuple(
            f"{line.project}: {line.little}, so nothing is extrapolated: actual plus remaining plan"
            for line in lines
            if line.little
        ),
        document=document(p),
    )


def document(p: Portfolio) -> dict[str, Any]:
    """Return the forecasts of a report as plain values."""
    return {
        "projects": [project_document(line) for line in p.forecasts.lines],
        "errors": [_miss(each) for each in p.forecasts.misses],
    }


def project_document(line: ForecastLine) -> dict[str, Any]:
    """Return the forecast of one project as plain values."""
    spread, outlook = line.spread, line.line.outlook
    return {
        "project": line.project,
        "method": line.method,
        "little": line.little,
        "months": int(line.months.value or 0),
        "eac": value(line.line.completion.eac),
        "low": value(spread.low) if spread else None,
        "low_method": spread.low_method if spread else "",
        "high": value(spread.high) if spread else None,
        "high_method": spread.high_method if spread else "",
        "run_out": outlook.run_out.isoformat() if outlook and outlook.run_out else None,
        "burn_ratio": value(line.burn),
        "covered_pct": value(line.covered),
        "coverage_pct": value(line.coverage),
        "indices": {name: _optional(line.indices.get(name)) for name in _INDICES},
        "categories": [
            {
                "category": each.category,
                "method": each.method,
                "ev": _optional(each.ev),
                "cpi": _optional(each.cpi),
                "bac": value(each.bac),
                "eac": value(each.eac),
            }
            for each in line.categories
        ],
        "methods": [
            {
                "name": each.name,
                "title": each.title,
                "eac": value(each.eac),
                "why_not": each.why_not,
            }
            for each in line.methods
        ],
        "errors": [_miss(each) for each in line.misses],
    }


def _project(line: ForecastLine) -> tuple[Cell, ...]:
    spread, end, outlook = line.spread, line.line.completion, line.line.outlook
    ends = (amount(spread.low), amount(end.eac), amount(spread.high)) if spread else ()
    return (
        words(line.project),
        Cell(text=plain(line.months, 0), figure=line.months),
        Cell(text=plain(line.burn), figure=line.burn),
        *ends,
        dated(outlook.run_out if outlook else None),
        Cell(text=percent(line.covered), figure=line.covered),
    )


def _categories(lines: Iterable[ForecastLine]) -> Iterator[tuple[Cell, ...]]:
    for line in lines:
        for each in line.categories:
            if each.bac.value is not None:
                yield _category(line, each)


def _category(line: ForecastLine, each: CategoryLine) -> tuple[Cell, ...]:
    return (
        words(line.project),
        words(each.title),
        words(each.method),
        _maybe(each.ev),
        _maybe(each.cpi),
        amount(each.bac),
        amount(each.eac),
    )


def _errors(p: Portfolio, lines: Iterable[ForecastLine]) -> Iterator[tuple[Cell, ...]]:
    for name, found in (
        *((line.project, line.misses) for line in lines),
        ("All", p.forecasts.misses),
    ):
        for miss in found:
            yield (
                words(name),
                words(LAGS[miss.lag]),
                Cell(text=percent(miss.wape, 1), figure=miss.wape),
                Cell(text=signed_percent(miss.bias), figure=miss.bias),
            )


def _miss(each: MissLine) -> dict[str, Any]:
    return {
        "lag": each.lag,
        "months": each.months,
        "wape": value(each.wape),
        "bias": value(each.bias),
    }


def _maybe(figure: Figure | None) -> Cell:
    return Cell(text=NONE, tone="soft") if figure is None else amount(figure)


def _optional(figure: Figure | None) -> str | None:
    return None if figure is None else value(figure)
