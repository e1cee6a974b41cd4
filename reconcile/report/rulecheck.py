"""The findings of `trueup rules check` as aligned text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any, Final

from reconcile.claimed import Claim, tally
from reconcile.figure import exact_text
from reconcile.report.allocation import other, plain_claim
from reconcile.report.columns import aligned
from reconcile.report.escape import visible
from reconcile.report.number import day, grouped
from reconcile.rulecheck import RuleCheck
from reconcile.ruleuse import RuleUse

CENTS: Final = 2
_RULES: Final = ("rule", "state", "lines to projects", "cost", "lines to terms", "cost", "last", "")
_RULE_NUMBERS: Final = (2, 3, 4, 5)
_CONFLICT: Final = ("rule", "gives to", "other claim", "would give to")
_SPELLING: Final = ("tag", "read", "not read", "project")
_CLAIM: Final = ("source", "month", "lines", "cost", "for example")
_CLAIM_NUMBERS: Final = (6, 7)


def table(check: RuleCheck, top: int) -> str:
    """Return the findings for a terminal: the rules, then what is wrong, largest first.

    Args:
        check: The findings.
        top: Rows of each kind of finding at most; how many there are is said.
    """
    said = "two projects claim the same lines"
    conflicts = [_CONFLICT, *(_conflict(each) for each in check.conflicts[:top])]
    differ = "spellings of one tag differ, and the first is read"
    spellings = [_SPELLING, *(_spelling(each) for each in check.spellings[:top])]
    blocks = (
        _rules(check),
        [*_claims(said, conflicts, check.conflicts, check.currency)],
        [*_claims(differ, spellings, check.spellings, check.currency)],
        [*_quiet(check, top)],
        [visible(str(each)) for each in check.lookalikes[:top]],
        [visible(str(each)) for each in check.splits[:top]],
        [_counted(check)],
    )
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _rules(check: RuleCheck) -> list[str]:
    return aligned([_RULES, *map(_rule, check.uses)], _RULE_NUMBERS) if check.uses else []


def _rule(use: RuleUse) -> tuple[str, ...]:
    return (
        visible(use.rule),
        use.state,
        grouped(Decimal(use.project_lines)),
        grouped(use.project_amount, places=CENTS),
        grouped(Decimal(use.category_lines)),
        grouped(use.category_amount, places=CENTS),
        day(use.last),
        visible("; ".join(_remarks(use))),
    )


def _remarks(use: RuleUse) -> Iterator[str]:
    """Yield what more there is to say about a rule."""
    if use.by:
        yield f"{use.by} comes first"
    if use.state == "coming":
        yield f"from {use.since} on"
    if use.expired:
        yield f"ended {use.until}"


def _claims(
    said: str, rows: Sequence[tuple[str, ...]], claims: Sequence[Claim], currency: str
) -> Iterator[str]:
    """Yield a table of claims under what they have in common."""
    if not claims:
        return
    whole = tally(claims)
    yield f"{said}: {whole.said()}, {grouped(whole.amount, places=CENTS)} {currency}"
    shown = zip(rows, [_CLAIM, *map(_where, claims)], strict=False)
    yield from aligned([(*who, *where) for who, where in shown], _CLAIM_NUMBERS)
    if len(claims) >= len(rows):
        yield f"and {len(claims) - len(rows) + 1} more: --top, or -f json"


def _conflict(claim: Claim) -> tuple[str, ...]:
    texts = (claim.rule, claim.project, other(claim), claim.other_project)
    return tuple(map(visible, texts))


def _spelling(claim: Claim) -> tuple[str, ...]:
    used = f"{claim.used}: {claim.used_value}"
    ignored = f"{claim.ignored}: {claim.ignored_value}"
    return tuple(map(visible, (claim.tag, used, ignored, claim.project)))


def _where(claim: Claim) -> tuple[str, ...]:
    return (
        visible(claim.source),
        str(claim.month),
        grouped(Decimal(claim.lines)),
        grouped(claim.amount, places=CENTS),
        visible(" ".join(text for text in (claim.resource, claim.tags) if text)),
    )


def _quiet(check: RuleCheck, top: int) -> Iterator[str]:
    """Yield the projects without spend, each with the rules that name it."""
    for each in check.quiet[:top]:
        named = f"named by {', '.join(each.rules)}" if each.rules else "no rule names it"
        yield visible(f"project {each.project} has no spend; {named}")


def _counted(check: RuleCheck) -> str:
    counts = ", ".join(f"{name} {count}" for name, count in check.counts().items())
    return f"{len(check.uses)} rules: {counts}"


def document(check: RuleCheck, top: int) -> str:
    """Return all findings as JSON; amounts are text. `top` is for people."""
    del top
    content = {
        "currency": check.currency,
        "counts": check.counts(),
        "rules": [_use(use) for use in check.uses],
        "conflicts": [plain_claim(each) for each in check.conflicts],
        "spellings": [plain_claim(each) for each in check.spellings],
        "projects": [{"project": q.project, "rules": [*q.rules]} for q in check.quiet],
        "lookalikes": [str(each) for each in check.lookalikes],
        "splits": [str(each) for each in check.splits],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _use(use: RuleUse) -> dict[str, Any]:
    days = {name: _day(getattr(use, name)) for name in ("since", "until", "first", "last")}
    return {
        "rule": use.rule,
        "state": use.state,
        "expired": use.expired,
        "keys": use.keys,
        "overtaken_by": use.by or None,
        "project_lines": use.project_lines,
        "project_amount": exact_text(use.project_amount),
        "category_lines": use.category_lines,
        "category_amount": exact_text(use.category_amount),
        **days,
    }


def _day(value: object) -> str | None:
    return None if value is None else str(value)
