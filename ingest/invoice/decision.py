"""Which of several equal or conflicting invoices of a folder counts; pure and in one place."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ingest.invoice.invoice import Invoice
from models.period import Month

SKIPPED: Final = "skipped"  # the same invoice counts in another file
CONFLICT: Final = "conflict"  # the same number with other content: neither counts
SIMILAR: Final = "similar"  # nearly the same number: both count, a person may look

Words = Mapping[str, str]  # by number of the invoice: the other file, or number and file


@dataclass(frozen=True, slots=True)
class File:
    """One file of the folder, read."""

    name: str
    sha256: str
    invoices: tuple[Invoice, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about invoices of one document."""

    skipped: Words = field(default_factory=dict)
    conflict: Words = field(default_factory=dict)
    similar: Words = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Held:
    """One sound invoice in one file."""

    file: File
    invoice: Invoice


_Found = tuple[_Held, str, str]  # what is decided about whom, and in view of what


def decided(files: Sequence[File]) -> dict[tuple[str, Month], dict[str, dict[str, str]]]:
    """Return decisions by document and billing month, as plain data.

    Args:
        files: Every file of the folder, in order of name; the first one counts.
    """
    result: dict[tuple[str, Month], dict[str, dict[str, str]]] = {}
    for held, kind, other in _findings(files):
        key = held.file.sha256, held.invoice.period
        result.setdefault(key, {}).setdefault(kind, {})[held.invoice.number] = other
    return result


def table(
    decisions: Mapping[tuple[str, Month], Any], documents: Sequence[str], period: Month
) -> str:
    """Return what a delivery must know of the decisions as text; empty when there is none."""
    found = {sha: decisions[sha, period] for sha in sorted(documents) if (sha, period) in decisions}
    return json.dumps(found, sort_keys=True, ensure_ascii=False) if found else ""


def of_document(table: str, sha256: str) -> Decision:
    """Return what the delivery's table says about one document."""
    return Decision(**json.loads(table).get(sha256, {})) if table else Decision()


def _findings(files: Sequence[File]) -> Iterator[_Found]:
    counting: list[_Held] = []
    for held in _by_number(files):
        if len({each.invoice.content for each in held}) > 1:
            yield from _conflicts(held)
        else:
            counting.append(held[0])
            yield from ((each, SKIPPED, held[0].file.name) for each in held[1:])
    yield from _alike(counting)


def _by_number(files: Sequence[File]) -> list[list[_Held]]:
    """Return sound invoices that share a number; a credit note may have an invoice's."""
    groups: defaultdict[tuple[str, bool], list[_Held]] = defaultdict(list)
    for file in files:
        for invoice in file.invoices:
            if not invoice.faults:
                groups[invoice.number, invoice.is_credit].append(_Held(file, invoice))
    return list(groups.values())


def _conflicts(held: Sequence[_Held]) -> Iterator[_Found]:
    for each in held:
        other = next(o for o in held if o.invoice.content != each.invoice.content)
        yield each, CONFLICT, other.file.name


def _alike(held: Sequence[_Held]) -> Iterator[_Found]:
    """Compare numbers that differ only in case, space and marks."""
    first: dict[tuple[str, bool], _Held] = {}
    for each in held:
        known = first.setdefault((each.invoice.similar, each.invoice.is_credit), each)
        if known is each:
            continue
        words = f"{known.invoice.number} in {known.file.name}"
        is_same = known.invoice.content == each.invoice.content
        yield each, SKIPPED if is_same else SIMILAR, words
