from __future__ import annotations

import itertools
import json
from typing import Any

import altair as alt
import pytest
from jsonschema import ValidationError  # type: ignore[import-untyped]

from reconcile.portfolio import Portfolio
from reconcile.report import charts, marks
from reconcile.report.headline import said


@pytest.fixture(name="drawn", scope="module")
def drawn_fixture(six: Portfolio) -> dict[str, charts.Drawing]:
    return {drawing.key: drawing for drawing in charts.drawings(six)}


def test_three_charts_have_titles_made_by_rule(drawn: dict[str, charts.Drawing]) -> None:
    assert {key: said(each.title) for key, each in drawn.items()} == {
        "deviation": "Running difference reaches 206 k USD over plan by February",
        "bridge": "Training compute explains most of October",
        "columns": "Every month since March ran over plan",
    }


def test_a_portfolio_without_a_plan_has_no_charts(portfolio_of: Any) -> None:
    assert charts.drawings(portfolio_of()) == ()


def test_the_bridge_leads_from_nothing_to_the_whole_difference(
    drawn: dict[str, charts.Drawing],
) -> None:
    rows = [row for row in values(drawn["bridge"].spec) if "row" in row]

    steps, end = rows[:-1], rows[-1]
    assert [row["name"] for row in steps[:3]] == ["Training compute", "Data", "Inference"]
    assert steps[0]["from"] == 0
    assert all(a["to"] == b["from"] for a, b in itertools.pairwise(steps))
    assert steps[-1]["to"] == end["to"] == 29.001
    assert (end["before"], end["name"]) == ("PL Oct 508.4", "AC Oct 537.4")


def test_colour_stands_only_where_it_matters(drawn: dict[str, charts.Drawing]) -> None:
    rows = {row["name"]: row["colour"] for row in values(drawn["deviation"].spec)}

    assert rows["Mar"] == marks.INK
    assert rows["Oct"] == marks.RED


def test_every_chart_is_what_the_schema_of_its_library_wants(
    drawn: dict[str, charts.Drawing],
) -> None:
    written = {key: json.loads(json.dumps(each.spec)) for key, each in drawn.items()}

    for each in written.values():
        alt.Chart.from_dict(each)
    with pytest.raises(ValidationError, match="'Red' is not of type 'number'"):
        alt.Chart.from_dict({**written["columns"], "padding": "Red"})


def test_axes_hold_zero() -> None:
    assert marks.domain([5.0, 7.0])[0] == 0
    assert marks.domain([-5.0, -7.0])[1] == 0
    assert marks.domain([0.0]) == [0.0, 1.0]


def test_every_chart_is_also_a_picture_without_a_title_inside(
    drawn: dict[str, charts.Drawing],
) -> None:
    for drawing in drawn.values():
        assert drawing.svg().startswith("<svg")
        assert drawing.png(scale=1).startswith(b"\x89PNG")
        assert "title" not in json.dumps(drawing.spec).replace('"title": " "', "")


def values(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of the first data of a chart."""
    found: list[dict[str, Any]] = next(iter(spec["datasets"].values()))
    return found
