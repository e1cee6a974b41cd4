"""Runs as the user tells of them: `runs.yaml`, what names a run, and which models were accepted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from models.canonical import canonical_key, canonical_value
from models.errors import ConfigError, Mistake
from models.field import DayText, Fingerprinted, Slug, Strict, Text
from models.project import Registry
from models.wording import suggestion
from models.yamlfile import Tree, read

# What exports, trackers and schedulers call the tag that names a run; `.`, `_` and `-` as written.
TAGS: Final = (
    *("run", "run_id", "run-id", "runid"),
    *("training_run", "training-run", "training_run_id", "training-run-id"),
    *("training_job", "training-job", "training_job_name", "training-job-name"),
    *("mlflow.run_id", "mlflow_run_id", "mlflow-run-id"),
    *("slurm.job_id", "slurm_job_id", "slurm-job-id"),
)
CLUSTERS: Final = ("cluster", "cluster_name", "cluster-name")


class AcceptedEntry(Strict):
    """One model that somebody accepted."""

    model: Text
    """What the model is called, with its version."""
    project: Slug
    """Project whose run made it."""
    run: Text
    """The run, by any of its names."""
    accepted: DayText
    """Day of acceptance."""
    by: Text | None = None
    """Who accepted it."""


class RunFile(Fingerprinted):
    """`runs.yaml`."""

    tags: tuple[Text, ...] = TAGS
    """Tags of charges and of usage whose value names a run; case and prefixes of exports do not
    matter. Two names on one row are names of one run."""
    clusters: tuple[Text, ...] = CLUSTERS
    """Tags of charges whose value names the cluster they are of, as usage calls it."""
    hours: tuple[Text, ...] = ()
    """Sources whose hours of a run come before those of others, in order; of the rest the one
    that states most counts."""
    accepted_tag: Text = "trueup.accepted"
    """Tag of a run that says that its model was accepted: the day, or `true`."""
    models: tuple[AcceptedEntry, ...] = ()
    """Models that were accepted, where no tag says so."""

    @property
    def tag_keys(self) -> tuple[str, ...]:
        """The canonical keys of tags that name a run, in order."""
        return tuple(dict.fromkeys(map(canonical_key, self.tags)))

    @property
    def cluster_keys(self) -> tuple[str, ...]:
        """The canonical keys of tags that name a cluster, in order."""
        return tuple(dict.fromkeys(map(canonical_key, self.clusters)))


def load(path: Path, registry: Registry, sources: Iterable[str]) -> RunFile:
    """Read `runs.yaml`.

    Args:
        path: The file.
        registry: The projects.
        sources: Names of the configured sources.

    Raises:
        ConfigError: with every mistake: a project or a source that is not there, a model
            that is accepted twice.
    """
    tree, known = read(path), [*sources]
    file = tree.validated(RunFile)
    named = [(("hours", number), name) for number, name in enumerate(file.hours)]
    mistakes = [
        tree.mistake(f"'{name}' is not a source. {suggestion(name, known)}", *at)
        for at, name in named
        if name not in known
    ]
    mistakes += [*_unknown(tree, file, registry), *_twice(tree, file)]
    if mistakes:
        raise ConfigError(*mistakes)
    return file


def _unknown(tree: Tree, file: RunFile, registry: Registry) -> Iterator[Mistake]:
    for number, entry in enumerate(file.models):
        if entry.project not in registry.ids:
            said = f"'{entry.project}' is not a project. {suggestion(entry.project, registry.ids)}"
            yield tree.mistake(said, "models", number, "project")


def _twice(tree: Tree, file: RunFile) -> Iterator[Mistake]:
    """Yield models and runs that are accepted a second time; they would count twice."""
    lines: dict[tuple[str, str, str], int] = {}
    for number, entry in enumerate(file.models):
        for name in ("model", "run"):
            key = (entry.project, name, canonical_value(getattr(entry, name)))
            at = ("models", number, name)
            if key in lines:
                said = f"{name} {getattr(entry, name)!r} is already accepted in line {lines[key]}"
                yield tree.mistake(f"{said}; remove one", *at)
            lines.setdefault(key, tree.at(*at).line)
