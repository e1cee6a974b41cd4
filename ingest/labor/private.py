"""Files beside the project that are confidential: theirs is a mode, and no word of them is told."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel

from models.errors import BrokenError, ConfigError, ForbiddenError
from models.yamlfile import read

Model = TypeVar("Model", bound=BaseModel)
OTHERS: Final = 0o077  # what mode 0600 keeps from group and others


def checked(source: str, path: Path) -> Path:
    """Return the path of a file that only its owner can read.

    Raises:
        BrokenError: when it is not there, or no regular file.
        ForbiddenError: when others may read it, or we may not.
    """
    try:
        mode = path.lstat().st_mode
    except PermissionError as error:
        raise ForbiddenError(source, str(path), "may not be read; mend its rights") from error
    except OSError as error:
        raise BrokenError(source, str(path), "is not there; see docs/labor.md") from error
    if not stat.S_ISREG(mode):
        raise BrokenError(source, str(path), "is no regular file; put the file itself there")
    if mode & OTHERS:
        shown = f"{stat.S_IMODE(mode):04o}"
        detail = f"has mode {shown}, so others may read it; run `chmod 600 {path}`"
        raise ForbiddenError(source, str(path), detail)
    return path


def validated(source: str, path: Path, model: type[Model], form: str) -> Model:
    """Return a confidential YAML file as a model.

    Args:
        source: Name of the source, for messages.
        path: The file, mode 0600.
        model: What it must be.
        form: How it is written, for the message when it is not.

    Raises:
        SourceError: as `checked`, or with line and column of the first mistake; what stands
            there is not shown.
    """
    checked(source, path)
    try:
        return read(path).validated(model)
    except ConfigError as error:
        at = error.mistakes[0]
        place = f"{path}:{at.line}:{at.column}"
    # Outside the handler, so that the error carries nothing of what stands there.
    raise BrokenError(source, place, f"cannot be read; {form}")
