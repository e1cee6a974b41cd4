from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Trueup = Callable[..., Any]
RUN = ("run", "--today", "2026-11-22")


@pytest.mark.failure("E08")
def test_a_document_of_an_open_month_that_is_altered_or_gone_is_told(
    small: Path, trueup: Trueup
) -> None:
    folder = ("-q", "-C", str(small))
    assert trueup(*folder, *RUN).code == 0
    archive = small / ".trueup" / "archive"
    (document,) = [
        path for path in archive.rglob("*") if path.is_file() and b"L-1," in path.read_bytes()
    ]
    before = document.read_bytes()
    said = (
        f"labeling/2026-10: october.csv: is lost in the archive or was altered "
        f"({document.name[:12]}); figures stay, restore it from a backup"
    )

    document.chmod(0o600)
    document.write_bytes(before.replace(b"100.00", b"900.00"))
    assert f"archive    {said}" in trueup(*folder, "status").out
    assert trueup(*folder, *RUN).code == 0  # its source still has it, and it is whole again
    assert document.read_bytes() == before
    assert "archive    " not in trueup(*folder, "status").out

    document.unlink()
    (small / "invoices" / "october.csv").unlink()
    again = trueup(*folder, *RUN)
    assert again.code == 4
    assert said in again.out.splitlines()
