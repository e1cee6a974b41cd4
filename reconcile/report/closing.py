"""What `trueup close` says: months, checks, what was pinned, and who closed what from what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, Final

from models.money import ZERO, rounded
from models.period import Month
from reconcile.close.check import Check
from reconcile.close.state import Life
from reconcile.portfolio import Portfolio
from reconcile.report.columns import aligned
from reconcile.report.escape import visible

SIGNS: Final = {"pass": "ok", "explained": "explained", "fail": "FAILS"}
SHORT: Final = 12  # digits of a hash that a person reads
_NOTHING: Final = "no month has data yet; use `trueup run`\n"

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A month in the list: how far it is, who closed it when, or prepared it for another."""

    life: Life
    by: str = ""
    at: str = ""
    prepared: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """One version of a closed month: what the ledger says of it.

    Attributes:
        body: The entry by which it was closed.
        program: The version of the program that closed it.
        reopened: When, by whom and why it was opened again; empty while it is closed.
    """

    month: Month
    version: int
    at: str
    body: Body
    program: str = ""
    reopened: str = ""


def listed(months: Sequence[Told], form: str) -> str:
    """Return how far each month is."""
    if form == "json":
        return _json([_told(each) for each in months])
    if not months:
        return _NOTHING
    heads = ("Month", "State", "Closed by", "On", "Why no further")
    rows = [
        (str(each.life.month), str(each.life), each.by, each.at, "; ".join(_why(each)))
        for each in months
    ]
    return _text(aligned([heads, *rows], ()))


def _why(each: Told) -> Iterator[str]:
    """Yield why a month is no further, and for whom it waits."""
    if each.life.reason:
        yield each.life.reason
    if each.prepared:
        yield f"prepared by {each.prepared}, another person signs"


def _told(each: Told) -> dict[str, Any]:
    life = each.life
    return {
        "month": str(life.month),
        "stage": life.stage.value,
        "version": life.version,
        "reason": life.reason,
        "by": each.by,
        "at": each.at,
        "prepared_by": each.prepared,
    }


def checked(month: Month, checks: Iterable[Check], form: str) -> str:
    """Return checks, each that fails with what mends it."""
    found = list(checks)
    if form == "json":
        return _json({"month": str(month), "checks": [asdict(each) for each in found]})
    return _text(line for each in found for line in _lines(each))


def _lines(check: Check) -> list[str]:
    said = f"{SIGNS[check.verdict]:<9}  {check.name}: {check.text}"
    return [said, f"           -> {check.mend}"] if check.mend else [said]


def prepared(month: Month, identity: str, by: str) -> str:
    """Return what happens next with a month that was prepared."""
    return (
        f"{month} is prepared by {by}, {identity[:SHORT]}; another person signs: "
        f"`trueup close {month} --sign --by NAME`"
    )


def closed(
    report: Portfolio, checks: Iterable[Check], body: Body, paths: Sequence[str], form: str
) -> str:
    """Return what was closed: its totals and what is pinned."""
    if form == "json":
        return _json(
            {"month": str(report.month), **body, "checks": [asdict(each) for each in checks]}
        )
    explained = [each for each in checks if each.verdict == "explained"]
    signed = f", signed by {body['signed_by']}" if body["signed_by"] else ""
    actual = f"{_cents(report.total.month.ac.value)} {report.currency} on projects"
    loose = _cents(report.unallocated.month.ac.value)
    lines = [
        f"{report.month} is closed v{body['version']} by {body['by']}{signed}",
        *(f"explained  {each.name}: {each.text}" for each in explained),
        f"actual     {actual}, {loose} without one",
        *(f"pinned     {line}" for line in _pins(body)),
        *(f"report     {path}" for path in paths),
        "next: `trueup run` publishes the warehouse with it; what comes late is an adjustment",
    ]
    return _text(lines)


def _pins(body: Body) -> list[str]:
    plans = ", ".join(f"{name} v{pin['version']}" for name, pin in sorted(body["plans"].items()))
    books = body.get("books") or {}
    sums = ", ".join(
        f"{_cents(Decimal(each['tco_cost']))} {money}"
        for money, each in books.get("sums", {}).items()
    )
    rows = _counted(books.get("rows", 0), "row", "rows")
    return [
        f"{_counted(len(body['deliveries']), 'delivery', 'deliveries')}, {body['digest'][:SHORT]}",
        f"rules {body['rules'][:SHORT]}, rates {str(body['rates'].get('hash', ''))[:SHORT]}",
        f"plans {plans or 'none'}",
        f"books {books.get('sha256', '')[:SHORT]}, {rows}, {sums}",
        *(f"{form} {sha[:SHORT]}" for form, sha in sorted(body["reports"].items())),
    ]


def _cents(amount: Decimal | None) -> str:
    """Return an amount as people read it; the digits behind are pinned by hash."""
    return f"{rounded(amount or ZERO):,f}"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def history(closes: Sequence[Closing], form: str) -> str:
    """Return who closed what, when, and from what."""
    if form == "json":
        return _json([_document(each) for each in closes])
    if not closes:
        return "no month was ever closed\n"
    return "\n".join(_entry(each) for each in closes)


def _document(each: Closing) -> dict[str, Any]:
    said = {"month": str(each.month), "at": each.at, "program": each.program}
    return {**each.body, **said, "attribution": each.body.get("program", "")} | {
        "reopened": each.reopened
    }


def _entry(each: Closing) -> str:
    body = each.body
    signed = f", signed by {body['signed_by']}" if body.get("signed_by") else ""
    reasons = {"": body.get("reason", ""), **body.get("waived", {})}
    program = each.program or "of an earlier version"
    lines = [
        f"{each.month} v{each.version}: closed by {body['by']}{signed} on {each.at[:10]}",
        f"  program  trueup {program}",
        *(f"  reason   {key}{': ' if key else ''}{said}" for key, said in reasons.items() if said),
        *(f"  pinned   {line}" for line in (_pins(body) if "reports" in body else ())),
        *([f"  reopened {each.reopened}"] if each.reopened else []),
    ]
    return _text(lines)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{visible(line)}\n" for line in lines)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
