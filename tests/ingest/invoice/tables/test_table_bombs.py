"""Archives that grow when they are opened end in a refusal by name, soon and in little memory."""

from __future__ import annotations

import gzip
import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

import models

pytestmark = pytest.mark.once

SCRIPT: Final = Path(__file__).with_name("bomb_steps.py")
MEMORY: Final = 512 << 20
SECONDS: Final = 60
HEAD: Final = (("No", "Date", "Net"), ("1", "2026-10-05", 1))
SHEET: Final = "xl/worksheets/sheet1.xml"
LAUGHS: Final = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><sst><si><t>&c;</t></si></sst>'


def far_cell() -> str:
    return (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1"><v>1</v></c></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    )


def lying(data: bytes, name: str, size: int) -> bytes:
    """Return an archive whose list says that a member has another size."""
    at = data.rindex(name.encode()) - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]


def crowded(data: bytes, count: int) -> bytes:
    """Return an archive that lists its last member very often."""
    end = data.rindex(b"PK\x05\x06")
    at = data.rindex(b"PK\x01\x02")
    entries = data[:at] + data[at:end] * count
    size = len(entries) - data.index(b"PK\x01\x02")
    return entries + data[end : end + 12] + struct.pack("<I", size) + data[end + 16 :]


@pytest.fixture(scope="module")
def refusals(
    tmp_path_factory: pytest.TempPathFactory,
    workbook: Callable[..., bytes],
    repacked: Callable[..., bytes],
) -> dict[str, str]:
    """Return what a small process says about each payload."""
    folder = tmp_path_factory.mktemp("payloads")
    plain = workbook(Bills=HEAD)
    zeros = bytes(16 << 20)
    payloads = {
        "plain": plain,
        "ratio": repacked(plain, {"xl/media/image1.png": zeros}),
        "sheet": repacked(plain, {SHEET: b"<a>" + zeros.replace(b"\0", b" ") + b"</a>"}),
        "lying": lying(repacked(plain, {"xl/i.png": zeros}), "xl/i.png", 10),
        "nested": repacked(plain, {"xl/embeddings/book.bin": plain}),
        "crowded": crowded(plain, 200_000),
        "overlapping": crowded(repacked(plain, {"z.bin": bytes(800 << 10)}), 400),
        "entities": repacked(plain, {"xl/sharedStrings.xml": LAUGHS}),
        "wide": repacked(plain, {SHEET: far_cell()}),
        "gzip": gzip.compress(zeros),
        "cut": plain[:-30],
        "torn": plain[: len(plain) // 2] + bytes(64) + plain[len(plain) // 2 + 64 :],
    }
    for name, data in payloads.items():
        (folder / name).write_bytes(data)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(models.__file__).parents[1])}
    command = [sys.executable, "-B", "-P", str(SCRIPT), str(folder), str(MEMORY), str(SECONDS)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert {name for name, *_ in lines} == set(payloads), done.stderr
    assert max(float(seconds) for _, seconds, _ in lines) < SECONDS / 6
    return {name: said for name, _, said in lines}


@pytest.mark.failure("H11")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("plain", "read"),
        ("ratio", "holds more than 300 times its own size, as no bill does"),
        ("sheet", "holds more than 300 times its own size, as no bill does"),
        ("lying", "holds more than 300 times its own size, as no bill does"),
        ("nested", "holds another archive, 'xl/embeddings/book.bin'; remove what is embedded"),
        ("crowded", "is an archive of 200008 parts, as no workbook is"),
        ("entities", "holds a document type declaration, as no workbook does"),
        (
            "wide",
            (
                "has cells as far as row 1048576 and column 16384, more than 4000000 in all; "
                "deliver one file a month"
            ),
        ),
        ("gzip", "is gzip; unpack it"),
        ("cut", "is not a readable workbook: File is not a zip file; save it again"),
    ],
)
def test_a_bomb_is_refused_by_name_soon_and_in_little_memory(
    refusals: dict[str, str], name: str, said: str
) -> None:
    assert refusals[name] == said


@pytest.mark.failure("H11")
def test_parts_that_lie_over_each_other_are_counted_each_time(refusals: dict[str, str]) -> None:
    assert refusals["overlapping"] in {
        "has the part 'z.bin' twice; save it again",
        "holds more than 300 times its own size, as no bill does",
    }


def test_a_workbook_with_a_torn_part_is_refused(refusals: dict[str, str]) -> None:
    assert refusals["torn"].startswith("is not a readable workbook: ")
    assert refusals["torn"].endswith("; save it again")
