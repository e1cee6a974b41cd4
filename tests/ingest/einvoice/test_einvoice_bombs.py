"""PDFs made to exhaust their reader: each ends in a named refusal or a plain answer, in time.

All that the reader itself survives run in one child under its limits; what kills a child has
one of its own, and we live.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ingest.einvoice import child
from ingest.einvoice.child import Limits
from ingest.einvoice.xml import EinvoiceError

PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources 5 0 R>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
CATALOG = b"<</Type/Catalog/Pages 2 0 R/Names<</EmbeddedFiles 6 0 R>>>>"


def stream(data: bytes, entries: bytes = b"", length: bytes = b"") -> bytes:
    said = length or b"%d" % len(data)
    return b"<</Length " + said + entries + b">>stream\n" + data + b"\nendstream"


def flate(data: bytes, entries: bytes = b"") -> bytes:
    return stream(zlib.compress(data, 9), b"/Filter/FlateDecode" + entries)


def written(change: Mapping[int, bytes], trailer: bytes = b"") -> bytes:
    """Return a PDF of one page with a text and one attached XML, some objects replaced."""
    objects = {
        1: CATALOG,
        2: PAGES,
        3: PAGE,
        4: stream(b"BT /F1 9 Tf (hello) Tj ET"),
        5: b"<</Font<</F1 7 0 R>>>>",
        6: b"<</Names[(a.xml) 8 0 R]>>",
        7: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        8: b"<</Type/Filespec/F(a.xml)/EF<</F 9 0 R>>>>",
        9: stream(b"<a/>", b"/Type/EmbeddedFile"),
        **change,
    }
    body, places = io.BytesIO(), {}
    body.write(b"%PDF-1.7\n")
    for number, content in objects.items():
        places[number] = body.tell()
        body.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = body.tell()
    size = max(objects) + 1
    body.write(b"xref\n0 1\n0000000000 65535 f \n")
    for number, place in places.items():
        body.write(b"%d 1\n%010d 00000 n \n" % (number, place))
    said = trailer.replace(b"START", b"%d" % start)
    body.write(b"trailer\n<</Root 1 0 R/Size %d%s>>\nstartxref\n%d\n%%%%EOF" % (size, said, start))
    return body.getvalue()


def deep_pages() -> bytes:
    tree = {n: b"<</Type/Pages/Count 1/Kids[%d 0 R]>>" % (n + 1) for n in range(10, 5000)}
    return written({2: b"<</Type/Pages/Count 1/Kids[10 0 R]>>", **tree, 5000: PAGE})


def wide_pages() -> bytes:
    """Return pages whose tree is small and whose number has ten digits."""
    tree = {
        n: b"<</Type/Pages/Count 9/Kids[" + b"%d 0 R " % (n + 1) * 10 + b"]>>"
        for n in range(10, 20)
    }
    return written({2: b"<</Type/Pages/Count 9/Kids[10 0 R]>>", **tree, 20: PAGE})


def nested(opening: bytes, closing: bytes) -> bytes:
    return written({5: b"<</Font " + opening * 5_000 + closing * 5_000 + b">>"})


def filters(count: int) -> bytes:
    data = b"<a/>"
    for _ in range(count):
        data = zlib.compress(data)
    return written({9: stream(data, b"/Filter[" + b"/FlateDecode" * count + b"]")})


def bomb(mebibytes: int, text: bytes = b"\0") -> bytes:
    """Return a stream that is a thousand times as large when it is read."""
    machine = zlib.compressobj(1)
    chunk = text * ((1 << 20) // len(text))
    packed = b"".join(machine.compress(chunk) for _ in range(mebibytes)) + machine.flush()
    return stream(packed, b"/Filter/FlateDecode")


def many_files(count: int, mebibytes: int) -> bytes:
    names = b"".join(b"(%d.xml) 8 0 R " % n for n in range(count))
    return written({6: b"<</Names[" + names + b"]>>", 9: bomb(mebibytes)})


def compressed_in_itself() -> bytes:
    """Return a PDF whose cross-reference stream says that an object stream lies in itself."""
    body = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    rows = bytes([0, 0, 0, 255, 1, 0, 9, 0, 2, 0, 3, 0, 2, 0, 3, 0])
    start = len(body)
    table = stream(rows, b"/Type/XRef/W[1 2 1]/Size 4/Root 1 0 R")
    return body + b"4 0 obj\n" + table + b"\nendobj\nstartxref\n%d\n%%%%EOF" % start


def xref_stream_loop() -> bytes:
    body = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    table = stream(bytes(4), b"/Type/XRef/W[1 2 1]/Size 1/Root 1 0 R/Prev %d" % len(body))
    return body + b"4 0 obj\n" + table + b"\nendobj\nstartxref\n%d\n%%%%EOF" % len(body)


def cmap() -> bytes:
    ranges = b"1 begincodespacerange <00> <FF> endcodespacerange\n"
    ranges += b"1 beginbfrange <00000000> <FFFFFFFF> <0000> endbfrange"
    font = b"<</Type/Font/Subtype/Type0/BaseFont/A/Encoding/Identity-H/ToUnicode 20 0 R>>"
    return written({7: font, 20: stream(ranges)})


FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources 5 0 R"
FOUND = [["a.xml", "PGEvPg=="]]  # <a/>
SCRIPT = b"/OpenAction<</S/JavaScript/JS(for\\(;;\\){})>>>>"
DRAWING = {
    4: stream(b"/X Do"),
    5: b"<</XObject<</X 10 0 R>>/Font<</F1 7 0 R>>>>",
    10: stream(b"/X Do /X Do", FORM),
}
COLUMNS = b"/DecodeParms<</Predictor 15/Columns 1000000000>>"
TABLE = b"xref\n0 1\n"
Made = Callable[[], bytes]
# what is attached to each, where it is harmless
ATTACHED: Mapping[str, tuple[Made, object]] = {
    "sound": (lambda: written({}), FOUND),
    "a deep page tree": (deep_pages, None),
    "a wide page tree": (wide_pages, None),
    "pages that are their own parts": (
        lambda: written({2: b"<</Type/Pages/Count 1/Kids[2 0 R 3 0 R]>>"}),
        None,
    ),
    "a table before itself": (lambda: written({}, b"/Prev START"), FOUND),
    "a table stream before itself": (xref_stream_loop, None),
    "a table of billions": (lambda: written({}).replace(TABLE, b"xref\n0 9999999999\n"), None),
    "objects inside themselves": (compressed_in_itself, None),
    "names that are their own parts": (lambda: written({6: b"<</Kids[6 0 R]>>"}), []),
    "an attachment of many megabytes": (lambda: written({9: bomb(24)}), None),
    "five hundred large attachments": (lambda: many_files(500, 20), None),
    "thirty filters": (lambda: filters(30), None),
    "a run-length bomb": (
        lambda: written({9: stream(b"\x81a" * 250_000, b"/Filter/RunLengthDecode")}),
        None,
    ),
    "rows of a billion columns": (lambda: written({9: flate(b"\2" * 99, COLUMNS)}), None),
    "a script that runs on opening": (lambda: written({1: CATALOG[:-2] + SCRIPT}), FOUND),
    "thousands of broken objects": (lambda: b"%PDF-1.7\n" + b"1 0 obj <</A " * 100_000, None),
    "noise": (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 100, None),
}
TEXTS: Mapping[str, tuple[Made, object]] = {
    "a sound text": (lambda: written({}), "hello"),
    "pages above each other": (lambda: written({2: PAGES[:-2] + b"/Parent 2 0 R>>"}), "hello"),
    "nested arrays": (lambda: nested(b"[", b"]"), None),
    "nested dictionaries": (lambda: nested(b"<</A ", b">>"), None),
    "an object that is another that is it": (lambda: written({4: b"10 0 R", 10: b"4 0 R"}), ""),
    "a length that is the stream itself": (
        lambda: written({4: stream(b"BT ET", length=b"4 0 R")}),
        None,
    ),
    "a huge stated length": (lambda: written({4: stream(b"BT ET", length=b"9" * 15)}), None),
    "a text of many megabytes": (lambda: written({4: bomb(24, b"q ")}), None),
    "a text without an end": (lambda: written({4: bomb(8, b"q ")}), ""),
    "a drawing that draws itself": (lambda: written(DRAWING), ""),
    "four billion characters in a font": (cmap, None),
}
BOMBS: Mapping[str, tuple[str, Made, object]] = {
    **{name: ("attached", *each) for name, each in ATTACHED.items()},
    **{name: ("text", *each) for name, each in TEXTS.items()},
}

DRIVER = """
import importlib.util, json, sys, time
spec = importlib.util.spec_from_file_location("worker", WORKER)
worker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(worker)
order = json.loads(sys.stdin.buffer.readline())
worker.limit(order["memory"], order["cpu"], order["output"])
sizes = json.loads(sys.stdin.buffer.readline())
said = {}
for name, (task, size) in sizes.items():
    data = sys.stdin.buffer.read(size)
    said[name] = worker.answer(task, data)
print(json.dumps({"answer": said}))
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """Return what one child under its limits says to all of them."""
    driver = tmp_path_factory.mktemp("driver") / "driver.py"
    driver.write_text(DRIVER.replace("WORKER", repr(str(child.WORKER))))
    made = {name: (task, make()) for name, (task, make, _) in BOMBS.items()}
    sizes = {name: (task, len(data)) for name, (task, data) in made.items()}
    given = json.dumps(sizes).encode() + b"\n" + b"".join(data for _, data in made.values())
    said = child.asked("all", given, Limits(memory=256 << 20, cpu=10), driver)
    assert isinstance(said, dict)
    return said


@pytest.mark.failure("H10")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_in_a_named_refusal_or_a_plain_answer(answers: Any, name: str) -> None:
    said, (_, _, answer) = answers[name], BOMBS[name]

    if answer is None:
        assert said["refusal"].startswith(("is damaged: ", "needs too much memory to read"))
    else:
        assert said == {"answer": answer}


def ending(tmp_path: Path, script: str, limits: Limits) -> str:
    """Return what is said about a file whose reader is a script."""
    reader = tmp_path / "reader.py"
    reader.write_text(script)
    with pytest.raises(EinvoiceError) as caught:
        child.asked("attached", b"%PDF-", limits, reader)
    return caught.value.detail


QUICK = Limits(cpu=1, wall=20)
ENDINGS = {
    "no end": (
        "import resource as r\nr.setrlimit(r.RLIMIT_CPU, (1, 2))\nwhile True: pass",
        QUICK,
        "takes more than 1 s of computing to read",
    ),
    "a wait": ("import time\ntime.sleep(60)", Limits(wall=1), "takes longer than 1 s to read"),
    "a kill": (
        "import os\nos.kill(os.getpid(), 9)",
        Limits(),
        "takes more than 10 s or 512 MiB to read",
    ),
    "a crash": ("import os\nos.abort()", QUICK, "is damaged: its reader died of signal 6"),
    "a fault": ("raise ValueError", QUICK, "is damaged: its reader gave up"),
    "silence": ("", QUICK, "is damaged: its reader gave no answer"),
    "noise": ("print('\\0' * 999)", QUICK, "is damaged: its reader gave no answer"),
    "a list": ("print('[]')", QUICK, "is damaged: its reader gave no answer"),
    "a flood": ("print('x' * 999)", Limits(output=99), "gives more than 99 bytes"),
    "a refusal": ("""print('{"refusal": "is odd"}')""", QUICK, "is odd"),
}


@pytest.mark.failure("H10")
@pytest.mark.parametrize("name", ENDINGS)
def test_however_a_reader_ends_we_live_and_say_why(tmp_path: Path, name: str) -> None:
    script, limits, said = ENDINGS[name]

    assert ending(tmp_path, script, limits) == said


LIMITED = """
import importlib.util, json, os, resource, sys
spec = importlib.util.spec_from_file_location("worker", WORKER)
worker = importlib.util.module_from_spec(spec)
spec.loader.exec_module(worker)
worker.limit(1 << 28, 7, 1 << 20)
kinds = ("AS", "CPU", "FSIZE", "NOFILE", "CORE")
limits = {kind: resource.getrlimit(getattr(resource, "RLIMIT_" + kind))[0] for kind in kinds}
said = {"limits": limits, "leads": os.getsid(0) == os.getpid(), "where": os.getcwd()}
try:
    bytearray(1 << 28)
except MemoryError:
    said["memory"] = "refused"
print(json.dumps({"answer": {**said, "environment": list(os.environ)}}))
"""


@pytest.mark.failure("H10")
def test_a_reader_has_limits_and_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    reader = tmp_path / "reader.py"
    reader.write_text(LIMITED.replace("WORKER", repr(str(child.WORKER))))

    said = child.asked("attached", b"", QUICK, reader)

    assert isinstance(said, dict)
    assert set(said.pop("environment")) <= {"LC_CTYPE"}
    assert said == {
        "limits": {"AS": 1 << 28, "CPU": 7, "FSIZE": 1 << 20, "NOFILE": 64, "CORE": 0},
        "leads": True,
        "where": "/",
        "memory": "refused",
    }
