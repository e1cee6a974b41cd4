"""The project folder, opened: configuration, stores and sources of one project."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Final

from ingest import closing
from ingest.depot import depot
from ingest.source import Source, build, kinds, settings_model
from models.archive import Archive
from models.comment import Comment
from models.commentfile import load_all as load_comments
from models.currency import Rates
from models.decision.decision import load as load_decisions
from models.decision.draw import with_draws
from models.decision.file import DecisionFile
from models.depot import Depot
from models.errors import ConfigError, Mistake
from models.lake import Lake
from models.ledger import Ledger
from models.plan.plan import Plan, current, load_all
from models.progress import Stated
from models.progressfile import load as load_progress
from models.project import Registry
from models.projectfile import load as load_projects
from models.purchase import Purchases
from models.purchase import load as load_purchases
from models.rule.file import load as load_rules
from models.rule.rule import RuleSet
from models.run.file import RunFile
from models.run.file import load as load_runs
from models.settings import Settings
from models.settings import load as load_settings
from models.statement import Statements
from models.statement import load as load_statements
from models.witness import Witness
from models.yamlfile import Tree
from scheduler.engine.engine import Engine, Here
from scheduler.engine.open import opened
from scheduler.lock import held

OUTWARD: Final = ("channels", "storage", "ledger")  # where a project writes to, beside its folder


def now() -> datetime:
    """Return the present instant, UTC; the only clock of the program."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What the user configured: everything that can be wrong before a run starts."""

    folder: Path
    settings: Settings
    registry: Registry
    rules: RuleSet
    rates: Rates
    plans: tuple[Plan, ...]
    sources: tuple[Source, ...]
    statements: Statements
    purchases: Purchases
    runs: RunFile = field(default_factory=RunFile)
    progress: Stated = field(default_factory=Stated)
    decisions: DecisionFile = field(default_factory=DecisionFile)
    comments: tuple[Comment, ...] = ()
    depot: Depot | None = None

    @property
    def state(self) -> Path:
        """The folder of the four stores."""
        return self.folder / self.settings.state

    @property
    def reports(self) -> Path:
        """Where reports and file alerts go."""
        return self.folder / self.settings.reports

    @property
    def budgets(self) -> tuple[Plan, ...]:
        """The current plan of each project, after the draws from its contingency."""
        return tuple(with_draws(plan, self.decisions.draws) for plan in current(self.plans))

    def on(self, engine: str | None) -> Project:
        """Return the same project with another engine, if one is named."""
        if engine is None:
            return self
        return replace(self, settings=self.settings.model_copy(update={"engine": engine}))

    @property
    def warehouse(self) -> Path:
        """The DuckDB file that people and BI tools query."""
        return self.state / "trueup.duckdb"


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of one project that a run writes to."""

    archive: Archive
    lake: Lake
    ledger: Ledger
    engine: Engine = field(default_factory=Here)

    def sweep(self) -> None:
        """Remove what killed runs left half written; the caller holds the lock."""
        self.archive.sweep()
        self.lake.sweep()


def configured(
    folder: Path, environment: Mapping[str, str] | None = None, home: Path | None = None
) -> Project:
    """Read and check every configuration file of a project folder.

    Args:
        folder: Where the configuration is.
        environment: What variables are read from.
        home: The project folder, with stores and the files of sources, where the configuration
            is another than the one it has; then nothing of it says where to write.

    Raises:
        ConfigError: with every mistake of the files, each with file:line:column.
    """
    known = os.environ if environment is None else environment
    settings, tree = load_settings(folder, known, *(OUTWARD if home else ()))
    registry = load_projects(folder / settings.projects)
    plans = load_all(sorted(folder.glob(settings.plans)), registry)
    return Project(
        folder=home or folder,
        settings=settings,
        registry=registry,
        rules=load_rules(folder / settings.rules, registry),
        rates=Rates.load(folder / settings.rates),
        plans=plans,
        sources=tuple(_sources(home or folder, settings, tree)),
        statements=_statements(folder, settings),
        purchases=_purchases(folder, settings, registry),
        runs=_runs(folder, settings, registry),
        progress=_progress(folder, settings, registry, plans),
        decisions=_decisions(folder, settings, registry, plans),
        comments=load_comments(folder / settings.commentary, registry.ids),
        depot=depot(settings.storage, tree) if settings.storage else None,
    )


def _statements(folder: Path, settings: Settings) -> Statements:
    """Return the stated invoices; a file that is not named may be absent."""
    path = folder / settings.invoices
    if "invoices" not in settings.model_fields_set and not path.exists():
        return Statements()
    return load_statements(path, settings.sources)


def _purchases(folder: Path, settings: Settings, registry: Registry) -> Purchases:
    """Return what was bought; a file that is not named may be absent."""
    path = folder / settings.purchases
    if "purchases" not in settings.model_fields_set and not path.exists():
        return Purchases()
    return load_purchases(path, registry, settings.sources)


def _runs(folder: Path, settings: Settings, registry: Registry) -> RunFile:
    """Return what is told of runs; a file that is not named may be absent."""
    path = folder / settings.runs
    if "runs" not in settings.model_fields_set and not path.exists():
        return RunFile()
    return load_runs(path, registry, settings.sources)


def _progress(
    folder: Path, settings: Settings, registry: Registry, plans: Iterable[Plan]
) -> Stated:
    """Return what is stated of progress; a file that is not named may be absent."""
    path = folder / settings.progress
    if "progress" not in settings.model_fields_set and not path.exists():
        return Stated()
    return load_progress(path, registry, plans)


def _decisions(
    folder: Path, settings: Settings, registry: Registry, plans: Iterable[Plan]
) -> DecisionFile:
    """Return what was decided about cost; a file that is not named may be absent."""
    path = folder / settings.decisions
    if "decisions" not in settings.model_fields_set and not path.exists():
        return DecisionFile()
    return load_decisions(path, registry, plans)


def _sources(folder: Path, settings: Settings, tree: Tree) -> Iterator[Source]:
    mistakes: list[Mistake] = []
    for name, given in settings.sources.items():
        if given["kind"] not in kinds():
            mistakes.append(_unknown_kind(tree, name, given["kind"]))
            continue
        try:
            model = settings_model(given["kind"])
            stated = tree.validated(model, "sources", name, context={"folder": folder})
            yield build(name, given["kind"], stated, folder.absolute())
        except ConfigError as error:
            mistakes += error.mistakes
    if mistakes:
        raise ConfigError(*mistakes)


def _unknown_kind(tree: Tree, name: str, kind: str) -> Mistake:
    near = get_close_matches(kind, kinds(), 1)
    hint = f"Did you mean '{near[0]}'?" if near else f"There are: {', '.join(kinds())}"
    return tree.mistake(f"'{kind}' is not a kind of source. {hint}", "sources", name, "kind")


def known_source(project: Project, name: str) -> Source:
    """Return the source of that name.

    Raises:
        ConfigError: when trueup.yaml has none; names the nearest.
    """
    for source in project.sources:
        if source.name == name:
            return source
    names = [source.name for source in project.sources]
    near = get_close_matches(name, names, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"There are: {', '.join(names) or 'none'}"
    raise ConfigError(Mistake("trueup.yaml", 1, 1, f"sources: no source {name!r}. {hint}"))


@contextmanager
def stores(project: Project) -> Iterator[Stores]:
    """Open the stores of a project; folders are made 0700 where they do not exist.

    Raises:
        StoreError: when the ledger's chain is broken, or a closed month is not what it was
            closed with: its deliveries, books or reports.
    """
    project.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = f"sqlite:///{project.state / 'ledger.sqlite'}"
    with Ledger(project.settings.ledger_url or file, now) as ledger:
        ledger.verify()
        state = project.state.absolute()  # other processes stand elsewhere
        archive = Archive(state / "archive", project.depot)
        lake = Lake(state / "lake", project.depot)
        archive.settle()
        lake.settle()
        witness = Witness(archive, state / "witness")
        closing.verify(ledger, archive, witness)
        witness.keep()
        with opened(project.settings, os.environ) as engine:
            yield Stores(archive, lake, ledger, engine)


@contextmanager
def alone(project: Project) -> Iterator[None]:
    """Hold the run lock of a project, on this machine and wherever its ledger is shared.

    Raises:
        RefusedError: when another run holds it.
        StoreError: when a shared ledger cannot be reached.
    """
    project.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with held(project.state, project.settings.ledger_url):
        yield
