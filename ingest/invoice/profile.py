"""Mapping profiles: the forms of tables that programs export, and those a user writes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import Field

from ingest.invoice.columns import Columns
from ingest.invoice.form import Form
from models.field import Text
from models.schema import schema
from models.yamlfile import read

FOLDER: Final = Path(__file__).parent / "profiles"
NAMES: Final = ("coupa", "generic", "quickbooks", "xero")


class Profile(Form):
    """A mapping file: a form, and what its author could not know."""

    about: Text = "A form of tables"
    """What it is the form of, and where that is documented."""
    ask: dict[Text, Text] = Field(default_factory=dict)
    """Settings that every source with this form must state itself, and the choices."""


def mapping_schema() -> dict[str, Any]:
    """Return the JSON Schema of mapping files."""
    return schema("mapping", Profile)


def formed(given: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return settings of a source on top of those of the profile they name.

    Args:
        given: As the user wrote them.
        folder: The project folder, which the path of a mapping file is relative to.

    Raises:
        ConfigError: for a mapping file that is absent or wrong, at its place.
        ValueError: for a name nobody knows, or a setting that the profile asks for.
    """
    name = given.get("mapping", "generic")
    if not isinstance(name, str):
        return dict(given)
    profile = _profile(name, folder)
    for asked, choices in profile.ask.items():
        if asked not in given:
            raise ValueError(f"the mapping {name} cannot know `{asked}`; set it to {choices}")
    below = profile.model_dump(exclude_unset=True, exclude={"about", "ask"})
    own = given.get("columns")
    columns = _columns(profile.columns, own) if isinstance(own, Mapping) else None
    stated = set(own) if isinstance(own, Mapping) else set()
    optional = [each for each in profile.optional if each not in stated]
    over = {"columns": columns} if columns is not None else {}
    return {**below, **({"optional": optional} if optional else {}), **given, **over}


def _profile(name: str, folder: Path) -> Profile:
    if name in NAMES:
        return read(FOLDER / f"{name}.yaml", f"profiles/{name}.yaml").validated(Profile)
    if not name.endswith((".yaml", ".yml")):
        raise ValueError(
            f"{name!r} is no mapping; there are {', '.join(NAMES)}, or the path of a mapping "
            "file, for example ./my-vendor.yaml"
        )
    return read(folder / name, name).validated(Profile)


def _columns(below: Columns, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return headings of the profile with those of the user in their place."""
    columns = below.model_dump(exclude_unset=True)
    tags, named = columns.get("tags", {}), own.get("tags", {})
    merged = {**tags, **named} if isinstance(named, Mapping) else named
    return {**columns, **own, **({"tags": merged} if merged else {})}
