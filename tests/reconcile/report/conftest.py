from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest

from models.problem import Problem
from reconcile.alertline import AlertRow
from reconcile.portfolio import Portfolio
from reconcile.report import page
from reconcile.tie_out import SourceState

HIT = "document.documentElement.dataset.hit=1"
PAYLOADS = (
    f"<script>{HIT}</script>",
    f"</script><script>{HIT}</script>",
    f"</title><script>{HIT}</script>",
    f"<img src=x onerror={HIT}>",
    f"<svg/onload={HIT}>",
    f"<svg><script>{HIT}</script></svg>",
    f'"><script>{HIT}</script>',
    f'" autofocus onfocus="{HIT}" x="',
    f"' onmouseover='{HIT}",
    f"<iframe srcdoc='<script>parent.{HIT}</script>'></iframe>",
    f"<a href='javascript:{HIT}'>a</a>",
    f"javascript:{HIT}",
    f"<details open ontoggle={HIT}>",
    f"<style>@import 'javascript:{HIT}';</style>",
    f"<math><mi xlink:href='javascript:{HIT}'>a</mi></math>",
    f"<body onload={HIT}>",
    f"<!--><script>{HIT}</script>-->",
    f"<![CDATA[><script>{HIT}</script>]]>",
    f"{{{{ ''.__class__ }}}}<script>{HIT}</script>",
    f"\u003cscript\u003e{HIT}\u003c/script\u003e",
    f"\\u003cscript\\u003e{HIT}\\u003c/script\\u003e",
    f"'); {HIT}; ('",
    f"${{{HIT}}}",
    f"datum.x;{HIT}",
    f"<meta http-equiv=refresh content='0;url=javascript:{HIT}'>",
    f"<base href='javascript:{HIT}//'>",
    f"<form action='javascript:{HIT}'><button autofocus>",
    f"<object data='javascript:{HIT}'>",
    f"<link rel=stylesheet href='data:text/css,x'><script>{HIT}</script>",
    f"<template shadowrootmode=open><script>{HIT}</script></template>",
)


@dataclass
class Page(HTMLParser):
    """What a reader of the page finds: elements, texts with the elements around them."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    texts: list[tuple[str, tuple[tuple[str, dict[str, str | None]], ...]]] = field(
        default_factory=list
    )
    around: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "rect", "line", "br", "link"}:
            self.around.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.around.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((data, tuple(self.around)))


@pytest.fixture(name="read", scope="session")
def read_fixture() -> Callable[[str], Page]:
    def read(html: str) -> Page:
        found = Page()
        found.feed(html)
        found.close()
        return found

    return read


@pytest.fixture(name="html", scope="session")
def html_fixture(six: Portfolio) -> str:
    return page.render(six)


@pytest.fixture(name="hostile_html", scope="session")
def hostile_html_fixture(hostile: Portfolio) -> str:
    return page.render(hostile)


@pytest.fixture(name="payloads", scope="session")
def payloads_fixture() -> tuple[str, ...]:
    return PAYLOADS


@pytest.fixture(name="hostile", scope="session")
def hostile_fixture(
    portfolio_of: Callable[..., Portfolio], plan_of: Any, project_of: Any
) -> Portfolio:
    """A portfolio in which every text that somebody else wrote is a payload."""
    day = date(2026, 10, 5)
    names = [f"{number}{payload}" for number, payload in enumerate(PAYLOADS)]
    rows = [
        {"project": name, "category": name, "day": day, "cost": Decimal(9000 + n), "source": name,
         "service_name": name, "item": name}
        for n, name in enumerate(names)
    ]  # fmt: skip
    credit = {
        **rows[0],
        "category": "data",
        "cost": Decimal(-20000),
        "service_name": names[1],
        "charge_category": names[2],
    }
    return portfolio_of(
        [*rows, credit],
        name=PAYLOADS[0],
        plans=[plan_of(name, {("data", "2026-10"): Decimal(5000)}, Decimal(10)) for name in names],
        projects=[project_of(name, name=name, owner=name, cost_center=name) for name in names],
        sources=[SourceState(source=name, state="missing", detail=name) for name in names],
        alerts=[
            AlertRow(name=name, rule=name, severity=name, project=name, since=day, state=name,
                     now=Decimal(1), worst=Decimal(2), owner=name, reason=name, until=day)
            for name in names
        ],
        problems=[Problem(source=name, document=name, rule=name, detail=name) for name in names],
        snapshot=PAYLOADS[0],
    )  # fmt: skip
