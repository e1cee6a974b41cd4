"""Standard rates of roles, dated: midpoints of bands, never what anybody is paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from pydantic import Field, model_validator

from ingest.labor.private import validated
from models.canonical import canonical_value
from models.errors import BrokenError
from models.field import Amount, Currency, MonthText, Rate, Strict, Text
from models.fingerprint import fingerprint
from models.money import ZERO
from models.period import Month

FORM: Final = (
    "write `currency: USD` and under `roles:` a list for each role, each part "
    "`valid_from: 2026-01` with `monthly:`, or with `band_midpoint:`, `burden_percent:` "
    "and `overhead:`"
)
OTHER_ROLES: Final = "other_roles"  # what roles of too few people become together
_YEAR: Final = 12


class RoleRate(Strict):
    """What a role costs from a month on."""

    valid_from: MonthText
    """First month it holds for."""
    monthly: Rate | None = None
    """Cost of a role-month."""
    band_midpoint: Rate | None = None
    """Yearly salary in the middle of the role's band; gives the monthly cost with the next two."""
    burden_percent: Amount = ZERO
    """What comes on top of a salary: social security, benefits; in percent of it."""
    overhead: Amount = ZERO
    """Workplace, equipment, licences of a month."""

    @model_validator(mode="after")
    def stated_once(self) -> RoleRate:
        """Refuse a rate that is stated in no way, or in two."""
        is_loaded = self.band_midpoint is not None
        if is_loaded == (self.monthly is not None):
            raise ValueError("must state either monthly or band_midpoint")
        if not is_loaded and (self.burden_percent or self.overhead):
            raise ValueError("burden_percent and overhead belong to band_midpoint")
        return self

    @property
    def cost(self) -> Fraction:
        """Cost of a role-month: as stated, or (midpoint x (1 + burden)) / 12 + overhead."""
        if self.monthly is not None:
            return Fraction(self.monthly)
        loaded = Fraction(self.band_midpoint or 0) * (100 + Fraction(self.burden_percent)) / 100
        return loaded / _YEAR + Fraction(self.overhead)


class CardFile(Strict):
    """The file of rates."""

    currency: Currency
    """Currency of every rate."""
    roles: dict[Text, tuple[RoleRate, ...]] = Field(repr=False)
    """Rates by role, as timesheets or the file of people call it."""


@dataclass(frozen=True, slots=True, repr=False)
class Card:
    """The rates, found by role and month; never printed."""

    source: str
    place: str
    currency: str
    rates: Mapping[str, tuple[RoleRate, ...]]
    names: Mapping[str, str]
    fingerprint: str

    def name(self, role: str) -> str:
        """Return a role as the file spells it.

        Raises:
            BrokenError: when the file does not know it.
        """
        found = self.names.get(canonical_value(role))
        if found is None:
            detail = f"has no rate of role {role!r}; add it, a role without a rate is never free"
            raise BrokenError(self.source, self.place, detail)
        return found

    def rate(self, name: str, month: Month) -> Fraction:
        """Return what a month of a role costs, exactly.

        Raises:
            BrokenError: when the file has no rate of it for that month.
        """
        valid = [each for each in self.rates[name] if each.valid_from <= month]
        if not valid:
            detail = f"has no rate of role {name!r} for {month}; add one, valid from then"
            raise BrokenError(self.source, self.place, detail)
        return max(valid, key=lambda each: each.valid_from).cost


def load(source: str, path: Path) -> Card:
    """Read the file of rates.

    Raises:
        SourceError: when it is not there, readable by others, or not as it must be; no
            message holds a rate.
    """
    file = validated(source, path, CardFile, FORM)
    names = {canonical_value(role): role for role in file.roles}
    for problem in _problems(file, names):
        raise BrokenError(source, str(path), problem)
    return Card(source, str(path), file.currency, file.roles, names, fingerprint(_plain(file)))


def _problems(file: CardFile, names: Mapping[str, str]) -> list[str]:
    said = []
    if len(names) < len(file.roles):
        said.append("has one role twice, capitals or not; remove one")
    if OTHER_ROLES in names:
        said.append(f"has a role {OTHER_ROLES}, which stands for roles of few people; rename it")
    for role, rates in file.roles.items():
        if len({rate.valid_from for rate in rates}) < len(rates):
            said.append(f"has two rates of role {role!r} valid from one month; remove one")
    return said


def _plain(file: CardFile) -> object:
    roles = {
        role: [[str(rate.valid_from), str(rate.cost)] for rate in rates]
        for role, rates in file.roles.items()
    }
    return [file.currency, roles]
