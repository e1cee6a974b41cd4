"""Texts of configuration: every file of a project folder that figures depend on, as bytes."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, get_args

from models.field import Inside
from models.settings import FILE, Settings

WRITTEN: Final = frozenset({"state", "reports"})  # places of what is made, not of what is read
_REFERRED: Final = re.compile(r"[^\s\"'\[\]{},:#][^\"'\[\]{},:#\n]*\.(?:ya?ml|csv|xlsx)\b")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*")

Texts = Mapping[str, bytes]


def texts(folder: Path, settings: Settings) -> dict[str, bytes]:
    """Return the bytes of every configuration file, by its path in the folder.

    What sources name is not among them: it may be confidential, and what they take from it
    is a part of what they deliver. `trueup.yaml` has its variables as they are written.
    """
    found = {FILE: (folder / FILE).read_bytes()}
    waiting = [*_stated(folder, settings)]
    while waiting:
        path = waiting.pop()
        name = path.relative_to(folder).as_posix()
        if name not in found:
            found[name] = path.read_bytes()
            waiting += _referred(folder, path, found[name])
    return dict(sorted(found.items()))


def body(data: bytes) -> dict[str, str]:
    """Return what the ledger keeps of a file: its hash, and its text or else its bytes."""
    try:
        return {"hash": digest(data), "text": data.decode()}
    except UnicodeDecodeError:
        return {"hash": digest(data), "base64": base64.b64encode(data).decode()}


def kept(said: Mapping[str, Any]) -> bytes:
    """Return the bytes of a file that the ledger keeps."""
    return base64.b64decode(said["base64"]) if "base64" in said else said["text"].encode()


def digest(data: bytes) -> str:
    """Return the SHA-256 of a file."""
    return sha256(data).hexdigest()


def write(folder: Path, found: Texts) -> None:
    """Write files into a folder that has none."""
    for name, data in found.items():
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(data)


def _stated(folder: Path, settings: Settings) -> Iterator[Path]:
    """Yield the files that settings name, by path or by pattern; all of a folder they name."""
    (check,) = get_args(Inside)[1:]
    for name, field in Settings.model_fields.items():
        if name not in WRITTEN and check in field.metadata:
            for path in folder.glob(getattr(settings, name)):
                yield from path.glob("*.yaml") if path.is_dir() else [path]


def _referred(folder: Path, path: Path, data: bytes) -> Iterator[Path]:
    """Yield the files beside or below one that it seems to name; one too many does no harm."""
    text = data.decode(errors="replace") if path.suffix in {".yaml", ".yml"} else ""
    for line in text.splitlines():
        for name in _REFERRED.findall(_COMMENT.sub("", line)):
            found = path.parent / name
            if ".." not in found.parts and found.is_file() and found.is_relative_to(folder):
                yield found
