"""Restoring: a project as other texts of its configuration say; stores and files stay its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from models.errors import ConfigError
from models.ledger import Ledger
from scheduler.past import texts
from scheduler.past.texts import Texts
from scheduler.workspace import OUTWARD, Project, configured

CONFIGURATION: Final = "configuration"
UNSET: Final = "unset"
# where a project lives and by what it works is never of the past
PRESENT: Final = ("state", "reports", "engine", "workers", "ray", *OUTWARD)


class _Lenient(Mapping[str, str]):
    """The environment, in which every variable is set: nothing is fetched with what is gone."""

    def __getitem__(self, name: str) -> str:
        return os.environ.get(name) or UNSET

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)


def recorded(ledger: Ledger) -> dict[str, bytes]:
    """Return the configuration files that the ledger knows last, by path; those gone left out."""
    newest = ledger.latest(CONFIGURATION)
    return {name: texts.kept(each.body) for name, each in newest.items() if each.body["hash"]}


def restored(project: Project, found: Texts) -> Project:
    """Return the project as these texts configure it; nothing of them says where to write.

    Raises:
        ConfigError: when this program refuses them.
    """
    with TemporaryDirectory(prefix="trueup-") as name:
        folder = Path(name)
        texts.write(folder, found)
        try:
            then = configured(folder, _Lenient(), project.folder)
        except ConfigError as error:
            said = [replace(each, file=_beside(each.file, folder)) for each in error.mistakes]
            raise ConfigError(*said) from None
    kept = {each: getattr(project.settings, each) for each in PRESENT}
    return replace(
        then,
        settings=then.settings.model_copy(update=kept),
        rates=replace(then.rates, file=_beside(then.rates.file, folder)),
        plans=tuple(replace(plan, file=_beside(plan.file, folder)) for plan in then.plans),
        depot=project.depot,
    )


def _beside(file: str, folder: Path) -> str:
    """Return how a file is called in the project folder."""
    path = Path(file)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else file
