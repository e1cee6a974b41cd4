"""An Anthropic organization: its costs by workspace and description, and its tokens.

The cost report leaves out the priority tier, and may differ a little from the invoice, which
is the truth: state it in invoices.yaml.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import localcontext
from functools import partial
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
from ingest.vendor.anthropic.control import amounts, control
from ingest.vendor.anthropic.line import is_cost, items, uses
from ingest.vendor.anthropic.settings import Settings
from ingest.vendor.charge import charges, usage
from ingest.vendor.doctor import findings
from ingest.vendor.month import deliveries, settled
from ingest.vendor.reply import Part, ReplyError, parsed
from ingest.vendor.report import rows
from ingest.verify import Amount
from models.archive import Archive
from models.errors import BrokenError, SourceError
from models.money import WIDE
from models.period import Month

__all__ = ["SOURCE", "AnthropicOrganization", "Settings"]

VERSION: Final = 1  # of the mapping; raise it whenever the same bytes become other charges
KEY: Final = "make an admin key of the organization, and set it; see `trueup doctor --policy`"
ADMIN: Final = """Console, Settings, Admin keys: a key of its own, made by an admin of the
organization. An admin key cannot be narrowed; it is only ever used to read reports."""


@dataclass(frozen=True, slots=True)
class AnthropicOrganization:
    """One configured organization."""

    name: str
    settings: Settings
    folder: Path

    @property
    def fingerprint(self) -> str:
        """Version of the mapping, and every setting that changes charges."""
        return f"anthropic_costs {VERSION} {self.settings.reading}"

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
        pages = partial(self.settings.pages, self.settings.api(self.name))
        yield from deliveries(self.name, periods, archive, known, pages)

    def probe(self, periods: Sequence[Month], at: datetime) -> Iterator[Finding]:
        """Ask whether the key is taken, and what the newest month holds."""
        del at
        pages = partial(self.settings.pages, self.settings.api(self.name, 2))
        yield from findings(periods, pages, key=KEY)

    def grants(self) -> Iterator[Grant]:
        """Yield the key that is needed."""
        yield Grant("Read costs and usage of the organization", ADMIN)

    def convert(self, path: Path, document: Document, delivery: Delivery) -> Conversion:
        """Turn one page of costs or usage into charges or usage."""
        try:
            with localcontext(prec=WIDE):
                return self._converted(parsed(path.read_bytes()), delivery.period)
        except ReplyError as error:
            raise BrokenError(self.name, document.name, str(error)) from error

    def control(self, path: Path, document: Document, delivery: Delivery) -> Control:
        """State what the document must become; see `ingest.vendor.anthropic.control`."""
        del document, delivery
        with localcontext(prec=WIDE):
            return control(path.read_bytes())

    def amounts(self, path: Path, document: Document, delivery: Delivery) -> Iterable[Amount]:
        """Yield what rows come to; see `ingest.vendor.anthropic.control`."""
        del document, delivery
        return amounts(path.read_bytes())

    def _converted(self, body: Part, period: Month) -> Conversion:
        found = list(rows(body))
        costs = [row for row in found if is_cost(row[2])]
        used = [row for row in found if not is_cost(row[2])]
        return Conversion(
            charges=charges(items(costs, self.settings, period), self.settings.vendor, period),
            beside={"usage": usage(uses(used, self.settings, period))},
        )


SOURCE: type[Source] = AnthropicOrganization
