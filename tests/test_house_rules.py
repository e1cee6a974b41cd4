"""Rules of this house that no linter has; each finding says what to do instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

import pytest

pytestmark = pytest.mark.once

# what comes from outside the process: its values are arguments everywhere but in the shell
CLOCKS: Final = {"datetime": {"now", "today", "utcnow"}, "date": {"today"}}
OUTSIDE: Final = {
    "os": {"environ", "environb", "getcwd", "getenv"},
    "Path": {"cwd", "home"},
    "sys": {"argv"},
    "time": {"ctime", "gmtime", "localtime", "monotonic", "perf_counter", "time", "time_ns"},
    "uuid": {"uuid1", "uuid4"},
}

DRAWINGS: Final = ("reconcile/report/charts.py", "reconcile/report/marks.py")

# binary doubles: where they enter from files, and where they leave as drawings
DOUBLES: Final = ("ingest/column.py", "ingest/gcp/", "ingest/sources/", *DRAWINGS)

# a provider's name belongs to its own files, and to examples
EXAMPLES: Final = ("scheduler/demo/", "scheduler/starter.py")
PLACES: Final = ("ingest/bucket.py", "ingest/depot.py")  # which of them an address means
AWS: Final = ("ingest/aws/", "ingest/sources/aws_", *PLACES, *EXAMPLES)
GCP: Final = ("ingest/gcp/", "ingest/sources/gcp_", *PLACES, *EXAMPLES)
AZURE: Final = ("ingest/azure/", "ingest/sources/azure_", *PLACES, *EXAMPLES)
PROVIDERS: Final = (
    dict.fromkeys(("amazon", "aws", "cur", "s3"), AWS)
    | dict.fromkeys(("bigquery", "gcp", "google"), GCP)
    | dict.fromkeys(("azure",), AZURE)
    | {"anthropic": ("ingest/vendor/anthropic/", "ingest/sources/anthropic_", *EXAMPLES)}
    | dict.fromkeys(("fireworks", "modal"), ("ingest/vendor/gpu/profile.py",))
    | {"runpod": EXAMPLES}
    | {  # one cloud sells it under this name
        "openai": (
            "ingest/azure/",
            "ingest/vendor/openai/",
            "ingest/sources/openai_",
            *EXAMPLES,
        )
    }
)

# file:function of each place that may catch everything and go on, and why
FENCES: Final = dict[str, str]()

Rule = Callable[[str, ast.Module], Iterator[str]]

TEXT_FORMATS: Final = ("csv", "csv_batched", "json", "ndjson", "excel")
GLOBBED: Final = ("csv", "parquet", "ipc", "ndjson")
GUESSING_SQL: Final = re.compile(
    r"\b(read_csv|sniff_csv)(_auto)?\s*\((?!.*all_varchar\s*=\s*true)"
    r"|\bread_json(_auto)?\s*\((?!.*columns\s*=.*auto_detect\s*=\s*false)",
    re.IGNORECASE | re.DOTALL,
)


@cache
def nodes(tree: ast.Module) -> tuple[ast.AST, ...]:
    """Return every node of a file; each rule looks at all of them."""
    return tuple(ast.walk(tree))


@cache
def words(text: str) -> tuple[str, ...]:
    return tuple(re.split(r"[^a-z0-9]+", text.lower()))


def dotted(node: ast.expr) -> str:
    """Return the last two names of `a.b.c`, or of what a call of it returns."""
    if isinstance(node, ast.Attribute):
        owner = node.value
        return f"{dotted(owner).rpartition('.')[2]}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    return dotted(node.func) if isinstance(node, ast.Call) else ""


def keywords(call: ast.Call) -> dict[str | None, ast.expr]:
    return {keyword.arg: keyword.value for keyword in call.keywords}


def is_false(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and value of each text but docstrings; an f-string is one text with gaps."""
    inner = {
        id(part)
        for node in nodes(tree)
        if isinstance(node, ast.JoinedStr | ast.Expr)
        for part in ast.iter_child_nodes(node)
    }
    for node in nodes(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inner:
            yield node.lineno, node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (part.value for part in node.values if isinstance(part, ast.Constant))
            yield node.lineno, " ".join(map(str, parts))


def names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line and text of each name in the code."""
    for node in nodes(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.alias(name=name):
                yield node.lineno, name
            case ast.ImportFrom(module=str(name)) | ast.keyword(arg=str(name)):
                yield node.lineno, name
            case _:
                pass


def clock_and_environment(path: str, tree: ast.Module) -> Iterator[str]:
    if path.startswith("scheduler/"):
        return
    advice = "only scheduler/ looks outside; take the value as an argument"
    for node in nodes(tree):
        if isinstance(node, ast.Attribute):
            owner, _, name = dotted(node).rpartition(".")
            if name in OUTSIDE.get(owner, ()) or name in CLOCKS.get(owner, ()):
                yield f"{path}:{node.lineno}: {owner}.{name}: {advice}"
        elif isinstance(node, ast.ImportFrom) and node.module in OUTSIDE:
            for alias in node.names:
                if alias.name in OUTSIDE[node.module]:
                    yield f"{path}:{node.lineno}: {node.module}.{alias.name}: {advice}"


def floats(path: str, tree: ast.Module) -> Iterator[str]:
    if path.startswith((*DOUBLES, "scheduler/")):
        return
    advice = "money is Decimal; see models/money.py"
    for node in nodes(tree):
        match node:
            case ast.Call(func=ast.Name(id="float")):
                yield f"{path}:{node.lineno}: float(): {advice}"
            case ast.Attribute(attr="Float32" | "Float64"):
                yield f"{path}:{node.lineno}: {node.attr}: {advice}"
            case ast.Constant(value=float()):
                yield f"{path}:{node.lineno}: {node.value!r} is a binary number: {advice}"
            case _:
                pass
    for line, text in texts(tree):
        if re.search(r"(\bAS |::)(DOUBLE|FLOAT|REAL)\b", text, re.IGNORECASE):
            yield f"{path}:{line}: a cast to a binary number in SQL: {advice}"


def ignored_errors(path: str, tree: ast.Module) -> Iterator[str]:
    advice = "bad rows would vanish; reject them with a reason"
    for node in nodes(tree):
        if not isinstance(node, ast.Call) or dotted(node.func) == "shutil.rmtree":
            continue
        if "ignore_errors" in keywords(node):
            yield f"{path}:{node.lineno}: ignore_errors: {advice}"
    for line, text in texts(tree):
        if "ignore_errors" in text:
            yield f"{path}:{line}: ignore_errors in SQL: {advice}"


def readers(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Yield each call of a reader of tables, with its name."""
    for node in nodes(tree):
        if isinstance(node, ast.Call):
            owner, _, name = dotted(node.func).rpartition(".")
            if owner in {"pl", "polars"} and name.partition("_")[0] in {"read", "scan"}:
                yield name, node


def inference(path: str, tree: ast.Module) -> Iterator[str]:
    for name, call in readers(tree):
        if name.endswith(TEXT_FORMATS) and not is_false(keywords(call).get("infer_schema")):
            yield f"{path}:{call.lineno}: {name} guesses types; say infer_schema=False"
    for line, text in texts(tree):
        if GUESSING_SQL.search(text):
            yield f"{path}:{line}: SQL that guesses types; say all_varchar = true, or columns"


def reads_memory(call: ast.Call) -> bool:
    """Say whether a reader is given bytes, which have no name."""
    first = call.args[0] if call.args else None
    made = dotted(first.func) if isinstance(first, ast.Call) else ""
    return made.rpartition(".")[2] in {"BytesIO", "encode"}


def globbing(path: str, tree: ast.Module) -> Iterator[str]:
    for name, call in readers(tree):
        if not name.endswith(GLOBBED) or reads_memory(call):
            continue
        if not is_false(keywords(call).get("glob")):
            yield f"{path}:{call.lineno}: {name} reads `[` and `*` in a name; say glob=False"


def is_broad(kind: ast.expr | None) -> bool:
    if isinstance(kind, ast.Tuple):
        return any(is_broad(each) for each in kind.elts)
    return kind is None or dotted(kind) in {"Exception", "BaseException"}


def raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def catches_all(node: ast.AST) -> bool:
    if isinstance(node, ast.ExceptHandler):
        return is_broad(node.type) and not raises_again(node)
    is_suppress = isinstance(node, ast.Call) and dotted(node.func).endswith("suppress")
    return is_suppress and any(is_broad(kind) for kind in getattr(node, "args", ()))


def own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Walk a function without the functions inside it."""
    for child in ast.iter_child_nodes(function):
        if not isinstance(child, ast.FunctionDef):
            yield child
            yield from own_nodes(child)


def broad_fences(path: str, tree: ast.Module) -> Iterator[str]:
    for function in nodes(tree):
        if not isinstance(function, ast.FunctionDef | ast.Module):
            continue
        if f"{path}:{getattr(function, 'name', '')}" in FENCES:
            continue
        for node in own_nodes(function):
            if catches_all(node):
                line = getattr(node, "lineno", 0)
                yield f"{path}:{line}: catches everything; name the errors you expect"


def providers(path: str, tree: ast.Module) -> Iterator[str]:
    for line, text in (*names(tree), *texts(tree)):
        for word in words(text):
            if not path.startswith(PROVIDERS.get(word, ("",))):
                yield f"{path}:{line}: {word!r} belongs to its own source; say what is common"


RULES: Final = (
    clock_and_environment,
    floats,
    ignored_errors,
    inference,
    globbing,
    broad_fences,
    providers,
)


def test_no_file_breaks_a_rule_of_the_house(trees: dict[str, ast.Module]) -> None:
    found = [text for path, tree in trees.items() for rule in RULES for text in rule(path, tree)]

    assert not found, "\n".join(found)


def test_each_fence_still_stands(trees: dict[str, ast.Module]) -> None:
    standing = {
        f"{path}:{node.name}"
        for path, tree in trees.items()
        for node in nodes(tree)
        if isinstance(node, ast.FunctionDef) and any(map(catches_all, own_nodes(node)))
    }

    assert set(FENCES) == standing


@pytest.mark.parametrize(
    ("rule", "source", "complaint"),
    [
        (clock_and_environment, "datetime.now(UTC)", "datetime.now: only scheduler/ looks"),
        (clock_and_environment, "dt.date.today()", "date.today"),
        (clock_and_environment, "os.environ['X']", "os.environ"),
        (clock_and_environment, "import os\nos.getenv('X')", "os.getenv"),
        (clock_and_environment, "from os import environ", "os.environ"),
        (clock_and_environment, "from time import monotonic", "time.monotonic"),
        (clock_and_environment, "sys.argv[1]", "sys.argv"),
        (clock_and_environment, "Path.cwd()", "Path.cwd"),
        (floats, "float(text)", "float(): money is Decimal"),
        (floats, "pl.col('x').cast(pl.Float64)", "Float64"),
        (floats, "TAX = 0.19", "0.19 is a binary number"),
        (floats, "q = f'SELECT CAST({name} AS DOUBLE)'", "a cast to a binary number in SQL"),
        (ignored_errors, "pl.scan_csv(path, ignore_errors=True)", "bad rows would vanish"),
        (ignored_errors, "q = 'FROM read_csv(?, ignore_errors = true)'", "in SQL"),
        (inference, "pl.scan_csv(path, glob=False)", "say infer_schema=False"),
        (inference, "pl.read_csv(path, infer_schema=True)", "say infer_schema=False"),
        (inference, "q = 'SELECT * FROM read_csv(?)'", "say all_varchar = true"),
        (inference, "q = f'FROM read_csv_auto({path})'", "say all_varchar = true"),
        (inference, "q = 'FROM read_json(?, all_varchar = true)'", "SQL that guesses types"),
        (inference, "q = 'FROM read_json(?, auto_detect = false)'", "SQL that guesses types"),
        (globbing, "pl.scan_parquet(path)", "say glob=False"),
        (globbing, "pl.read_parquet(path, glob=True)", "say glob=False"),
        (globbing, "pl.scan_csv(path, infer_schema=False)", "say glob=False"),
        (broad_fences, "def f():\n try: g()\n except Exception: pass", "catches everything"),
        (broad_fences, "def f():\n try: g()\n except: return 1", "catches everything"),
        (broad_fences, "try: g()\nexcept (OSError, BaseException): pass", "catches everything"),
        (broad_fences, "def f():\n with suppress(Exception): g()", "catches everything"),
        (providers, "AWS_KEY = 1", "'aws' belongs to its own source"),
        (providers, "def s3_client(): ...", "'s3' belongs"),
        (providers, "x = 'Amazon EC2'", "'amazon' belongs"),
        (providers, "x = f'gcp-{y}'", "'gcp' belongs"),
    ],
)
def test_a_broken_rule_is_found(rule: Rule, source: str, complaint: str) -> None:
    (found,) = rule("models/planted.py", ast.parse(source))

    assert found.startswith("models/planted.py:")
    assert complaint in found


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("scheduler/a.py", "datetime.now(UTC)\nos.environ['X']\nwait(0.5)"),
        ("models/a.py", "completeness.now(project)\nself.time\nos.replace(a, b)"),
        ("models/a.py", '"""Doubles such as 0.1 are read AS DOUBLE from AWS."""\nDecimal("0.1")'),
        ("models/a.py", "shutil.rmtree(folder, ignore_errors=True)"),
        ("ingest/a.py", "pl.scan_csv(path, infer_schema=False, glob=False)"),
        ("models/a.py", "pl.read_parquet(io.BytesIO(body))"),
        ("models/a.py", "pl.read_csv(text.encode(), infer_schema=False)"),
        ("models/a.py", "q = f'FROM read_csv({x}, all_varchar = true)'"),
        ("models/a.py", "q = f'FROM read_json({x}, columns = {y}, auto_detect = false)'"),
        ("models/a.py", "def f():\n try: g()\n except BaseException:\n  undo()\n  raise"),
        ("models/a.py", "try: g()\nexcept (OSError, ValueError): pass"),
        ("ingest/aws/a.py", "AWS = 's3'"),
        ("ingest/bucket.py", "client('s3')"),
        ("models/a.py", "laws = 'gcps'"),
    ],
)
def test_what_keeps_the_rules_is_left_alone(path: str, source: str) -> None:
    tree = ast.parse(source)

    assert not [text for rule in RULES for text in rule(path, tree)]
