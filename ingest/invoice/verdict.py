"""What a person decided about a document, as a file of the project that nobody edits.

Its name holds the hash of its content, and the ledger has the same hash with who and why.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AwareDatetime, StringConstraints, ValidationError, model_validator

from ingest.invoice.amendment import Amendment, Which
from models.durable import part_in, place, storing
from models.errors import BrokenError
from models.field import Currency, DayText, Number, Strict, Text
from models.money import ZERO

FOLDER: Final = "invoice-decisions"  # of the project, unless the settings name another
LARGEST: Final = 64 << 10  # bytes
_NAME: Final = re.compile(r"[0-9a-f]{12}-(?:confirm|supersede|reject)-([0-9a-f]{16})\.json")
_SHA256: Final = re.compile("[0-9a-f]{64}")

Sha256 = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
Act = Literal["confirm", "supersede", "reject"]


class Figures(Strict):
    """What a person read on a document; amounts as cost, so a credit note's are negative."""

    number: Text
    issued: DayText
    currency: Currency
    net: Number
    tax: Number = ZERO
    service_from: DayText
    service_to: DayText
    purchase_order: str = ""
    issuer: str = ""

    @model_validator(mode="after")
    def consistent(self) -> Figures:
        """Refuse days that end before they begin, and a tax that gives back what is charged."""
        if self.service_to < self.service_from:
            raise ValueError(f"the work ends {self.service_to}, before it begins")
        if self.net * self.tax < 0:
            raise ValueError(f"net {self.net} and tax {self.tax} have different signs")
        return self

    @property
    def gross(self) -> Decimal:
        """With tax."""
        return self.net + self.tax


def figures(**given: object) -> Figures:
    """Return what a person read.

    Raises:
        ValueError: in one line, with the field that is wrong.
    """
    try:
        return Figures.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "figures"
        raise ValueError(f"{place}: {first['msg'].removeprefix('Value error, ')}") from error


class Verdict(Strict):
    """One decision about one document.

    Attributes are written as they are named; `forced` says that it contradicts the text of
    the document, which `reason` explains.
    """

    version: Literal[1] = 1
    act: Act
    document: Sha256
    name: Text
    number: str = ""
    supersedes: str = ""
    supersedes_number: str = ""
    figures: Figures | None = None
    forced: bool = False
    contradicts: tuple[str, ...] = ()
    by: Text
    reason: Text
    at: AwareDatetime

    @model_validator(mode="after")
    def whole(self) -> Verdict:
        """Refuse a confirmation without figures, and a superseding without what is superseded."""
        if (self.act == "confirm") != (self.figures is not None):
            raise ValueError("figures belong to a confirmation, and to it alone")
        if (self.act == "supersede") != bool(self.supersedes):
            raise ValueError("`supersedes` belongs to such a decision, and to it alone")
        return self

    @property
    def text(self) -> str:
        """The content of its file."""
        return self.model_dump_json(indent=1, exclude_none=True) + "\n"

    @property
    def hash(self) -> str:
        """SHA-256 of its content, hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def file(self) -> str:
        """The name of its file."""
        return f"{self.document[:12]}-{self.act}-{self.hash[:16]}.json"

    @property
    def amendment(self) -> Amendment:
        """The same for those who compare invoices."""
        is_document = _SHA256.fullmatch(self.supersedes)
        other = Which(
            number=self.supersedes_number if is_document else self.supersedes,
            document=self.supersedes if is_document else "",
        )
        counts = Which(number=self.number, document=self.document)
        return Amendment(counts=counts, supersedes=other, reason=f"{self.reason} ({self.by})")


def write(folder: Path, verdict: Verdict) -> Path:
    """Write a decision, durably; the same one twice is one file.

    Raises:
        StoreError: when it cannot be written.
    """
    target = folder / verdict.file
    with part_in(folder) as part, storing(target):
        part.write_text(verdict.text, encoding="utf-8")
        place(part, target)
    return target


def verdicts(source: str, folder: Path) -> list[Verdict]:
    """Return the decisions of a folder, oldest first; a folder that is absent has none.

    Raises:
        BrokenError: when one was changed after it was decided, or is no decision.
    """
    if not folder.is_dir():
        return []
    found = [_read(source, path) for path in sorted(folder.glob("*.json"))]
    return sorted(found, key=lambda verdict: (verdict.at, verdict.file))


def _read(source: str, path: Path) -> Verdict:
    named = _NAME.fullmatch(path.name)
    data = path.read_bytes()[: LARGEST + 1]
    if named is None or hashlib.sha256(data).hexdigest()[:16] != named[1]:
        raise BrokenError(
            source,
            f"{path.parent.name}/{path.name}",
            "was changed after it was decided: its name holds another hash; put the file back, "
            "or remove it and decide again",
        )
    try:
        return Verdict.model_validate_json(data)
    except ValidationError as error:
        detail = f"is no decision: {error.errors()[0]['msg']}; remove it and decide again"
        raise BrokenError(source, f"{path.parent.name}/{path.name}", detail) from error


def amendments(found: Sequence[Verdict]) -> list[Amendment]:
    """Return what was decided about invoices that contradict each other."""
    return [each.amendment for each in found if each.act == "supersede"]


def newest(found: Sequence[Verdict], document: str) -> Verdict | None:
    """Return the last word on whether and as what a document counts."""
    own = [each for each in found if each.document == document and each.act != "supersede"]
    return own[-1] if own else None
