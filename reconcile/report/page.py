"""The report as one HTML file: opens anywhere, asks nobody for anything, runs nothing of others."""

from __future__ import annotations

import base64
import functools
import hashlib
from decimal import Decimal
from typing import Any, Final

import jinja2
import vl_convert

from models.category import CONTINGENCY, TITLES
from models.money import ZERO
from reconcile.figure import MEASURES, Figure, exact_text
from reconcile.forecasting.shown import methods
from reconcile.portfolio import Portfolio
from reconcile.report import allocation, number
from reconcile.report.bullet import HEIGHT, WIDTH, bullet, longest
from reconcile.report.charts import drawings
from reconcile.report.escape import visible
from reconcile.report.headline import display_unit, findings, headline
from reconcile.report.sections import shown


def _shown(value: object) -> object:
    """Make unseen characters of plain text visible; markup of the template stays."""
    return visible(value) if type(value) is str else value


TEMPLATES: Final = jinja2.Environment(
    finalize=_shown,
    loader=jinja2.PackageLoader("reconcile.report", "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
# The library's expressions are interpreted (`ast`), so the page needs no right to evaluate
# text as code; it draws over the pictures that stand there already.
DRAW: Final = """
for (const figure of document.querySelectorAll("figure[data-chart]")) {
  const place = figure.querySelector(".live");
  const spec = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
  const options = {ast: true, actions: false, renderer: "svg", mode: "vega-lite"};
  vegaEmbed(place, spec, options).then(() => figure.classList.add("drawn"));
}
"""
# percent points below the target, at most: the class of the cell; the number stands in it
_HEAT: Final = (
    (Decimal(0), "reached"),
    (Decimal(10), "near"),
    (Decimal(30), "below"),
    (Decimal(100), "far"),
)
FOLDED: Final = 15  # rows of a table beyond which it is folded
LIBRARY_SLOT: Final = "<script>library</script>"  # data is escaped, so it cannot hold this
DRAW_SLOT: Final = "<script>draw</script>"


def render(p: Portfolio) -> str:
    """Return the page: self-contained, offline, with a policy that forbids everything else."""
    charts = drawings(p)
    html = TEMPLATES.get_template("report.html.j2").render(_names(p), charts=charts)
    if not charts:
        return html
    html = html.replace(LIBRARY_SLOT, f"<script>{library()}</script>", 1)
    return html.replace(DRAW_SLOT, f"<script>{DRAW}</script>", 1)


@functools.cache
def library() -> str:
    """Return the code that draws charts, whole, with nothing left to load.

    The end tag of a script inside it would end the page's script, so it is broken up.
    """
    code = str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
    return code.replace("</script", r"<\/script").replace("<!--", r"<\!--")


def policy(*, scripts: bool) -> str:
    """Return the content security policy: our own two scripts by hash, and no network."""
    allowed = " ".join(_hash(code) for code in (library(), DRAW)) if scripts else "'none'"
    # the library sizes its drawing through style attributes, hence inline styles
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def data_uri(svg: str) -> str:
    """Return an SVG as the address of an image, in which nothing can run."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")


def marked(note: str) -> list[tuple[str, bool]]:
    """Return the parts of a note, each with whether it is code: what stands in backticks."""
    return [(part, bool(place % 2)) for place, part in enumerate(note.split("`"))]


def _hash(code: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode('ascii')}'"


def _names(p: Portfolio) -> dict[str, Any]:
    """Return what the template may use."""
    money = display_unit(p)
    top = longest(p.projects)
    return {
        "p": p,
        "money": money,
        "number": number,
        "headline": headline(p),
        "findings": findings(p),
        "bullets": {line.key: bullet(line, top, money) for line in p.projects},
        "bullet_width": WIDTH,
        "bullet_height": HEIGHT,
        "measures": MEASURES,
        "contingency": TITLES[CONTINGENCY],
        "method": methods(p.forecasts),
        "policy": policy,
        "data_uri": data_uri,
        "exact": _exact,
        "heat": _heat,
        "other": allocation.other,
        "sections": shown(p),
        "marked": marked,
        "folded": FOLDED,
    }


def _heat(share: Figure, target: Decimal) -> str:
    """Return the class of a cell: how far a share lies below what is aimed at."""
    missing = target - (share.value or ZERO)
    return next(name for most, name in _HEAT if missing <= most)


def _exact(figure: Figure) -> str:
    return exact_text(figure.value) or ""
