"""The register of assets, CSV or YAML: every mistake with its place, or the assets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from ingest.hardware.asset import Asset, Convention, Funding
from ingest.hardware.settings import Columns, Settings
from ingest.hardware.table import Line, TableError, lines
from ingest.invoice.cell import CellError, Cells
from models.errors import ConfigError, Mistake
from models.field import Amount, Currency, DayText, Strict, Text
from models.money import ZERO, rounded
from models.node import parse
from models.subunit import places
from models.wording import wording
from models.yamlfile import Tree

NUMBERS: Final = ("cost", "residual", "disposal_proceeds", "capacity_hours_per_month")
DAYS: Final = ("in_service_date", "disposal_date")
_COUNTS: Final = ("life_months", "gpu_count")


class Entry(Strict):
    """One asset."""

    asset_id: Text
    """Id in the register; no other asset has it."""
    description: str = ""
    """What it is."""
    serial: str = ""
    """Serial number."""
    cost: Amount = ZERO
    """What it was bought for."""
    currency: Currency | None = None
    """ISO 4217 code; that of the settings where it is not said."""
    residual: Amount = ZERO
    """What it will still be worth at the end of its life."""
    in_service_date: DayText
    """First day of use."""
    life_months: Annotated[int, Field(ge=1, le=600)] | None = None
    """Months of useful life; those of the settings where it is not said."""
    convention: Convention | None = None
    """That of the settings where it is not said."""
    method: Literal["straight_line"] = "straight_line"
    """How it is depreciated."""
    cluster: str = ""
    """Where it works: what sources of hours call the cluster."""
    gpu_count: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    """How many accelerators it has."""
    gpu_type: str = ""
    """Their model."""
    disposal_date: DayText | None = None
    """Day from which it is gone."""
    disposal_proceeds: Amount = ZERO
    """What it brought then."""
    capacity_hours_per_month: Amount | None = None
    """Accelerator hours of a whole month, where not every hour counts."""
    funding: Funding = "owned"
    """owned or lease; a lease is not depreciated."""
    invoice_id: str = ""
    """Invoice it was bought with."""
    project: str = ""
    """Whose it is where nobody tells who used it."""


class RegisterFile(Strict):
    """A register in YAML."""

    assets: tuple[Entry, ...] = Field(min_length=1)
    """The assets."""


Found = tuple[Entry, "Where"]


class Where:
    """Where the parts of one asset stand, for messages about them."""

    def __init__(self, file: str, at: Mapping[str, tuple[int, int]]) -> None:
        """Keep line and column by field; the empty field is the asset itself."""
        self._file, self._at = file, at

    def mistake(self, field: str, message: str) -> Mistake:
        """Return a mistake at a field, or at the asset where it is not written."""
        line, column = self._at.get(field, self._at[""])
        return Mistake(self._file, line, column, f"{field}: {message}" if field else message)


def assets(data: bytes, name: str, settings: Settings) -> tuple[Asset, ...]:
    """Return the assets of a register, in its order.

    Args:
        data: The document.
        name: Its name, for messages.
        settings: How it is written.

    Raises:
        ConfigError: with every mistake, each at its line and column.
    """
    found = [*(_of_yaml(data, name) if settings.is_yaml else _of_csv(data, name, settings))]
    checked = [_asset(row, entry, settings) for row, (entry, _) in enumerate(found, start=1)]
    mistakes = [*_repeated(found)]
    for asset, (_, where) in zip(checked, found, strict=True):
        mistakes += (where.mistake(field, said) for field, said in _doubts(asset))
    if mistakes:
        raise ConfigError(*mistakes)
    return tuple(checked)


def _of_yaml(data: bytes, name: str) -> Iterator[Found]:
    try:
        tree = Tree(parse(data.decode("utf-8-sig"), name))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(Mistake(name, line, 1, "not UTF-8 text; save it as UTF-8")) from error
    for number, entry in enumerate(tree.validated(RegisterFile).assets):
        fields = {"": tree.at("assets", number)}
        fields |= {field: tree.at("assets", number, field) for field in entry.model_fields_set}
        at = {field: (node.line, node.column) for field, node in fields.items()}
        yield entry, Where(name, at)


def _of_csv(data: bytes, name: str, settings: Settings) -> Iterator[Found]:
    try:
        read_lines = lines(data, _named(settings.columns), settings)
    except TableError as error:
        raise ConfigError(Mistake(name, error.line, error.column, error.detail)) from error
    mistakes: list[Mistake] = []
    found: list[Found] = []
    for line in read_lines:
        where = Where(name, line.places)
        try:
            found.append((Entry.model_validate(_plain(line, Cells(settings))), where))
        except CellError as error:
            mistakes.append(where.mistake(error.field, f"{error.value!r} {error.reason}"))
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                field = str(detail["loc"][0])
                mistakes.append(where.mistake(field, wording(detail, detail["input"])))
    if mistakes:
        raise ConfigError(*mistakes)
    yield from found


def _named(columns: Columns | None) -> Mapping[str, str] | None:
    return None if columns is None else columns.model_dump(exclude_none=True)


def _plain(line: Line, cells: Cells) -> dict[str, Any]:
    """Return the filled cells of a line in the form that YAML has."""
    given: dict[str, Any] = {field: text for field, text in line.cells.items() if text}
    for field in {*NUMBERS, *_COUNTS} & {*given}:
        given[field] = f"{cells.number(field, given[field]):f}"
    for field in {*DAYS} & {*given}:
        given[field] = cells.day(field, given[field]).isoformat()
    return given


def _asset(row: int, entry: Entry, settings: Settings) -> Asset:
    return Asset(
        row=row,
        asset_id=entry.asset_id,
        description=entry.description,
        serial=entry.serial,
        cost=entry.cost,
        currency=entry.currency or settings.currency or "",
        residual=entry.residual,
        in_service=entry.in_service_date,
        life_months=entry.life_months or settings.life_months or 0,
        convention=entry.convention or settings.convention,
        cluster=entry.cluster,
        gpus=entry.gpu_count,
        gpu_type=entry.gpu_type,
        disposal=entry.disposal_date,
        proceeds=entry.disposal_proceeds,
        hours=entry.capacity_hours_per_month,
        funding=entry.funding,
        invoice_id=entry.invoice_id,
        project=entry.project,
    )


def _repeated(found: Sequence[Found]) -> Iterator[Mistake]:
    seen: set[str] = set()
    for entry, where in found:
        if entry.asset_id in seen:
            yield where.mistake("asset_id", f"{entry.asset_id!r} is there twice; each asset once")
        seen.add(entry.asset_id)


def _doubts(asset: Asset) -> Iterator[tuple[str, str]]:
    """Yield what contradicts itself in an asset: the field, and what is wrong with it."""
    if not asset.currency:
        yield "currency", "is not said; add it here, or currency to the source"
    if not asset.life_months and asset.is_owned:
        yield "life_months", "is not said; add it here, or life_months to the source"
    if not asset.cost and asset.is_owned:
        yield "cost", "is missing or zero; an asset that costs nothing is no asset"
    for field, amount in (("cost", asset.cost), ("residual", asset.residual)):
        if rounded(amount, places(asset.currency)) != amount:
            yield field, f"{amount} has more decimals than {asset.currency} has"
    if asset.residual > asset.cost:
        yield "residual", f"{asset.residual} is more than the cost, {asset.cost}"
    if asset.disposal and asset.disposal < asset.in_service:
        yield "disposal_date", f"{asset.disposal} is before the first day, {asset.in_service}"
    if asset.proceeds and not asset.disposal:
        yield "disposal_proceeds", "is said without a disposal_date"
    if asset.gpus and not asset.cluster and not asset.project:
        yield "gpu_count", "is said without a cluster, whose hours say who used them, or a project"
