"""The plans of the six projects, as the files a project would keep."""

from __future__ import annotations

from collections.abc import Iterator

from scheduler.demo.calendar import HORIZON, Calendar
from scheduler.demo.story import Item, Story


def plan(story: Story, calendar: Calendar) -> str:
    """Return the text of one project's plan file."""
    return "\n".join([*_head(story, calendar), *_items(story.items), ""])


def _head(story: Story, calendar: Calendar) -> Iterator[str]:
    approved = (calendar.start + -1).first.replace(day=20)
    yield "# yaml-language-server: $schema=../.trueup/schema/plan.schema.json"
    yield f"# {story.name}: what {HORIZON} months were approved to cost, and why."
    yield "plan:"
    yield f"  project: {story.id}"
    yield f"  id: {story.id}-baseline"
    yield "  version: 1"
    yield "  currency: USD"
    yield f"  start: {calendar.start}"
    yield f"  horizon_months: {HORIZON}"
    yield (
        f"approval: {{status: approved, author: {story.owner}, by: finance@example.com, "
        f"at: {approved}, reason: initial baseline}}"
    )
    yield "# Held by the project, in no month. Budget plus contingency is the limit."
    yield f"contingency: {{stated_amount: {story.contingency}, use: stated}}"


def _items(items: tuple[Item, ...]) -> Iterator[str]:
    yield "items:"
    for item in items:
        yield f"  - id: {item.id}"
        yield f"    category: {item.category}"
        if item.term:
            yield f"    term: {item.term}"
        yield from _price(item)
        yield f"    phasing: {{method: {item.phasing}}}"


def _price(item: Item) -> Iterator[str]:
    if item.amount:
        yield f"    amount: {item.amount}"
        return
    factors = ", ".join(f"{name}: {value}" for name, value in item.quantity.items())
    yield f"    quantity: {{{factors}}}  # factors; their product x unit_price = {item.planned:,}"
    yield f"    unit: {item.unit}"
    yield f"    unit_price: {item.price}"
    if item.price_basis:
        yield f"    price_basis: {item.price_basis}"
