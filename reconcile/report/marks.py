"""Marks of the charts, with the meaning IBCS gives them; rows in, layers out.

Actual is solid and dark, plan is outlined, forecast is light with a dashed outline, red
and green stand only where a difference is material, and every axis starts at zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import altair as alt

WIDTH: Final = 500
INK: Final = "#404040"
FAINT: Final = "#6b6b6b"
RED: Final = "#b3261e"
GREEN: Final = "#1b7f3b"
AMBER: Final = "#8a5a00"
BAND: Final = "#faf0d9"
PAPER: Final = "#ffffff"
FONT: Final = "Liberation Sans, Arial, Helvetica, sans-serif"
DASH: Final = [3, 2]
ROW: Final = 20  # height of a row of the bridge
HALF: Final = 0.36  # of a month, to each side of its middle
ROOM: Final = 0.14  # of an axis, for the labels beyond its longest bar

Row = dict[str, Any]  # values of one mark, named by the layer that draws it
Layers = list[alt.Chart]


def finished(
    chart: alt.LayerChart | alt.FacetChart | alt.VConcatChart, spoken: str
) -> dict[str, Any]:
    """Return a chart as Vega-Lite, with one type, no frame, and its words for those who hear it."""
    spec: dict[str, Any] = (
        chart.properties(description=spoken, background=PAPER, padding=4)
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_text(font=FONT, fontSize=11)
        .to_dict(validate=False)
    )
    return spec


def domain(values: Sequence[float]) -> list[float]:
    """Return an axis that holds zero and every value, with room for labels on used sides."""
    low, high = min(0.0, *values), max(0.0, *values)
    room = (high - low) * ROOM or 1.0
    return [low - (room if low < 0 else 0.0), high + (room if high > 0 or low == high else 0.0)]


def bars(rows: Sequence[Row], height: int, values: Sequence[float]) -> Layers:
    """Return upright bars of differences with their labels, solid AC and dashed FC.

    Rows have `at`, `value`, `label`, `colour`, `is_actual` and `tip`.
    """
    base = _months_base(rows, height)
    y = alt.Y("value:Q", axis=None, scale=alt.Scale(domain=list(values), nice=False))
    sides = {"x": _x("from", len(rows)), "x2": alt.X2("to:Q"), "y": y, "y2": alt.Y2Datum(0)}
    colour, tip = alt.Color("colour:N", scale=None), alt.Tooltip("tip:N", title=" ")
    outline = alt.Stroke("colour:N", scale=None)
    label = base.encode(x=_x("at", len(rows)), y=y, text=alt.Text("label:N"), color=colour)
    return [
        base.transform_filter("datum.is_actual")
        .mark_rect()
        .encode(**sides, color=colour, tooltip=tip),
        base.transform_filter("!datum.is_actual")
        .mark_rect(fill=PAPER, strokeDash=DASH)
        .encode(**sides, stroke=outline, tooltip=tip),
        base.mark_rule(color=INK).encode(y=alt.YDatum(0, axis=None)),
        label.transform_filter("datum.value >= 0").mark_text(dy=-7, fontWeight="bold"),
        label.transform_filter("datum.value < 0").mark_text(dy=8, fontWeight="bold"),
    ]


def band(
    rows: Sequence[Row], top: float, label: str, height: int, values: Sequence[float]
) -> Layers:
    """Return the contingency: a pale band up to it, its line and its name."""
    base = _months_base(rows, height)
    y = alt.Y("top:Q", axis=None, scale=alt.Scale(domain=list(values), nice=False))
    one = base.transform_filter("datum.at === 0").transform_calculate(
        top=str(top), name=f"'{label}'"
    )
    return [
        one.mark_rect(color=BAND).encode(y=y, y2=alt.Y2Datum(0)),
        one.mark_rule(color=AMBER, strokeDash=[6, 3]).encode(y=y),
        one.mark_text(color=AMBER, align="right", dy=-7, fontWeight="bold").encode(
            x=alt.value(WIDTH - 4), y=y, text=alt.Text("name:N")
        ),
    ]


def months(rows: Sequence[Row], height: int, below: str = "") -> Layers:
    """Return the names of the months under a chart, and one more row of text if asked."""
    at = _months_base(rows, height).encode(x=_x("at", len(rows)))
    layers = [at.mark_text(color=FAINT, y=height + 13).encode(text=alt.Text("name:N"))]
    if below:
        text = at.encode(text=alt.Text(f"{below}:N"))
        solid, light = (
            text.transform_filter(test) for test in ("datum.is_actual", "!datum.is_actual")
        )
        layers += [
            solid.mark_text(color=INK, y=height + 28, fontWeight="bold", fontSize=10),
            light.mark_text(color=FAINT, y=height + 28, fontSize=10),
        ]
    return layers


def divider(rows: Sequence[Row], height: int, *, named: bool = True) -> Layers:
    """Return the line between what happened and what is expected."""
    base = _months_base(rows, height)
    last = base.transform_filter("datum.is_last").transform_calculate(edge="datum.at + 0.5")
    line = last.encode(x=_x("edge", len(rows)))
    rule = line.mark_rule(color=FAINT, strokeDash=[1, 3], y=0, y2=height)
    if not named:
        return [rule]
    return [
        rule,
        line.mark_text(color=FAINT, align="right", dx=-4, y=6).encode(text=alt.TextValue("AC")),
        line.mark_text(color=FAINT, align="left", dx=4, y=6).encode(text=alt.TextValue("FC")),
    ]


def columns(rows: Sequence[Row], height: int, top: float) -> Layers:
    """Return columns by month: plan outlined behind, actual or forecast before it.

    Rows have `at`, `plan`, `amount`, `amount_label` and `tip` beside what `bars` needs.
    """
    base = _months_base(rows, height).transform_calculate(
        plan_from=f"datum.at - {HALF}", plan_to="datum.at + 0.1",
        from_="datum.at - 0.16", to_=f"datum.at + {HALF}",
    )  # fmt: skip
    scale = alt.Scale(domain=[0, top], nice=False)
    plan, amount = (alt.Y(f"{name}:Q", axis=None, scale=scale) for name in ("plan", "amount"))
    tip = alt.Tooltip("tip:N", title=" ")
    body = base.encode(
        x=_x("from_", len(rows)), x2=alt.X2("to_:Q"), y=amount, y2=alt.Y2Datum(0), tooltip=tip
    )
    return [
        base.mark_rect(fill=PAPER, stroke=INK).encode(
            x=_x("plan_from", len(rows)),
            x2=alt.X2("plan_to:Q"),
            y=plan,
            y2=alt.Y2Datum(0),
            tooltip=tip,
        ),
        body.transform_filter("datum.is_actual").mark_rect(color=INK),
        body.transform_filter("!datum.is_actual").mark_rect(
            fill="#ececec", stroke=INK, strokeDash=DASH
        ),
        base.mark_rule(color=INK).encode(y=alt.YDatum(0, axis=None)),
        base.mark_text(color=INK, dy=-7, dx=4).encode(
            x=_x("at", len(rows)), y=amount, text=alt.Text("amount_label:N")
        ),
    ]


def bridge(rows: Sequence[Row], values: Sequence[float]) -> Layers:
    """Return horizontal steps from plan to actual; the last row is their sum, outlined.

    Rows have `row`, `name`, `from`, `to`, `edge`, `label`, `colour`, `is_sum` and `tip`;
    the sum also has `before`, the plan in words.
    """
    height = (len(rows) + 1) * ROW
    base = alt.Chart({"values": (*rows,)}).properties(width=WIDTH - 190, height=height)
    x = alt.X("from:Q", axis=None, scale=alt.Scale(domain=list(values), nice=False))
    edge = alt.X("edge:Q", axis=None, scale=alt.Scale(domain=list(values), nice=False))
    y_scale = alt.Scale(domain=[-0.5, len(rows) + 0.6], nice=False, reverse=True)
    top, middle = (alt.Y(f"{n}:Q", axis=None, scale=y_scale) for n in ("top", "row"))
    sized = base.transform_calculate(
        top="datum.row - 0.34", bottom="datum.row + 0.34", next="datum.row + 1.34"
    )
    colour, tip = alt.Color("colour:N", scale=None), alt.Tooltip("tip:N", title=" ")
    outline = alt.Stroke("colour:N", scale=None)
    bar = sized.encode(x=x, x2=alt.X2("to:Q"), y=top, y2=alt.Y2("bottom:Q"), tooltip=tip)
    names = sized.encode(y=middle, text=alt.Text("name:N"))
    return [
        bar.transform_filter("!datum.is_sum").mark_rect().encode(color=colour),
        bar.transform_filter("datum.is_sum").mark_rect(fill=PAPER).encode(stroke=outline),
        sized.transform_filter("!datum.is_sum")
        .mark_rule(color=FAINT, strokeWidth=0.5)
        .encode(x=alt.X("to:Q", axis=None), y=top, y2=alt.Y2("next:Q")),
        base.mark_rule(color=INK).encode(x=alt.XDatum(0, axis=None)),
        sized.mark_text(align="left", dx=5, fontWeight="bold").encode(
            x=edge, y=middle, text=alt.Text("label:N"), color=colour
        ),
        names.transform_filter("!datum.is_sum").mark_text(align="right", color=INK, x=-8),
        names.transform_filter("datum.is_sum").mark_text(
            align="right", color=INK, x=-8, fontWeight="bold"
        ),
        base.transform_filter("datum.is_sum")
        .mark_text(align="right", color=INK, x=-8, fontWeight="bold")
        .encode(y=alt.YDatum(0, axis=None), text=alt.Text("before:N")),
    ]


def _months_base(rows: Sequence[Row], height: int) -> alt.Chart:
    placed = [{**row, "from": row["at"] - HALF, "to": row["at"] + HALF} for row in rows]
    return alt.Chart({"values": (*placed,)}).properties(width=WIDTH, height=height)


def _x(field: str, count: int) -> alt.X:
    scale = alt.Scale(domain=[-0.6, count - 0.4], nice=False)
    return alt.X(f"{field}:Q", axis=None, scale=scale)
