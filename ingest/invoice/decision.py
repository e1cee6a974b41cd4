"""Which of several equal or conflicting invoices counts; pure and in one place.

Invoices are one when issuer, family of kinds and number agree, the number without case,
space and marks. The same content counts once; other content counts nowhere, until a person
says which one does (`ingest.invoice.amendment`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from ingest.invoice.amendment import Amendment, superseded, upheld
from ingest.invoice.held import SIMILAR, SUPERSEDED, File, Found, Held
from ingest.invoice.identity import alike, identities, judged
from ingest.invoice.invoice import Invoice
from ingest.invoice.preceding import numbered, orphans, restating, taken_back, unbooked
from models.period import Month

Words = Mapping[str, str]  # by `held.key`: the other file, or number and file
Decisions = Mapping[tuple[str, Month], Any]  # by document and billing month, plain data


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about invoices of one document; see `ingest.invoice.held`."""

    duplicate: Words = field(default_factory=dict)
    conflict: Words = field(default_factory=dict)
    superseded: Words = field(default_factory=dict)
    restates: Words = field(default_factory=dict)
    similar: Words = field(default_factory=dict)
    alike: Words = field(default_factory=dict)
    orphan: Words = field(default_factory=dict)
    unbooked: Words = field(default_factory=dict)
    taken_back: Words = field(default_factory=dict)


def held(files: Sequence[File], issuer: Callable[[Invoice], str | None]) -> list[Held]:
    """Return what may count: sound, read by or confirmed by a person, of a known issuer."""
    return [
        Held(file, name, invoice)
        for file in files
        for invoice in file.invoices
        if not invoice.faults and invoice.status == "counted" and (name := issuer(invoice))
    ]


def decided(found: Sequence[Held], amendments: Sequence[Amendment] = ()) -> Decisions:
    """Return decisions by document and billing month, as plain data.

    Args:
        found: What may count, of every file of the source, in order of name.
        amendments: What persons decided.
    """
    result: dict[tuple[str, Month], dict[str, dict[str, str]]] = {}
    for each, kind, words in _findings(found, amendments):
        place = each.file.sha256, each.invoice.period
        result.setdefault(place, {}).setdefault(kind, {})[each.key] = words
    return result


def table(decisions: Decisions, documents: Sequence[str], period: Month) -> str:
    """Return what a delivery must know of the decisions as text; empty when there is none."""
    found = {sha: decisions[sha, period] for sha in sorted(documents) if (sha, period) in decisions}
    return json.dumps(found, sort_keys=True, ensure_ascii=False) if found else ""


def of_document(table: str, sha256: str) -> Decision:
    """Return what the delivery's table says about one document."""
    return Decision(**json.loads(table).get(sha256, {})) if table else Decision()


def _findings(found: Sequence[Held], amendments: Sequence[Amendment]) -> Iterator[Found]:
    voided = list(_voided(found))
    out = [*superseded(found, amendments), *voided]
    yield from out
    counting = _without(found, out)
    firm, charged = upheld(counting, amendments), numbered(_without(found, voided))
    for step in (_by_identity, partial(restating, known=charged)):
        against = list(step(counting, firm))
        yield from against
        counting = _without(counting, [each for each in against if each[1] != SIMILAR])
    yield from alike(counting)
    yield from orphans(counting, numbered(found))
    yield from unbooked(counting, numbered(found))
    yield from taken_back(counting)


def _voided(found: Sequence[Held]) -> Iterator[Found]:
    """Yield every copy of an invoice that one of them says was taken back whole."""
    for group in identities(found):
        void = next((each for each in group if each.invoice.is_void), None)
        if void is not None:
            yield from ((each, SUPERSEDED, f"its void in {void.file.name}") for each in group)


def _by_identity(counting: Sequence[Held], firm: Sequence[Held]) -> Iterator[Found]:
    for group in identities(counting):
        yield from judged(group, firm)


def _without(held: Sequence[Held], out: Sequence[Found]) -> list[Held]:
    gone = {id(each) for each, _, _ in out}
    return [each for each in held if id(each) not in gone]
