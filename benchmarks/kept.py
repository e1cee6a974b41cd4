"""What any archive must do: copy bytes, and know their SHA-256 twice, on arrival and before use.

python benchmarks/kept.py FOLDER_OF_FILES OUT_FOLDER
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Final

_CHUNK: Final = 1 << 20


def kept(folder: Path, out: Path) -> int:
    """Copy and hash each file; return the bytes written."""
    out.mkdir(parents=True)
    for path in sorted(folder.glob("*.parquet")):
        _same(_copied(path, out / path.name), out / path.name)
    return sum(path.stat().st_size for path in out.iterdir())


def _copied(path: Path, target: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source, target.open("wb") as copy:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest()


def _same(digest: str, path: Path) -> None:
    with path.open("rb") as copy:
        if hashlib.file_digest(copy, "sha256").hexdigest() != digest:
            sys.exit(f"{path} is not what was copied")


if __name__ == "__main__":
    print(kept(Path(sys.argv[1]), Path(sys.argv[2])))
