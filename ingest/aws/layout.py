"""Where the two kinds of report lie: the folder of a month's manifest, and that of its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ingest.aws.manifest import Manifest, key, parse
from models.period import Month


class Layout(Protocol):
    """How the deliveries of one report or export are laid out below its prefix."""

    @property
    def name(self) -> str:
        """What manifests are named after."""
        ...

    def home(self, period: Month) -> str:
        """Return the folder of a month's newest manifest, with a slash at its end."""
        ...

    def read(self, data: bytes, root: str, period: Month) -> Manifest:
        """Return a manifest whose files are keys of the place.

        Raises:
            ValueError: when it is none, or is about something else.
        """
        ...


@dataclass(frozen=True, slots=True)
class Export:
    """A data export: data and metadata side by side, a folder a month."""

    name: str

    def home(self, period: Month) -> str:
        """Return the folder of a month's newest manifest; see `Layout`."""
        return f"{self.name}/metadata/BILLING_PERIOD={period}/"

    def read(self, data: bytes, root: str, period: Month) -> Manifest:
        """Return a manifest; data may lie in a folder for each run; see `Layout`."""
        stated = parse(data)
        homes = [f"{self.name}/data/BILLING_PERIOD={period}/"]
        return _placed(stated, root, homes, stated.files)


@dataclass(frozen=True, slots=True)
class Report:
    """A legacy report: a folder for each range of days, and one for queries a month."""

    name: str

    def home(self, period: Month) -> str:
        """Return the folder of a month's newest manifest; see `Layout`."""
        return f"{self.name}/{period.first:%Y%m%d}-{(period + 1).first:%Y%m%d}/"

    def read(self, data: bytes, root: str, period: Month) -> Manifest:
        """Return a manifest; its keys are those of the bucket, without its name; see `Layout`."""
        stated = parse(data, version="assemblyId", files="reportKeys")
        first = f"{period.first:%Y%m%d}"
        if not stated.start.startswith(first):
            raise ValueError(f"is of the period from {stated.start[:8]!r}, not from {first}")
        year = f"{self.name}/{self.name}/year={period.year}/"
        months = dict.fromkeys((f"month={period.month}/", f"month={period.month:02}/"))
        homes = [self.home(period), *(year + month for month in months)]
        bucket = "/".join(root.split("/")[:3])
        addresses = (f"{bucket}/{file}" if root else _copied(file, homes) for file in stated.files)
        return _placed(stated, root, homes, tuple(addresses))


def _copied(file: str, homes: list[str]) -> str:
    """Return a key of some bucket as one of a folder that holds a copy."""
    for home in homes:
        _, found, rest = f"/{file}".partition(f"/{home}")
        if found:
            return home + rest
    return file


def _placed(stated: Manifest, root: str, homes: list[str], addresses: tuple[str, ...]) -> Manifest:
    files = tuple(key(address, root=root, homes=homes) for address in addresses)
    return Manifest(stated.version, stated.columns, files, stated.start)
