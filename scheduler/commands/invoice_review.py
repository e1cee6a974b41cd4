"""`trueup invoice review`: what waits for a person, and what a document seems to say."""

from __future__ import annotations

from collections.abc import Iterator

import click

from ingest.einvoice.pdf import is_pdf, text
from ingest.einvoice.xml import EinvoiceError
from ingest.invoice.draft import proposal, shown
from reconcile.report.escape import visible
from scheduler import paper
from scheduler.cli import Shell
from scheduler.paper import Found
from scheduler.workspace import Stores, configured, stores

LINES = 200  # of text that are shown


@click.command()
@click.argument("document", default="")
@click.pass_obj
def command(shell: Shell, *, document: str) -> None:
    """List what waits for a person; or show DOCUMENT: its text, and the fields found in it.

    DOCUMENT is the beginning of its hash, its file, or an invoice number. Nothing is posted.
    """
    project = configured(shell.folder)
    with stores(project) as opened:
        lines = _one(opened, paper.document(opened, document)) if document else _all(opened)
        for line in lines:
            click.echo(visible(line))


def _all(opened: Stores) -> Iterator[str]:
    heads, refused = paper.waiting(opened), paper.refusals(opened)
    for head in heads:
        place = f"{head['x_document'][:12]}  {head['period']}  {head['status']}"
        yield f"{place}  {head['invoice_issuer_name']} {head['invoice_id']}: {head['note']}"
    for refusal in refused:
        yield f"refused  {refusal.scope}  {refusal.document}: {refusal.detail}"
    if not heads and not refused:
        yield "nothing waits"


def _one(opened: Stores, found: Found) -> Iterator[str]:
    data = opened.archive.path(found.sha256).read_bytes()
    yield f"document {found.sha256}  {found.name}"
    for head in found.heads:
        yield f"{head['status']}: {head['invoice_id']}: {head['note'] or 'counts as it is'}"
    if is_pdf(data) and any(head["status"] in ("draft", "superseded") for head in found.heads):
        yield from _text(data, found.sha256[:12])
    if any(head["status"] == "conflict" for head in found.heads):
        way = "--supersedes DOCUMENT --by NAME --reason TEXT"
        yield f"next: trueup invoice confirm {found.sha256[:12]} {way}"


def _text(data: bytes, short: str) -> Iterator[str]:
    try:
        said = text(data)
    except EinvoiceError as error:
        yield f"its text cannot be read: {error}"
        return
    lines = shown(said)
    yield from (f"  | {line}" for line in lines[:LINES])
    if len(lines) > LINES:
        yield f"  | {len(lines) - LINES} more lines"
    if not lines:
        yield "  it shows no text; it may be a scan"
    found = proposal(said)
    yield from (f"found {name}: {value}" for name, value in found.named())
    yield f"totals {'add up' if found.adds_up else 'were not all found, or do not add up'}"
    yield f"next: trueup invoice confirm {short} --number ... --by NAME --reason TEXT"
