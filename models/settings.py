"""Settings: `trueup.yaml`, the one file that names all others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, SecretStr, WithJsonSchema

from models.channel import Channel
from models.errors import ConfigError, Mistake
from models.field import Amount, Currency, Inside, Strict, Text
from models.variable import expanded
from models.yamlfile import Tree, read

FILE: Final = "trueup.yaml"
VARIABLES: Final = ("sources", "channels", "storage", "ledger")  # where `${NAME}` is read
_NAME: Final = "^[A-Za-z0-9][A-Za-z0-9._-]*$"
_TIME: Final = "^([01][0-9]|2[0-3]):[0-5][0-9]$"


def _time(value: str) -> str:
    if not re.fullmatch(_TIME, value):
        raise ValueError(f"{value!r} is not a time; write HH:MM in UTC, for example 02:30")
    return value


def _location(value: str) -> str:
    scheme, sign, rest = value.partition("://")
    if not (scheme and sign and rest.strip("/")):
        raise ValueError(f"{value!r} is not the address of a bucket; write SCHEME://BUCKET/PREFIX")
    return value


def _percent(value: Any) -> Any:  # noqa: ANN401 - pydantic hands on what it read
    if value > 100:  # noqa: PLR2004 - per cent
        raise ValueError(f"{value} is above 100 percent")
    return value


Percent = Annotated[Amount, AfterValidator(_percent)]
Time = Annotated[str, AfterValidator(_time), WithJsonSchema({"type": "string", "pattern": _TIME})]


class Materiality(Strict):
    """Which differences deserve a comment: both share and floor, or `always`."""

    percent: Percent = Decimal(5)
    """Share of the planned amount, in percent."""
    floor: Amount = Decimal(1000)
    """Reporting currency; smaller differences are never material by their share."""
    always: Amount = Decimal(50000)
    """Reporting currency; larger differences are always material."""
    colour_percent: Percent = Decimal(3)
    """As `percent`, for showing a colour."""


class Completeness(Strict):
    """When figures are called incomplete."""

    percent: Percent = Decimal(80)
    """Share of expected sources that must have delivered, in percent."""
    stale_after_hours: int = Field(default=36, gt=0)
    """Age of the newest delivery at which a source is stale."""


class Allocation(Strict):
    """How much of the cost is expected to have a project, and when somebody is told."""

    target: Percent = Decimal(80)
    """Share of cost with a project that is aimed at, in percent; shown in reports."""
    unallocated_over: Percent = Decimal(20)
    """Share of a month's cost without a project above which an alert opens, in percent."""
    drop: Percent = Decimal(10)
    """Points by which the share of a source that tags decide may fall in a month untold."""


class Anomalies(Strict):
    """Which days of a project are told as standing out, and for how long."""

    floor: Amount = Decimal(100)
    """Least excess of a day, reporting currency."""
    days: Annotated[int, Field(ge=1, le=31)] = 7
    """Days after it for which a day that stands out keeps its alert open."""


class Schedule(Strict):
    """When `trueup schedule` runs."""

    at: Time = "02:30"
    """HH:MM, UTC, every night."""


class Close(Strict):
    """What it takes to close a month."""

    two_person: bool = False
    """Whether one person prepares and another signs."""
    comments: Literal["required", "optional"] = "required"
    """Whether a month can be closed without a comment on each line that needs one."""
    comment_days: int = Field(default=10, ge=0)
    """Days after the end of a month from which a missing comment is overdue."""


class Fiscal(Strict):
    """The fiscal year, of twelve calendar months; years of weeks (4-4-5) are not supported."""

    first_month: Annotated[int, Field(ge=1, le=12)] = 1
    """Month in which it starts: 1 for January, 4 for April."""


class Ray(Strict):
    """The cluster that `engine: ray` works on."""

    address: Text | None = None
    """Address of its head, `host:port` or `auto`. RAY_ADDRESS unless given; else one is started."""


class Storage(Strict):
    """An object store that documents and lake are kept in; folders become caches of it."""

    location: Annotated[str, AfterValidator(_location)]
    """Bucket and prefix, as an address: the scheme says which protocol."""
    profile: Text | None = None
    """Named profile of credentials; those of the machine unless given."""
    role_arn: Text | None = None
    """Role to act in."""
    external_id: Text | None = None
    """What the owner of the role wants to be told."""
    region: Text | None = None
    """Region of the bucket."""
    endpoint_url: Text | None = None
    """Another server that speaks the same protocol."""


class Settings(Strict):
    """`trueup.yaml`."""

    name: Text
    """What the portfolio is called in reports and alerts."""
    reporting_currency: Currency
    """ISO 4217 code that every figure is shown in."""
    sources: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False)
    """Places bills come from, by name; `kind` names the format, the rest is its own."""
    projects: Inside = "projects.yaml"
    """File of projects."""
    rules: Inside = "rules.yaml"
    """File of rules."""
    rates: Inside = "rates.yaml"
    """File of exchange rates."""
    invoices: Inside = "invoices.yaml"
    """File of what issuers state, against which bills are judged; it may be absent unless named."""
    purchases: Inside = "purchases.yaml"
    """File of orders, prepaid wallets and commitments; it may be absent unless named."""
    runs: Inside = "runs.yaml"
    """File that says what names a training run, and which models were accepted; it may be absent
    unless named."""
    progress: Inside = "progress.yaml"
    """File of milestones reached and of progress as people state it; it may be absent unless
    named."""
    decisions: Inside = "decisions.yaml"
    """File of draws of contingency and of questions about cost; it may be absent unless named."""
    commentary: Inside = "commentary"
    """Folder of comments, a file a month: YYYY-MM.yaml; it may be absent."""
    plans: Inside = "plans/*.yaml"
    """Plan files, as a glob."""
    reports: Inside = "reports"
    """Folder that reports are written to."""
    state: Inside = ".trueup"
    """Folder of archive, lake, ledger and warehouse; readable by its owner only."""
    materiality: Materiality = Materiality()
    """Which differences deserve a comment."""
    completeness: Completeness = Completeness()
    """Below which share and above which age figures are called incomplete."""
    allocation: Allocation = Allocation()
    """How much of the cost is expected to have a project."""
    close: Close = Close()
    """Who closes a month, and which comments it takes."""
    fiscal: Fiscal | None = None
    """The fiscal year, which reports then show to date, too."""
    anomalies: Anomalies = Anomalies()
    """Which days of a project are told as standing out."""
    channels: tuple[Channel, ...] = ()
    """Who is told when an alert opens or is resolved."""
    schedule: Schedule = Schedule()
    """When the night run starts."""
    engine: Literal["local", "ray"] = "local"
    """What runs the work on documents: this machine, or a Ray cluster."""
    workers: Annotated[int, Field(ge=1, le=256)] | None = None
    """Documents worked on at once by `engine: local`; 1 = in this process. As many as cores and
    memory allow unless given."""
    ray: Ray = Ray()
    """Where the cluster is."""
    storage: Storage | None = None
    """Object store in which machines share documents and lake; unless given, the folder `state`."""
    ledger: SecretStr | None = None
    """URL of the database of the ledger, `postgresql+psycopg://...`; a secret: write ${NAME}. A
    file in the folder `state` unless given."""
    demo: bool = False
    """Reports say DEMO DATA."""

    @property
    def ledger_url(self) -> str | None:
        """URL of a ledger that machines share, in the clear; None when it is a file."""
        return self.ledger.get_secret_value() if self.ledger else None


def load(folder: Path, environment: Mapping[str, str], *without: str) -> tuple[Settings, Tree]:
    """Read `trueup.yaml` of a project folder.

    Args:
        folder: The project folder.
        environment: What `${NAME}` in sources, channels, storage and ledger is read from.
        without: Keys that are not read.

    Returns:
        The settings, and the expanded tree against which each kind of source
        validates its own part.

    Raises:
        ConfigError: with every mistake.
    """
    tree = _expanded(read(folder / FILE).without(*without), environment)
    settings = tree.validated(Settings)
    mistakes = (*_source_mistakes(tree, settings), *_ledger_mistakes(tree))
    if mistakes:
        raise ConfigError(*mistakes)
    return settings, tree


def _expanded(tree: Tree, environment: Mapping[str, str]) -> Tree:
    """Return the tree with its variables; a misspelt `channels` is named, not only its `${`."""
    unknown = [name for name in tree.root.children if name not in Settings.model_fields]
    try:
        return expanded(tree, environment, *VARIABLES)
    except ConfigError as error:
        misspelt = [tree.unknown(Settings.model_fields, name) for name in unknown]
        raise ConfigError(*misspelt, *error.mistakes) from None


def _ledger_mistakes(tree: Tree) -> Iterator[Mistake]:
    """Refuse a URL that stands in the file: it has a password in it, or will have."""
    node = tree.root.children.get("ledger")
    if node is not None and not node.written:
        said = "write ${NAME}, and put the URL, which is a secret, into that variable"
        yield tree.mistake(said, "ledger")


def _source_mistakes(tree: Tree, settings: Settings) -> Iterator[Mistake]:
    for name, given in settings.sources.items():
        if not re.fullmatch(_NAME, name):
            said = f"'{name}' is not a name of a source; use letters, digits, '-', '_' and '.'"
            yield tree.mistake(said, "sources", name)
        if "kind" not in given:
            yield tree.missing("kind", "sources", name)
        elif not isinstance(given["kind"], str):
            yield tree.mistake("kind must be text", "sources", name)
