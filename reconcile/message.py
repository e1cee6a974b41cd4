"""What an alert says: numbers before adjectives, every amount a figure of the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from models.errors import InvariantError
from models.money import ZERO, rounded
from reconcile.alerts import SEVERITY, Act, Alert
from reconcile.line import Line, Outlook, Period
from reconcile.portfolio import Portfolio
from reconcile.report.number import MINUS, Unit, percent, signed_percent, unit

SUBJECT: Final = 78  # characters; longer subjects are cut by readers
TYPE: Final = "dev.trueup.alert"
_TOP: Final = 3


@dataclass(frozen=True, slots=True)
class Message:
    """A subject of at most 78 characters, and a text of named paragraphs."""

    subject: str
    text: str


def message(act: Act, alert: Alert, line: Line, report: Portfolio, *, run: str) -> Message:
    """Return what to tell about one change of an alert.

    Args:
        act: What happened to the alert.
        alert: The alert after it.
        line: The project's line in the report.
        report: The report whose figures are quoted.
        run: Run id, so that the reader can find the log.
    """
    subject = _subject(act, line, report)
    parts = [
        ("What", _what(line, report)),
        ("Now", _now(line, report)),
        ("Why", _why(line, report)),
        ("Since", _since(alert, line, run)),
        ("Forecast", _forecast(line, report)),
        ("Who", _who(line)),
        ("Trust", _trust(line, report)),
        ("Do", f"`trueup report --month {report.month}`"),
    ]
    return said(alert, subject, parts)


def said(alert: Alert, subject: str, parts: Iterable[tuple[str, str]]) -> Message:
    """Return a message of named paragraphs, empty ones left out, that ends with its rule."""
    lines = [f"{name:<9}{text}" for name, text in parts if text]
    rule = f"Rule {alert.rule} ({SEVERITY[alert.rule]})."
    last = f"{alert.name}. {rule} Next message only if it worsens by 10 % or is resolved."
    return Message(subject, "\n".join([subject, "", *lines, "", last]))


def event(
    act: Act, alert: Alert, line: Line, report: Portfolio, told: Message, *, run: str, at: str
) -> dict[str, Any]:
    """Return the change as a CloudEvent 1.0 in structured JSON; amounts are text."""
    end = line.completion
    facts = {
        "figure_ids": [end.eac.id, end.bac.id, end.delta.id],
        "eac": amount_text(end.eac.value),
        "bac": amount_text(end.bac.value),
        "limit": amount_text(line.outlook.limit.value if line.outlook else None),
        "delta": amount_text(end.delta.value),
        "ac": amount_text(line.to_date.ac.value),
        "pl": amount_text(line.to_date.pl.value),
        "drivers": [
            {"category": each.key, "delta": amount_text(each.month.delta.value)}
            for each in _drivers(line)
        ],
        "owner": line.owner,
    }
    return envelope(act, alert, report, told, facts, run=run, at=at)


def envelope(
    act: Act,
    alert: Alert,
    report: Portfolio,
    told: Message,
    facts: Mapping[str, Any],
    *,
    run: str,
    at: str,
) -> dict[str, Any]:
    """Return the event of any rule: what all have in common, and the facts of this one."""
    return {
        "specversion": "1.0",
        "id": f"{alert.name}:{alert.told}",
        "source": f"/portfolio/{report.name}",
        "type": f"{TYPE}.{act}",
        "subject": alert.project,
        "time": at,
        "datacontenttype": "application/json",
        "data": {
            "rule": alert.rule,
            "severity": SEVERITY[alert.rule],
            "scope": alert.project,
            "period": str(report.month),
            **facts,
            "currency": report.currency,
            "since": alert.since,
            "data_final_pct": amount_text(report.final_pct.value),
            "snapshot": report.snapshot,
            "run": run,
            "subject_line": told.subject,
            "text": told.text,
        },
    }


def _unit(line: Line, report: Portfolio) -> Unit:
    return unit(report.currency, line.completion.bac.value or ZERO)


def _subject(act: Act, line: Line, report: Portfolio) -> str:
    outlook, end, shown = _outlook(line), line.completion, _unit(line, report)
    eac = f"{shown.amount(end.eac)} {shown.label}"
    beyond = shown.delta(outlook.beyond).lstrip("+" + MINUS)
    if act == "resolved":
        text = f": back inside its limit: forecast {eac}, {beyond} below"
    else:
        reserve = shown.amount(outlook.reserve.approved)
        limit = f"(BAC {shown.amount(end.bac)} + {reserve})"
        text = f": forecast {eac}, {beyond} over limit {limit}"
    return fitting(line.key, text)


def fitting(name: str, text: str) -> str:
    """Return a subject: a name, cut where it would be too long, and what is said of it."""
    room = SUBJECT - len(text)
    return (name if len(name) <= room else name[: room - 1] + "…") + text


def _outlook(line: Line) -> Outlook:
    if line.outlook is None:
        raise InvariantError(f"{line.key}: an alert needs a limit, and only projects have one")
    return line.outlook


def _what(line: Line, report: Portfolio) -> str:
    outlook, end, shown = _outlook(line), line.completion, _unit(line, report)
    text = (
        f"Estimate at completion {shown.amount(end.eac)} {shown.label} vs budget "
        f"{shown.amount(end.bac)}: {shown.delta(end.delta)} ({signed_percent(end.pct)} %)."
    )
    if outlook.run_out:
        text += f" Contingency of {shown.amount(outlook.reserve.approved)}"
        text += f" runs out about {outlook.run_out.isoformat()};"
        text += f" the horizon ends {report.last.last.isoformat()}."
    return text


def _now(line: Line, report: Portfolio) -> str:
    shown = _unit(line, report)

    def compared(period: Period) -> str:
        return (
            f"{shown.amount(period.ac, fine=True)} vs {shown.amount(period.pl, fine=True)}: "
            f"{shown.delta(period.delta, fine=True)} ({signed_percent(period.pct)} %)."
        )

    return f"{report.month} {compared(line.month)} To date {compared(line.to_date)}"


def _why(line: Line, report: Portfolio) -> str:
    shown = _unit(line, report)
    drivers = _drivers(line)
    if not drivers:
        return ""
    named = ", ".join(
        f"{each.title} {shown.delta(each.month.delta, fine=True)}" for each in drivers
    )
    return f"{named} of {report.month}'s {shown.delta(line.month.delta, fine=True)}."


def _drivers(line: Line) -> list[Line]:
    """Return the categories that moved the month most, largest first; none below 1 %."""
    least = abs(line.month.delta.value or ZERO) / 100
    moved = [each for each in line.categories if abs(each.month.delta.value or ZERO) > least]
    return sorted(moved, key=lambda each: -abs(each.month.delta.value or ZERO))[:_TOP]


def _since(alert: Alert, line: Line, run: str) -> str:
    since = _outlook(line).over_since
    over = f"over plan each month since {since}; " if since else ""
    return f"{over}beyond its limit since {alert.since} (run {run})."


def _forecast(line: Line, report: Portfolio) -> str:
    outlook, shown = _outlook(line), _unit(line, report)
    spread = outlook.spread
    text = (
        f"{shown.amount(spread.low)} ({spread.low_method}) to "
        f"{shown.amount(spread.high)} ({spread.high_method})."
    )
    over = (outlook.beyond.value or ZERO) > 0
    less = shown.amount(outlook.beyond)
    return text + (f" To finish inside the limit: {less} {shown.label} less." if over else "")


def _who(line: Line) -> str:
    return who(line.owner, line.cost_center)


def who(owner: str | None, cost_center: str | None) -> str:
    """Return whose project it is."""
    centre = f", cost centre {cost_center}" if cost_center else ""
    return f"owner {owner or 'unknown'}{centre}."


def _trust(line: Line, report: Portfolio) -> str:
    whole = "complete" if line.complete else "incomplete"
    final = percent(report.final_pct)
    day = report.as_of.date().isoformat()
    return f"{final} % of cost final; data of {report.month} {whole}; as of {day}."


def amount_text(value: Decimal | None) -> str | None:
    """Return an amount to the cent, as text."""
    return None if value is None else str(rounded(value, 2))
