"""`trueup invoice confirm`: a person says what a document is, and why."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

import click

from ingest.einvoice.pdf import is_pdf, text
from ingest.invoice.draft import Proposal, contradictions
from ingest.invoice.verdict import Act, Figures, Verdict, figures
from models.canonical import canonical_value
from models.errors import RefusedError
from models.field import number as number_of
from scheduler import paper
from scheduler.cli import Shell
from scheduler.deciding import amended, decide
from scheduler.options import Day
from scheduler.paper import Found
from scheduler.workspace import Project, Stores, alone, configured, now, stores

_FIGURES: Final = ("number", "issued", "currency", "net", "service_from", "service_to")


class Amount(click.ParamType[Decimal]):
    """A plain decimal."""

    name = "amount"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> Decimal:
        """Return the number, or end with a usage error."""
        try:
            return number_of(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("document")
@click.option("--number", help="Number of the invoice, as printed.")
@click.option("--issued", type=Day(), help="Day of issue.")
@click.option("--currency", help="ISO 4217 code.")
@click.option("--net", type=Amount(), help="Total without tax; negative for a credit note.")
@click.option("--tax", type=Amount(), help="Tax.  [default: 0]")
@click.option("--gross", type=Amount(), help="Total with tax, to check the others against.")
@click.option("--service-from", type=Day(), help="First day of the work.")
@click.option("--service-to", type=Day(), help="Last day of the work, included.")
@click.option("--po", "purchase_order", default="", help="Purchase order.")
@click.option(
    "--vendor",
    help="Name of the vendor in the settings.  [default: the only one, if the document names it]",
)
@click.option("--supersedes", help="The document or number that DOCUMENT counts instead of.")
@click.option("--reject", is_flag=True, help="DOCUMENT shall never count.")
@click.option("--by", required=True, help="Who decides.")
@click.option("--reason", required=True, help="Why.")
@click.option("--force", is_flag=True, help="Although the text of the document says otherwise.")
@click.pass_obj
def command(shell: Shell, /, document: str, *, by: str, reason: str, **said: Any) -> None:  # noqa: ANN401 - click's own values, checked below
    """Decide about DOCUMENT: the beginning of its hash, its file, or an invoice number.

    With figures it becomes an invoice, with --supersedes it counts instead of another, with
    --reject it never counts. The decision is a file of the project and an entry of the
    ledger; the next `trueup run` books it. Exit code 6 when it contradicts the document.
    """
    if not by.strip() or not reason.strip():
        raise RefusedError("a decision needs a name and a reason; fill --by and --reason")
    project = configured(shell.folder)
    with stores(project) as opened, alone(project):
        found = _found(opened, document, is_rejected=said["reject"])
        words = {**said, "document": document, "by": by, "reason": reason}
        verdict = _verdict(project, opened, found, words)
        path = decide(project, opened, found.source, verdict)
    done = {"confirm": "confirmed", "supersede": "superseding", "reject": "rejected"}
    read = verdict.figures
    booked = f" as {read.number} of {read.issuer}" if read else ""
    click.echo(f"{done[verdict.act]} {found.sha256[:12]} {found.name}{booked}: {path.name}")
    click.echo("next: trueup run")


def _found(opened: Stores, said: str, *, is_rejected: bool) -> Found:
    """Return the document; one that could not be read can be rejected all the same."""
    if is_rejected and (unread := paper.unread(opened, said)):
        return Found(sha256=unread[0], source=unread[1], name="unread", heads=())
    return paper.document(opened, said)


def _verdict(project: Project, opened: Stores, found: Found, said: dict[str, Any]) -> Verdict:
    act = _act(said)
    fields: dict[str, Any] = {}
    if act != "supersede":
        _only_documents(project, found)
    if act == "confirm":
        fields = _confirmed(project, opened, found, said)
    if act == "supersede":
        fields = amended(opened, found, said["number"] or said["document"], said["supersedes"])
    return Verdict(
        act=act,
        document=found.sha256,
        name=found.name,
        by=said["by"].strip(),
        reason=said["reason"].strip(),
        at=now(),
        **fields,
    )


def _confirmed(
    project: Project, opened: Stores, found: Found, said: dict[str, Any]
) -> dict[str, Any]:
    read = _figures(project, opened, found, said)
    wrong = tuple(_contradicted(opened, found, read, said["gross"]))
    if wrong and not said["force"]:
        raise RefusedError(
            f"{found.name}: {'; '.join(wrong)}; mend the figures, or add --force and say why"
        )
    return {"figures": read, "forced": bool(wrong), "contradicts": wrong}


def _only_documents(project: Project, found: Found) -> None:
    if project.settings.sources[found.source]["kind"] != "invoice_document":
        raise RefusedError(f"{found.name}: is a table; correct it, or take it out of there")


def _act(said: dict[str, Any]) -> Act:
    """Return what is decided; only one thing at a time."""
    has_figures = any(said[name] is not None for name in _FIGURES if name != "number")
    choices: dict[Act, bool] = {
        "confirm": has_figures,
        "supersede": bool(said["supersedes"]),
        "reject": said["reject"],
    }
    chosen: list[Act] = [act for act, is_chosen in choices.items() if is_chosen]
    if len(chosen) != 1:
        raise click.UsageError("give the figures, or --supersedes, or --reject; one of them")
    missing = [name for name in _FIGURES if said[name] is None]
    if chosen[0] == "confirm" and missing:
        options = ", ".join(f"--{name.replace('_', '-')}" for name in missing)
        raise click.UsageError(f"a confirmation needs {options} too")
    return chosen[0]


def _figures(project: Project, opened: Stores, found: Found, said: dict[str, Any]) -> Figures:
    if not is_pdf(opened.archive.path(found.sha256).read_bytes()) or not _is_draft(found):
        raise RefusedError(f"{found.name}: is no draft; it is read as it is, and needs no figures")
    fields = {name: said[name] for name in (*_FIGURES, "purchase_order")}
    tax = said["tax"] if said["tax"] is not None else Decimal(0)
    vendor = said["vendor"] or _only_vendor(project, opened, found)
    _refuse_unknown(project, found.source, vendor)
    try:
        return figures(**fields, tax=tax, issuer=vendor)
    except ValueError as error:
        raise RefusedError(str(error)) from error


def _is_draft(found: Found) -> bool:
    """Whether a person has to say, or has said, what it is."""
    return any(
        head["status"] == "draft" or "confirmed by" in (head["note"] or "") for head in found.heads
    )


def _refuse_unknown(project: Project, source: str, vendor: str) -> None:
    known = sorted(project.settings.sources[source].get("vendors", {}))
    if vendor not in known:
        said = vendor or "no vendor"
        raise RefusedError(f"{said}: name one of `vendors` by --vendor: {known}")


def _only_vendor(project: Project, opened: Stores, found: Found) -> str:
    """Return the one vendor there is, when the document names it; empty when there are more."""
    known: dict[str, dict[str, Any]] = project.settings.sources[found.source].get("vendors", {})
    if len(known) != 1:
        return ""
    ((name, vendor),) = known.items()
    ids = [str(each).partition(":")[2].strip() for each in vendor.get("ids", ())]
    shown = canonical_value(text(opened.archive.path(found.sha256).read_bytes()))
    if any(canonical_value(each) in shown for each in (vendor.get("issuer") or name, *ids) if each):
        return name
    raise RefusedError(
        f"{found.name}: does not name {name}, the only vendor of {found.source}; "
        f"add --vendor {name} if it is theirs"
    )


def _contradicted(opened: Stores, found: Found, read: Figures, gross: Decimal | None) -> list[str]:
    """Return what speaks against the figures: each other, or the text of the document."""
    said = text(opened.archive.path(found.sha256).read_bytes())
    own = read.gross if gross is None else gross
    stated = Proposal(
        number=read.number,
        issued=read.issued,
        currency=read.currency,
        net=read.net,
        tax=read.tax,
        gross=own,
    )
    wrong = contradictions(said, stated)
    if own != read.gross:
        total = f"net {read.net} and tax {read.tax} make {read.gross}"
        raise RefusedError(f"{found.name}: {total}, not gross {own}; mend one of them")
    if not said.strip() and gross is None:
        raise RefusedError(f"{found.name}: shows no text to check against; state --gross too")
    return wrong
