"""People, who are only ever a role and a number: who has which role, and how many they are."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pydantic import Field

from ingest.labor.private import checked, validated
from ingest.labor.settings import KEY_LENGTH, Settings
from models.canonical import canonical_value
from models.errors import BrokenError
from models.field import Strict, Text
from models.fingerprint import canonical_json

FORM: Final = "write `people:` and below it one line for each: `mail address or name: role`"
TRACE: Final = 32  # hexadecimal digits of what is left of a person


class PeopleFile(Strict):
    """The file of people."""

    people: dict[Text, Text] = Field(repr=False)
    """Role by mail address or name; capitals and outer space do not matter."""


@dataclass(frozen=True, slots=True, repr=False)
class People:
    """Roles of people, and the key that they are counted under; neither is ever printed."""

    source: str
    roles: Mapping[str, str] = field(default_factory=dict)
    key: bytes = b""

    def role(self, email: str, name: str) -> str | None:
        """Return the role of a person by mail address, else by name; None when nobody says."""
        found = (self.roles.get(_same(text)) for text in (email, name) if text)
        return next((role for role in found if role is not None), None)

    def trace(self, person: str, *within: str) -> str:
        """Return what tells two people apart within one month of one project, and nowhere else.

        Args:
            person: Mail address or name; empty when the timesheet does not say.
            within: What it is counted in.

        Returns:
            A keyed hash; empty without a key or a person, who is then not counted.
        """
        if not self.key or not person:
            return ""
        message = canonical_json([self.source, *within, _same(person)])
        return hmac.new(self.key, message.encode(), hashlib.sha256).hexdigest()[:TRACE]


def load(source: str, settings: Settings, folder: Path) -> People:
    """Read the files that the settings name.

    Raises:
        SourceError: when one is not there, readable by others, or not as it must be.
    """
    roles: dict[str, str] = {}
    if settings.people:
        file = validated(source, folder / settings.people, PeopleFile, FORM)
        roles = {_same(person): role for person, role in file.people.items()}
        if len(roles) < len(file.people):
            detail = "has one person on two lines, capitals or not; remove one"
            raise BrokenError(source, str(folder / settings.people), detail)
    return People(source, roles, _key(source, settings, folder))


def _key(source: str, settings: Settings, folder: Path) -> bytes:
    if settings.key is not None:
        return settings.key.get_secret_value().encode()
    if settings.key_file is None:
        return b""
    path = checked(source, folder / settings.key_file)
    key = path.read_bytes().strip()
    if len(key) < KEY_LENGTH:
        detail = f"is shorter than {KEY_LENGTH} characters; `openssl rand -hex 32` makes one"
        raise BrokenError(source, str(path), detail)
    return key


def _same(person: str) -> str:
    return " ".join(canonical_value(person).split())
