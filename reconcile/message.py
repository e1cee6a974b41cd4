"""What an alert says: numbers before adjectives, every amount a figure of the report."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from models.errors import InvariantError
from models.money import ZERO, rounded
from reconcile.alerts import RULE, Act, Alert
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
    lines = [f"{name:<9}{text}" for name, text in parts if text]
    rule = f"Rule {RULE} (critical). Next message only if it worsens by 10 % or is resolved."
    return Message(subject, "\n".join([subject, "", *lines, "", f"{alert.name}. {rule}"]))


def event(
    act: Act, alert: Alert, line: Line, report: Portfolio, told: Message, *, run: str, at: str
) -> dict[str, Any]:
    """Return the change as a CloudEvent 1.0 in structured JSON; amounts are text."""
    end = line.completion
    return {
        "specversion": "1.0",
        "id": f"{alert.name}:{alert.told}",
        "source": f"/portfolio/{report.name}",
        "type": f"{TYPE}.{act}",
        "subject": alert.project,
        "time": at,
        "datacontenttype": "application/json",
        "data": {
            "rule": RULE,
            "severity": "critical",
            "scope": alert.project,
            "period": str(report.month),
            "figure_ids": [end.eac.id, end.bac.id, end.delta.id],
            "eac": _text(end.eac.value),
            "bac": _text(end.bac.value),
            "limit": _text(line.outlook.limit.value if line.outlook else None),
            "delta": _text(end.delta.value),
            "ac": _text(line.to_date.ac.value),
            "pl": _text(line.to_date.pl.value),
            "currency": report.currency,
            "drivers": [
                {"category": each.key, "delta": _text(each.month.delta.value)}
                for each in _drivers(line)
            ],
            "since": alert.since,
            "owner": line.owner,
            "data_final_pct": _text(report.final_pct.value),
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
    room = SUBJECT - len(text)
    name = line.key if len(line.key) <= room else line.key[: room - 1] + "…"
    return name + text


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
    centre = f", cost centre {line.cost_center}" if line.cost_center else ""
    return f"owner {line.owner or 'unknown'}{centre}."


def _trust(line: Line, report: Portfolio) -> str:
    whole = "complete" if line.complete else "incomplete"
    final = percent(report.final_pct)
    day = report.as_of.date().isoformat()
    return f"{final} % of cost final; data of {report.month} {whole}; as of {day}."


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(rounded(value, 2))
