"""The engine that the configuration asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from models.settings import Settings
from scheduler.engine.engine import Engine, Here
from scheduler.engine.local import Local
from scheduler.engine.size import cores, workers

ADDRESS = "RAY_ADDRESS"  # what the cluster's own tools read it from


@contextmanager
def opened(settings: Settings, environment: Mapping[str, str]) -> Iterator[Engine]:
    """Yield the engine; nothing is started before there is something to do."""
    engine = chosen(settings, environment)
    try:
        yield engine
    finally:
        engine.close()


def chosen(settings: Settings, environment: Mapping[str, str]) -> Engine:
    """Return the engine, by the settings and the address that the environment may have."""
    count = workers(settings.workers)
    if settings.engine == "ray":
        from scheduler.engine.cluster import Cluster  # noqa: PLC0415 - an extra

        return Cluster(settings.ray.address or environment.get(ADDRESS) or None, count)
    return Local(count, max(1, cores() // count)) if count > 1 else Here()
