"""`trueup invoice`: what is listed, shown and reviewed, and what a person decides."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from ingest.einvoice import child, pdf
from models import warehouse
from models.ledger import Ledger
from scheduler.deciding import DECIDED
from scheduler.workspace import now

Trueup = Callable[..., Any]
ORACLES: Final = Path(__file__).parents[1] / "oracles"
TODAY: Final = "2026-04-02"
SOURCE: Final = """\
sources:
  labels:
    kind: invoice_document
    location: inbox
    vendors:
      annotators: {ids: ["vat:DE123456789"], service: Data labeling, tax_recoverable: true}
      acme: {unnamed: true, service: Data labeling}
"""
LINES: Final = (
    *("Acme Labels Ltd", "Invoice number: P-2026-7", "Invoice date: 2026-03-05"),
    *("Subtotal 6,000.00", "VAT 19% 1,140.00", "Total due EUR 7,140.00"),
)
FIGURES: Final = (
    *("--number", "P-2026-7", "--issued", "2026-03-05", "--currency", "EUR"),
    *("--net", "6000.00", "--tax", "1140.00", "--vendor", "acme"),
    *("--service-from", "2026-02-01", "--service-to", "2026-02-28"),
)
ANN: Final = ("--by", "Ann", "--reason", "asked the vendor")
HOURS: Final = "lab_invoice_hours.ubl.xml"
CLASH: Final = "lab_dup_conflict.ubl.xml"
CREDIT: Final = "lab_creditnote_rework.ubl.xml"


def page(*lines: str) -> bytes:
    """Draw a page of text, and nothing else, as a PDF."""
    stream = "BT /F1 12 Tf 72 800 Td 14 TL " + " ".join(f"({line}) Tj T*" for line in lines)
    font = "/Resources<</Font<</F1 5 0 R>>>>"
    parts = (
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R{font}>>",
        f"<</Length {len(stream) + 3}>>stream\n{stream} ET\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    )
    out, table = "%PDF-1.4\n", "0000000000 65535 f \n"
    for number, part in enumerate(parts, start=1):
        table += f"{len(out):010d} 00000 n \n"
        out += f"{number} 0 obj{part}endobj\n"
    tail = f"xref\n0 6\n{table}trailer<</Size 6/Root 1 0 R>>\nstartxref\n{len(out)}\n%%EOF\n"
    return (out + tail).encode()


@pytest.fixture(scope="module")
def answers() -> dict[tuple[str, bytes], object]:
    return {}


@pytest.fixture(autouse=True)
def one_child_a_file(
    answers: dict[tuple[str, bytes], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(task: str, data: bytes, limits: child.Limits) -> object:
        if (task, data) not in answers:
            answers[task, data] = child.asked(task, data, limits)
        return answers[task, data]

    monkeypatch.setattr(pdf, "asked", asked)


@pytest.fixture
def desk(fresh: Path) -> Path:
    """Return a project whose only source is an inbox of documents."""
    settings = fresh / "trueup.yaml"
    text = settings.read_text().replace("sources: {}\n", SOURCE)
    settings.write_text(text.replace("currency: USD", "currency: EUR"))
    plan = fresh / "plans" / "support-bot.yaml"
    euros = plan.read_text().replace("currency: USD", "currency: EUR")
    plan.write_text(re.sub(r"start: \d{4}-\d{2}", "start: 2026-01", euros))
    (fresh / "inbox").mkdir()
    return fresh


@pytest.fixture
def said(desk: Path, trueup: Trueup) -> Trueup:
    """Return the command in that project."""

    def call(*arguments: str) -> Any:
        return trueup("-q", "-C", str(desk), *arguments)

    return call


def put(desk: Path, name: str, content: str | bytes) -> None:
    """Put an invoice of the oracles, or bytes, where they were delivered in March."""
    path = desk / "inbox" / name
    if isinstance(content, str):
        content = (ORACLES / "invoices" / content).read_bytes()
    path.write_bytes(content)
    written = datetime(2026, 3, 20, tzinfo=UTC).timestamp()
    os.utime(path, (written, written))


def ingested(said: Trueup, code: int = 0) -> Any:
    found = said("ingest", "--today", TODAY)
    assert found.code == code, found.out + found.err
    return found


def listed(said: Trueup, *options: str) -> list[tuple[str, str]]:
    found = json.loads(said("invoice", "list", "-f", "json", *options).out)
    return [(each["invoice_id"], each["status"]) for each in found["invoices"]]


@pytest.mark.once
@pytest.mark.failure("H02")
def test_a_conflict_costs_nothing_until_a_person_decides_and_the_next_run_books_it(
    desk: Path, said: Trueup
) -> None:
    for name, oracle in (("a.xml", HOURS), ("b.xml", CLASH), ("c.xml", CREDIT)):
        put(desk, name, oracle)
    ingested(said, 4)
    assert listed(said, "--status", "conflict") == [("LAB-2026-0312", "conflict")] * 2
    review = said("invoice", "review").out
    assert len(re.findall("  2026-03  conflict  annotators LAB-2026-0312: is also in", review)) == 2

    decided = said("invoice", "confirm", "a.xml", "--supersedes", "b.xml", *ANN)
    assert decided.code == 0, decided.err
    night = said("run", "--today", TODAY)

    assert night.code == 0, night.out
    expected = json.loads((ORACLES / "invoice_to_months.json").read_text())["after_credit_note"]
    found = warehouse.query(
        desk / ".trueup" / "trueup.duckdb",
        desk / ".trueup" / "lake",
        "select strftime(charge_period_start, '%Y-%m') as m, sum(x_tco_cost) from charges "
        "group by m order by m",
    )
    assert dict(found) == {month: Decimal(cost) for month, cost in expected.items()}
    assert "- annotators" not in said("invoice", "list", "--status", "counted").out


def test_an_invoice_is_shown_with_lines_tax_documents_and_months(desk: Path, said: Trueup) -> None:
    put(desk, "a.xml", HOURS)
    ingested(said)

    text = said("invoice", "show", "lab-2026-0312").out.splitlines()
    (shown,) = json.loads(said("invoice", "show", "LAB-2026-0312", "-f", "json").out)["invoices"]

    assert text[:3] == [
        "invoice LAB-2026-0312 of annotators",
        "status     counted",
        "issued     2026-03-12, due 2026-04-11",
    ]
    assert text[-4].split() == ["2026-02", "Tax", "475.00", "475.00", "0.00"]
    assert (shown["net"], shown["document_names"]) == ("5000.00", "a.xml")
    assert [line["billed_cost"] for line in shown["lines"]] == [
        *("4464.29", "848.21", "535.71", "101.79"),
    ]
    assert [cost["x_tco_cost"] for cost in shown["months"]] == [
        *("0.00", "1071.43", "0.00", "2500.00", "0.00", "1428.57"),
    ]


def test_lists_are_narrowed_and_an_unknown_number_is_told(desk: Path, said: Trueup) -> None:
    put(desk, "a.xml", HOURS)
    ingested(said)

    assert listed(said, "--month", "2026-03", "--issuer", "ANNOT") == [("LAB-2026-0312", "counted")]
    assert listed(said, "--month", "2026-02") == listed(said, "--issuer", "acme") == []
    assert said("invoice", "list", "--month", "2026-02").out == "no invoice\n"
    unknown = said("invoice", "show", "X", "--issuer", "annot")
    assert (unknown.code, unknown.err) == (
        6,
        (
            "trueup: no invoice 'X' of such an issuer counts or was read; `trueup invoice list` "
            "shows all\n"
        ),
    )


@pytest.mark.failure("H07")
def test_a_draft_is_reviewed_and_booked_only_by_a_person_whose_figures_fit(
    desk: Path, said: Trueup
) -> None:
    put(desk, "p.pdf", page(*LINES))
    ingested(said, 4)
    review = said("invoice", "review", "p.pdf").out.splitlines()
    assert review[1].startswith("draft: P-2026-7: a person must confirm: trueup invoice review")
    assert "  | Total due EUR 7,140.00" in review
    assert review[-3:-1] == ["found gross: 7140.00", "totals add up"]

    misread = [each.replace("6000.00", "60000.00") for each in FIGURES]
    wrong = said("invoice", "confirm", "p.pdf", *misread, *ANN)
    assert (wrong.code, wrong.err) == (
        6,
        (
            "trueup: p.pdf: net 60000.00 is nowhere in the text, which shows 6000.00; gross "
            "61140.00 is nowhere in the text, which shows 7140.00; mend the figures, or add "
            "--force and say "
            "why\n"
        ),
    )
    right = said("invoice", "confirm", "p.pdf", *FIGURES, "--gross", "7140", *ANN)
    assert right.code == 0, right.err
    ingested(said)

    assert listed(said) == [("P-2026-7", "counted")]
    assert "- acme P-2026-7: confirmed by Ann: asked the vendor" in said("invoice", "list").out
    (shown,) = json.loads(said("invoice", "show", "P-2026-7", "-f", "json").out)["invoices"]
    assert shown["months"][1]["month"] == "2026-02"
    assert said("invoice", "review").out == "nothing waits\n"


INCOMPLETE: Final = (
    ((*FIGURES, "--gross", "7141"), 6, "make 7140.00, not gross 7141; mend one of them"),
    (FIGURES[:6], 2, "a confirmation needs --net, --service-from, --service-to too"),
    ((), 2, "give the figures, or --supersedes, or --reject; one of them"),
    ((*FIGURES, "--reject"), 2, "give the figures, or --supersedes, or --reject; one of them"),
    ((*FIGURES, "--vendor", "eve"), 6, "eve: name one of `vendors` by --vendor: ['acme'"),
    ((*FIGURES, "--service-to", "2026-01-01"), 6, "the work ends 2026-01-01, before it begins"),
    ((*FIGURES, "--currency", "euro"), 6, "currency: 'euro' is not a currency"),
    ((*FIGURES, "--net", "6.000,00"), 2, "is not a number; write without separators"),
    (("--supersedes", "p.pdf"), 6, "is the document itself; name the one that shall not count"),
    (("--supersedes", "none"), 6, "'none' names no document; `trueup invoice review` lists"),
    (("--reject", "--by", " "), 6, "a decision needs a name and a reason; fill --by and"),
)


@pytest.mark.failure("H07")
def test_a_decision_that_is_not_whole_is_refused(desk: Path, said: Trueup) -> None:
    put(desk, "p.pdf", page(*LINES))
    ingested(said, 4)

    for arguments, code, detail in INCOMPLETE:
        found = said("invoice", "confirm", "p.pdf", *ANN, *arguments)

        assert found.code == code, (arguments, found.err)
        assert detail in found.err
    assert not (desk / "invoice-decisions").exists()


@pytest.mark.failure("H15")
def test_the_only_vendor_is_meant_where_the_document_names_it(desk: Path, said: Trueup) -> None:
    settings = desk / "trueup.yaml"
    text = settings.read_text().replace(
        "acme: {unnamed: true", "acme: {issuer: Acme Labels Ltd, unnamed: true"
    )
    first = next(line for line in text.splitlines(keepends=True) if "annotators:" in line)
    settings.write_text(text.replace(first, ""))
    put(desk, "p.pdf", page(*LINES))
    put(desk, "q.pdf", page("Bright Labels Ltd", *LINES[1:]))
    ingested(said, 4)
    alone = tuple(each for each in FIGURES if each not in {"--vendor", "acme"})

    other = said("invoice", "confirm", "q.pdf", *ANN, *alone)
    mine = said("invoice", "confirm", "p.pdf", *ANN, *alone)

    assert other.code == 6
    assert "q.pdf: does not name acme, the only vendor of labels; add --vendor acme if" in other.err
    assert mine.code == 0, mine.err
    assert "p.pdf as P-2026-7 of acme: " in mine.out


def test_a_document_that_is_read_needs_no_figures(desk: Path, said: Trueup) -> None:
    put(desk, "a.xml", HOURS)
    ingested(said)

    found = said("invoice", "confirm", "a.xml", *FIGURES, *ANN)

    assert (found.code, found.err) == (
        6,
        "trueup: a.xml: is no draft; it is read as it is, and needs no figures\n",
    )


def test_a_contradiction_is_booked_by_force_alone_and_written_down(
    desk: Path, said: Trueup
) -> None:
    put(desk, "p.pdf", page(*LINES))
    ingested(said, 4)

    forced = said("invoice", "confirm", "p.pdf", *FIGURES, "--number", "P-7", "--force", *ANN)

    assert forced.code == 0, forced.err
    (path,) = (desk / "invoice-decisions").glob("*.json")
    decision = json.loads(path.read_text())
    assert (decision["forced"], decision["contradicts"]) == (
        True,
        ["number P-7 is nowhere in the text"],
    )
    with Ledger(f"sqlite:///{desk / '.trueup' / 'ledger.sqlite'}", now) as ledger:
        (entry,) = ledger.entries(DECIDED)
    assert (entry.subject, entry.body["by"], entry.body["forced"]) == (path.name, "Ann", True)
    assert entry.body["hash"][:16] in path.name


def test_a_scan_shows_nothing_and_needs_the_total_twice(desk: Path, said: Trueup) -> None:
    put(desk, "scan.pdf", page())
    ingested(said, 4)
    assert "  it shows no text; it may be a scan" in said("invoice", "review", "scan.pdf").out

    bare = said("invoice", "confirm", "scan.pdf", *FIGURES, *ANN)
    whole = said("invoice", "confirm", "scan.pdf", *FIGURES, "--gross", "7140.00", *ANN)

    assert bare.err == ("trueup: scan.pdf: shows no text to check against; state --gross too\n")
    assert (bare.code, whole.code) == (6, 0)


def test_what_cannot_be_read_is_rejected_by_a_person(desk: Path, said: Trueup) -> None:
    put(desk, "a.xml", HOURS)
    put(desk, "terms.xml", b"<terms/>")
    refused = ingested(said, 4).out
    way = re.findall("invoice confirm ([0-9a-f]{12}) --reject", refused)[0]
    assert "terms.xml: has the root <terms>" in said("invoice", "list").out
    assert "refused  labels  terms.xml: has the root <terms>" in said("invoice", "review").out

    done = said("invoice", "confirm", way, "--reject", *ANN)

    assert done.code == 0, done.err
    ingested(said)
    assert ("LAB-2026-0312", "counted") in listed(said)


@pytest.mark.failure("H07")
def test_a_decision_that_no_command_made_is_not_believed(desk: Path, said: Trueup) -> None:
    put(desk, "a.xml", HOURS)
    ingested(said)
    said("invoice", "confirm", "a.xml", "--reject", *ANN)
    (path,) = (desk / "invoice-decisions").glob("*.json")
    ledger = desk / ".trueup" / "ledger.sqlite"
    ledger.unlink()

    refused = ingested(said, 4).out

    assert (
        f"labels: invoice-decisions/{path.name}: is not in the ledger: nobody decided this here; "
        "remove it, and use `trueup invoice confirm` if it is right" in refused
    )


def test_a_decision_about_a_document_that_is_gone_is_told(desk: Path, said: Trueup) -> None:
    put(desk, "a.xml", HOURS)
    put(desk, "b.xml", CREDIT)
    ingested(said)
    said("invoice", "confirm", "b.xml", "--reject", *ANN)
    ingested(said)
    assert said("invoice", "list").err == ""
    (desk / "inbox" / "b.xml").unlink()
    ingested(said)

    listed, status = said("invoice", "list").err, said("status").out

    detail = "is about a document that is not there any more; bring it back, or remove the decision"
    assert detail in listed
    assert [line for line in status.splitlines() if line.startswith("decision ") and detail in line]


def test_a_decision_that_was_taken_away_is_told(desk: Path, said: Trueup) -> None:
    put(desk, "a.xml", HOURS)
    ingested(said)
    said("invoice", "confirm", "a.xml", "--reject", *ANN)
    (path,) = (desk / "invoice-decisions").glob("*.json")
    path.unlink()

    told = said("invoice", "list").err

    assert re.fullmatch(
        f"trueup: invoice-decisions/{path.name}: reject by Ann on [0-9-]{{10}} was removed, and "
        "does not hold any more\n",
        told,
    )


def test_an_invoice_of_a_table_is_decided_about_by_its_number(small: Path, trueup: Trueup) -> None:
    rows = (small / "invoices" / "october.csv").read_text()
    other = rows.replace("100.00", "120.00") + "L-2,2026-10-31,1,7.00,USD,2026-10-01,2026-10-31,n\n"
    (small / "invoices" / "other.csv").write_text(other)
    at = ("-q", "-C", str(small))
    trueup(*at, "ingest", "--today", "2026-11-22")

    refused = trueup(*at, "invoice", "confirm", "other.csv", "--supersedes", "october.csv", *ANN)
    rejected = trueup(*at, "invoice", "confirm", "october.csv", "--reject", *ANN)
    done = trueup(*at, "invoice", "confirm", "other.csv", "--number", "L-1",
                  "--supersedes", "october.csv", *ANN)  # fmt: skip
    trueup(*at, "ingest", "--today", "2026-11-22")

    assert "other.csv: holds several invoices, L-1, L-2; say which by its number" in refused.err
    assert "october.csv: is a table; correct it, or take it out of there" in rejected.err
    assert done.code == 0, done.err
    found = json.loads(trueup(*at, "invoice", "list", "-f", "json").out)["invoices"]
    assert [(each["invoice_id"], each["net"], each["status"]) for each in found] == [
        ("L-1", "150.25", "superseded"),
        ("L-1", "170.25", "counted"),
        ("L-2", "7.00", "counted"),
    ]


def test_the_group_says_what_it_has(said: Trueup) -> None:
    text = said("invoice", "--help").out

    assert "confirm  Decide what a document is" in text
    assert said("invoice", "lst").code == 2


@pytest.mark.once
@pytest.mark.failure("H01")
def test_two_processes_that_import_the_same_invoice_count_it_once(desk: Path, said: Trueup) -> None:
    put(desk, "a.xml", HOURS)
    command = [sys.executable, "-m", "scheduler", "-q", "-C", str(desk)]
    runs = [subprocess.Popen([*command, "ingest", "--today", TODAY]) for _ in range(2)]

    assert sorted(run.wait(120) for run in runs) in ([0, 0], [0, 6])
    put(desk, "again.xml", HOURS)
    assert "0 loaded, 1 unchanged" in ingested(said).out
    assert listed(said) == [("LAB-2026-0312", "counted")]
