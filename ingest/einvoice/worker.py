"""The child process that opens PDFs; run as a script, under limits that it sets itself first.

It imports nothing of ours and needs no environment. From standard input it reads a line of
JSON, the order, and then the PDF; to standard output it writes one JSON object, the answer.
"""

from __future__ import annotations

import base64
import io
import json
import resource
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Final

MAX_FILES: Final = 500
MAX_PAGES: Final = 200
MAX_NAME: Final = 200  # characters
DAMAGED: Final = "is damaged"
OPEN_FILES: Final = 64  # what its own imports need, and no more
# limits of the library that an invoice does not need as wide as they are
LARGEST: Final = 25_000_000  # bytes of one stream
NARROWER: Final[Mapping[str, Any]] = {
    "page_tree_maximum_entries": 10_000,
    "zlib_maximum_output_length": LARGEST,
    "lzw_maximum_output_length": LARGEST,
    "run_length_maximum_output_length": LARGEST,
    "stream_parsing_work_maximum_count": 500_000,
    "jbig2dec_binary": None,  # no other program is run
}

Reader = Any  # pypdf.PdfReader, which is imported under the limits


class Refusal(Exception):  # noqa: N818 - it is an answer
    """What is wrong with the PDF, in words for a person."""


def attached(reader: Reader) -> list[tuple[str, str]]:
    """Return name and content, in base64, of the XML files inside; no other is opened."""
    return list(_files(reader))


def _files(reader: Reader) -> Iterator[tuple[str, str]]:
    for each in islice(reader.attachment_list, MAX_FILES):
        name = str(each.alternative_name or each.name)
        if name.casefold().endswith(".xml"):
            yield name[-MAX_NAME:], base64.b64encode(each.content).decode()


def text(reader: Reader) -> str:
    """Return the text of all pages, a form feed between two."""
    if len(reader.pages) > MAX_PAGES:
        raise Refusal(f"has {len(reader.pages)} pages, more than {MAX_PAGES}")
    return "\f".join(page.extract_text() for page in reader.pages)


TASKS: Final[Mapping[str, Callable[[Reader], Any]]] = {"attached": attached, "text": text}


def answer(task: str, data: bytes) -> dict[str, Any]:
    """Return the answer of a task, or why there is none.

    Whatever else a hostile file makes the library raise ends the process, which says
    as much.
    """
    from pypdf import PdfReader, apply_configuration  # noqa: PLC0415 - under the limits
    from pypdf.errors import PyPdfError  # noqa: PLC0415

    try:
        with apply_configuration(**NARROWER):
            return {"answer": TASKS[task](_readable(PdfReader(io.BytesIO(data))))}
    except Refusal as refusal:
        return {"refusal": str(refusal)}
    except PyPdfError as error:
        return {"refusal": f"{DAMAGED}: {_plain(str(error))}"}
    except RecursionError:
        return {"refusal": f"{DAMAGED}: it nests without end"}
    except MemoryError:
        return {"refusal": "needs too much memory to read"}


def _readable(reader: Reader) -> Reader:
    if reader.is_encrypted:
        raise Refusal("is encrypted; ask the vendor for one without a password")
    if not reader.pages:
        raise Refusal("has no pages")
    return reader


def _plain(message: str) -> str:
    """Return a message, which may quote the file, as one short line."""
    said = " ".join(message.split())
    return "".join(each if each.isprintable() else "?" for each in said)[:MAX_NAME]


def limit(memory: int, cpu: int, output: int) -> None:
    """Take away from this process what it does not need; there is no way back.

    Args:
        memory: Bytes of address space.
        cpu: Seconds of computing.
        output: Bytes that a file may grow to.
    """
    wanted = {
        resource.RLIMIT_AS: (memory, memory),
        resource.RLIMIT_CPU: (cpu, cpu + 1),  # the first ends it with a name
        resource.RLIMIT_FSIZE: (output, output),
        resource.RLIMIT_NOFILE: (OPEN_FILES, OPEN_FILES),
        resource.RLIMIT_CORE: (0, 0),
    }
    for kind, most in wanted.items():
        resource.setrlimit(kind, most)


def main() -> None:
    """Read an order and a PDF, and write the answer."""
    order = json.loads(sys.stdin.buffer.readline())
    limit(order["memory"], order["cpu"], order["output"])
    # nothing encrypted is read, and these imports are half of the start
    sys.modules["cryptography"] = None  # type: ignore[assignment]
    said = json.dumps(answer(order["task"], sys.stdin.buffer.read()))
    sys.stdout.write(said)


if __name__ == "__main__":
    main()
