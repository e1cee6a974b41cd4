"""An OpenAI organization: its costs by project and line item, its usage and fine-tuning jobs.

Costs may differ a little from the invoice, which is the truth: state it in invoices.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import localcontext
from pathlib import Path
from typing import Final

from ingest.source import (
    Control,
    Conversion,
    Delivery,
    Document,
    Finding,
    Grant,
    Settlement,
    Source,
    expected,
)
from ingest.vendor.charge import Item, Use, charges, usage
from ingest.vendor.doctor import findings
from ingest.vendor.month import deliveries, settled
from ingest.vendor.openai import line
from ingest.vendor.openai import usage as measure
from ingest.vendor.openai.control import amounts, control
from ingest.vendor.openai.fetch import Organization
from ingest.vendor.openai.settings import Settings
from ingest.vendor.reply import Part, ReplyError, parsed
from ingest.vendor.report import rows
from ingest.verify import Amount
from models.archive import Archive
from models.errors import BrokenError, SourceError
from models.money import WIDE
from models.period import Month

__all__ = ["SOURCE", "OpenAiOrganization", "Settings"]

VERSION: Final = 1  # of the mapping; raise it whenever the same bytes become other charges
KEY: Final = "make an admin key that may read usage, and set it; see `trueup doctor --policy`"
ADMIN: Final = """Organization settings, Admin keys: a key with the permission to read usage
(api.usage.read), or read only. It reads costs and usage, and calls no model."""
PROJECT: Final = """API keys of the project {project}: a restricted key with
Fine-tuning: Read, and nothing else."""


@dataclass(frozen=True, slots=True)
class OpenAiOrganization:
    """One configured organization."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the mapping, and every setting that changes charges."""
        return f"openai_costs {VERSION} {self.settings.reading}"

    @property
    def settlement(self) -> Settlement:
        """As the settings say; no row names its invoice."""
        return settled(self.settings.final_after_days, self.settings.expected_every_hours)

    def due(self, period: Month) -> datetime | None:
        """Return when a month without any cost is late; None where none is promised."""
        return expected(period, self.settings.expected_by_day)

    def fetch(
        self, periods: Sequence[Month], archive: Archive, known: Mapping[Month, str]
    ) -> Iterator[Delivery | SourceError]:
        """Ask for each month, and bring the pages into the archive where they changed."""
        read = Organization(self.name, self.settings).pages
        yield from deliveries(self.name, periods, archive, known, read)

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask whether the keys are taken, and what the newest month holds."""
        del at
        yield from findings(periods, Organization(self.name, self.settings, 2).pages, key=KEY)

    def grants(self) -> Iterator[Grant]:
        """Yield the keys that are needed, and what each must be allowed."""
        yield Grant("Read costs and usage of the organization", ADMIN)
        for each in self.settings.jobs:
            title = f"Read the fine-tuning jobs of {each.project}"
            yield Grant(title, PROJECT.format(project=each.project))

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn one page, or the jobs of a month, into charges and usage."""
        try:
            with localcontext(prec=WIDE):
                return self._converted(parsed(path.read_bytes()), delivery.period)
        except ReplyError as error:
            raise BrokenError(self.name, document.name, str(error)) from error

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become; see `ingest.vendor.openai.control`."""
        del document, delivery
        with localcontext(prec=WIDE):
            return control(path.read_bytes(), tokens=self.settings.tokens)

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Yield what rows come to; see `ingest.vendor.openai.control`."""
        del document, delivery
        return amounts(path.read_bytes(), tokens=self.settings.tokens)

    def _converted(self, body: Part, period: Month) -> Conversion:
        with_tokens = self.settings.tokens == "usage"
        if body.at("object").text() == "list":
            return self._conversion([], measure.runs(body, with_tokens=with_tokens), period)
        found = list(rows(body))
        kinds = {row.at("object").text() for _, _, row in found}
        if kinds <= {line.RESULT}:
            items = line.items(found, self.settings, period)
            return self._conversion(items, () if with_tokens else line.uses(items), period)
        if all(kind.startswith(measure.RESULT) for kind in kinds):
            uses = measure.measured(found, period, with_tokens=with_tokens)
            return self._conversion([], uses, period)
        raise ReplyError(f"holds rows of {', '.join(sorted(kinds))}, which are not read")

    def _conversion(self, items: Sequence[Item], uses: Iterable[Use], period: Month) -> Conversion:
        return Conversion(
            charges=charges(items, self.settings.vendor, period), beside={"usage": usage(uses)}
        )


SOURCE: type[Source] = OpenAiOrganization
