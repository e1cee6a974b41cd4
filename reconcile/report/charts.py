"""Charts of a portfolio: one definition each for the page, SVG and PNG; titles stand outside.

A title inside a chart vanishes where its font is missing, so titles are text of the page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import altair as alt
import vl_convert
from altair.utils import schemapi

from models.money import ZERO, rounded
from reconcile.figure import Figure
from reconcile.line import Line
from reconcile.portfolio import Portfolio
from reconcile.report import marks
from reconcile.report.escape import visible
from reconcile.report.headline import Part, Sentence, display_unit
from reconcile.report.marks import Row
from reconcile.report.number import Unit, month_name, short_month, signed_percent
from reconcile.state import coloured
from reconcile.sums import MonthPoint

HEIGHT: Final = 190
STRIP: Final = 56
LABELLED: Final = 14  # months beside each other that have room for a number each


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart with what stands around it.

    Attributes:
        key: Id of its place on the page.
        title: What it shows, made by rule.
        note: Unit and legend.
        alt: The chart in words and numbers.
        spec: The chart as Vega-Lite.
    """

    key: str
    title: Sentence
    note: str
    alt: str
    spec: dict[str, Any]

    def svg(self) -> str:
        """Return the chart as SVG."""
        return str(vl_convert.vegalite_to_svg(self.spec))

    def png(self, scale: int = 2) -> bytes:
        """Return the chart as PNG, for places that show no SVG."""
        return bytes(vl_convert.vegalite_to_png(self.spec, scale=scale))


def drawings(p: Portfolio) -> tuple[Drawing, ...]:
    """Return the charts of a portfolio; none where there is no plan to compare with."""
    if not p.months or p.total.outlook is None or p.total.completion.bac.value is None:
        return ()
    with schemapi.debug_mode(arg=False):  # each mark held against the whole schema takes seconds
        return deviation(p), bridge(p), columns(p)


def deviation(p: Portfolio) -> Drawing:
    """Return the running difference to plan against the contingency."""
    money, last, outlook = display_unit(p), p.months[-1].deviation, p.total.outlook
    reserve = outlook.reserve.approved if outlook else last
    rows = [_month_row(p, i, point, point.deviation, money) for i, point in enumerate(p.months)]
    top = _length(reserve.value, money)
    values = marks.domain([*(row["value"] for row in rows), top])
    name = f"contingency {money.amount(reserve)}"
    spoken = "Running difference to plan: " + _spoken(p, lambda x: money.delta(x.deviation))
    layers = [
        *(marks.band(rows, top, name, HEIGHT, values) if top else []),
        *marks.bars(rows, HEIGHT, values),
        *marks.months(rows, HEIGHT, "total"),
        *marks.divider(rows, HEIGHT),
    ]
    return Drawing(
        key="deviation",
        title=(*_ends(last, money), Part(f" by {month_name(p.last)}")),
        note=f"{money.label}, running ΔPL; solid AC, dashed FC; band: contingency of all projects",
        alt=spoken,
        spec=marks.finished(alt.layer(*layers), spoken),
    )


def bridge(p: Portfolio) -> Drawing:
    """Return how the categories lead from the plan of the month to its actual."""
    money = display_unit(p)
    used = [line for line in p.categories if line.month.ac.value or line.month.pl.value]
    lines = sorted(used, key=lambda line: -abs(line.month.delta.value or ZERO))
    rows = [*_steps(lines, money), _sum_row(p, len(lines) + 1, money)]
    values = marks.domain([value for row in rows for value in (row["from"], row["to"])])
    spoken = "Difference to plan by category: " + ", ".join(
        f"{row['name']} {row['label']}" for row in rows
    )
    layers = marks.bridge(rows, values)
    return Drawing(
        key="bridge",
        title=_bridge_title(p, lines),
        note=f"{money.label}, from PL to AC by category; differences only",
        alt=spoken,
        spec=marks.finished(alt.layer(*layers), spoken),
    )


def columns(p: Portfolio) -> Drawing:
    """Return actual or forecast beside plan by month, under a strip of differences."""
    money = display_unit(p)
    rows = [_month_row(p, i, point, point.delta, money) for i, point in enumerate(p.months)]
    strip = marks.bars(rows, STRIP, marks.domain([row["value"] for row in rows]))
    top = marks.domain([value for row in rows for value in (row["amount"], row["plan"])])[1]
    body = [
        *marks.columns(rows, HEIGHT - STRIP, top),
        *marks.months(rows, HEIGHT - STRIP),
        *marks.divider(rows, HEIGHT - STRIP, named=False),
    ]
    spoken = "By month: " + _spoken(
        p, lambda x: f"{money.amount(x.amount)} against {money.plan(x.plan)}"
    )
    return Drawing(
        key="columns",
        title=_columns_title(p),
        note=f"{money.label} by month; solid AC, dashed FC, outlined PL; above: ΔPL",
        alt=spoken,
        spec=marks.finished(alt.vconcat(alt.layer(*strip), alt.layer(*body), spacing=18), spoken),
    )


def _month_row(p: Portfolio, index: int, point: MonthPoint, figure: Figure, money: Unit) -> Row:
    labelled = len(p.months) <= LABELLED
    base = p.months[index].plan.value
    if figure is point.deviation:
        base = sum((each.plan.value or ZERO for each in p.months[: index + 1]), ZERO)
    shown = coloured(figure.value, base, p.materiality)
    amount = money.amount(point.amount)
    return {
        "at": index,
        "name": short_month(point.month),
        "value": _length(figure.value, money),
        "label": money.delta(figure) if labelled else "",
        "colour": _colour(figure.value, shown=shown),
        "is_actual": point.is_actual,
        "is_last": point.is_actual and point.month == p.month and point is not p.months[-1],
        "total": money.amount(point.total) if labelled else "",
        "amount": max(0.0, _length(point.amount.value, money)),
        "amount_label": amount if labelled else "",
        "plan": _length(point.plan.value, money),
        "tip": f"{point.month}: {money.delta(figure)} ({amount} of {money.plan(point.plan)})",
    }


def _steps(lines: Sequence[Line], money: Unit) -> list[Row]:
    rows: list[Row] = []
    reached = ZERO
    for index, line in enumerate(lines, start=1):
        delta = line.month.delta.value or ZERO
        before, reached = reached, reached + delta
        rows.append(_bridge_row(index, line.title, (before, reached), line.month.delta, money))
        rows[-1]["colour"] = _colour(delta, shown=line.month.coloured)
    return rows


def _sum_row(p: Portfolio, index: int, money: Unit) -> Row:
    period = p.total.month
    name = f"AC {short_month(p.month)} {money.amount(period.ac, fine=True)}"
    row = _bridge_row(index, name, (ZERO, period.delta.value or ZERO), period.delta, money)
    share = "" if period.pct.value is None else f" ({signed_percent(period.pct)} %)"
    colour = _colour(period.delta.value, shown=period.coloured)
    before = f"PL {short_month(p.month)} {money.plan(period.pl, fine=True)}"
    label = row["label"] + share
    return {**row, "label": label, "colour": colour, "is_sum": True, "before": before}


def _bridge_row(
    index: int, name: str, span: tuple[Decimal, Decimal], delta: Figure, money: Unit
) -> Row:
    start, end = (_length(edge, money) for edge in span)
    label = money.delta(delta, fine=True)
    return {
        "row": index,
        "name": visible(name),
        "from": start,
        "to": end,
        "edge": max(start, end),
        "label": label,
        "is_sum": False,
        "tip": f"{visible(name)}: {label}",
    }


def _ends(figure: Figure, money: Unit) -> Sentence:
    if not figure.value:
        return (Part("Running difference is back to none"),)
    side = "over" if figure.value > 0 else "under"
    size = Part(money.size(figure), figure)
    return Part("Running difference reaches "), size, Part(f" {money.label} {side} plan")


def _bridge_title(p: Portfolio, lines: Sequence[Line]) -> Sentence:
    month = month_name(p.month)
    marked = [line for line in lines if line.month.material]
    if not marked:
        return (Part(f"No category is materially off plan in {month}"),)
    total = p.total.month.delta.value or ZERO
    most = 2 * abs(marked[0].month.delta.value or ZERO) >= abs(total)
    role = "explains most" if most else "is the largest part"
    return Part(marked[0].title, is_name=True), Part(f" {role} of {month}")


def _columns_title(p: Portfolio) -> Sentence:
    since = p.total.outlook.over_since if p.total.outlook and p.total.month.material else None
    if since and since != p.month:
        return (Part(f"Every month since {month_name(since)} ran over plan"),)
    return (Part("Actual, forecast and plan by month"),)


def _spoken(p: Portfolio, words: Callable[[MonthPoint], str]) -> str:
    return ", ".join(f"{short_month(point.month)} {words(point)}" for point in p.months)


def _length(value: Decimal | None, money: Unit) -> float:
    """Return how long a mark is: a position on paper, never an amount that is printed."""
    return float(rounded((value or ZERO) / money.divisor, 3))


def _colour(value: Decimal | None, *, shown: bool) -> str:
    if not shown or not value:
        return marks.INK
    return marks.RED if value > 0 else marks.GREEN
