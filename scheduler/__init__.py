"""The only shell: commands, clock, environment, delivery."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

_HOME: Final = Path(__file__).resolve().parent.parent


def _refuse_strangers() -> None:
    """Stop when another folder's package hides one of ours: their names are common words."""
    for name in ("ingest", "models", "reconcile"):
        spec = find_spec(name)
        origin = spec.origin if spec else None
        if origin is None or Path(origin).resolve().parent.parent != _HOME:
            raise SystemExit(
                f"trueup: package {name!r} comes from {origin or 'nowhere'}, not from trueup; "
                "unset PYTHONPATH or run outside that folder"
            )


_refuse_strangers()
