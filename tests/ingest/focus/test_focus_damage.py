"""Damaged and bad documents are refused, set aside by row, or change no figure at all."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
from polars.exceptions import PanicException, PolarsError

from ingest.focus.control import control
from ingest.focus.convert import convert
from ingest.table import ContractError
from models.errors import SourceError, TrueupError

pytestmark = pytest.mark.once

DOCUMENTS: Final = 101
REFUSALS: Final = (ContractError, PolarsError, PanicException, TrueupError)


COSTS: Final = ("billed_cost", "effective_cost")


def read(path: Path) -> list[Decimal] | None:
    """Return rows and sums of what both readers agree on; None when one refuses."""
    try:
        charges = convert(path, tax_recoverable=False).charges.collect(engine="streaming")
        stated = control(path)
    except REFUSALS:
        return None
    found = [Decimal(charges.height), *(sum(charges[c].drop_nulls(), Decimal(0)) for c in COSTS)]
    assert found == [
        Decimal(stated.rows),
        *(sum((Decimal(getattr(t, c)) for t in stated.totals), Decimal(0)) for c in COSTS),
    ]
    return found


@pytest.mark.failure("B10")
@pytest.mark.failure("A04")
def test_a_text_cut_at_any_byte_is_refused_or_has_lost_whole_rows(
    make: Any, build: Any, bench: Any
) -> None:
    """Where a row ends, nothing in a text says that there were more; the file before stays."""
    header = ["ProviderName", *REQUIRED]
    content = make.csv([make.row(Tags=None), make.row(BilledCost="1.25")], header)
    ends = {at + 1 for at, byte in enumerate(content) if byte == ord("\n")}
    told: dict[int, int] = {}
    source = build()

    for cut in range(len(content)):
        bench.lay("2026-10.csv", content[:cut])
        (answer,) = bench.fetch(source)
        if not isinstance(answer, SourceError):
            told[cut] = len(answer.documents)

    assert set(told) <= ends
    assert len(told) == 1


@pytest.mark.failure("A04")
def test_compressed_text_cut_at_any_byte_is_refused(make: Any, build: Any, bench: Any) -> None:
    content = gzip.compress(make.csv([make.row()], ["ProviderName", *REQUIRED]), mtime=0)
    source = build()

    for cut in range(len(content)):
        bench.lay("2026-10.csv.gz", content[:cut])
        (answer,) = bench.fetch(source)
        assert isinstance(answer, SourceError), cut


@pytest.mark.failure("A06")
def test_a_bit_that_flips_in_compressed_text_is_refused_or_changes_no_figure(
    make: Any, build: Any, bench: Any
) -> None:
    header = ["ProviderName", *REQUIRED]
    content = gzip.compress(make.csv([make.row()], header), mtime=0)
    chance, source, same = random.Random(1), build(), 0  # noqa: S311 - a test's own

    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 1 << chance.randrange(8)
        bench.lay("2026-10.csv.gz", bytes(damaged))
        (answer,) = bench.fetch(source)
        if not isinstance(answer, SourceError):
            assert gzip.decompress(damaged) == gzip.decompress(content), at
            same += 1

    assert same < len(content) // 10


def bad(chance: random.Random, content: bytes) -> bytes:
    """Return a document with one to three faults of the kinds that exports have."""
    for _ in range(chance.randint(1, 3)):
        content = chance.choice(FAULTS)(chance, content)
    return content


def flipped(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :]


def without_piece(chance: random.Random, content: bytes) -> bytes:
    start = chance.randrange(len(content))
    return content[:start] + content[start + chance.randint(1, 30) :]


def with_piece(chance: random.Random, content: bytes) -> bytes:
    at = chance.randrange(len(content))
    piece = chance.choice(
        [b'"', b",", b"\n", b"\r", b"\0", b"\xff", b"NaN", b"1e999", b"{}", b"''"]
    )
    return content[:at] + piece + content[at:]


def swapped_cells(chance: random.Random, content: bytes) -> bytes:
    lines = content.split(b"\n")
    at = chance.randrange(len(lines))
    cells = lines[at].split(b",")
    chance.shuffle(cells)
    lines[at] = b",".join(cells)
    return b"\n".join(lines)


def other_value(chance: random.Random, content: bytes) -> bytes:
    cells = content.split(b",")
    values = (b"N/A", b"", b"-", b"1.2.3", b"0x10", b"Usage", b"99999999999999999999", b"\xd9\xa3")
    cells[chance.randrange(len(cells))] = chance.choice(values)
    return b",".join(cells)


FAULTS: Final = (flipped, without_piece, with_piece, swapped_cells, other_value)
REQUIRED: Final = (
    *("BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd"),
    *("BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargePeriodEnd"),
    *("ChargePeriodStart", "ContractedCost", "EffectiveCost", "ListCost"),
    *("ServiceCategory", "ServiceName", "Tags"),
)


def documents(make: Any) -> Iterator[tuple[int, bytes]]:
    header = ["ProviderName", *REQUIRED]
    rows = [make.row(), make.row(BilledCost="-1.25", EffectiveCost="7"), make.row(Tags=None)]
    content = make.csv(rows, header)
    for seed in range(DOCUMENTS):
        yield seed, bad(random.Random(seed), content)  # noqa: S311 - a test's own


@pytest.mark.failure("B05")
@pytest.mark.failure("B16")
def test_bad_documents_are_refused_or_both_readers_see_the_same(make: Any, tmp_path: Path) -> None:
    """What is left is a document that says something else, and says it to both readers."""
    path, refused, read_alike = tmp_path / "document", 0, 0

    for seed, content in documents(make):
        path.write_bytes(content)
        try:
            found = read(path)
        except AssertionError as error:
            error.add_note(f"document {seed}: {content!r}")
            raise
        refused, read_alike = refused + (found is None), read_alike + (found is not None)

    assert refused > DOCUMENTS // 4
    assert read_alike > DOCUMENTS // 10
