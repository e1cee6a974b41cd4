"""Pin what is installed: `write` the files in requirements/, or `check` that they are current."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "requirements"
OPTIONS: Final = ("--quiet", "--universal", "--generate-hashes", "--no-header", "--no-annotate")
CLOUDS: Final = ("azure", "gcp")
EXTRAS: Final = {"clouds": CLOUDS, "dev": CLOUDS, "cluster": ("cluster",)}
PYTHON: Final = {
    "validator": "3.12",
    "converter": "3.12",
}  # the oldest that a file is for; 3.11 elsewhere
HINT: Final = "run `make rebuild-requirements` and commit what it changes"

# file: (what it is made from, whose pins it must agree with); in the order they are made
LOCKS: Final = {
    "base": (("pyproject.toml",), ()),
    "build": (("requirements/build.in",), ()),
    "clouds": (("pyproject.toml",), ("base",)),
    "dev": (("pyproject.toml", "requirements/dev.in"), ("base", "build", "clouds")),
    "cluster": (("pyproject.toml",), ("base", "dev")),
    "servers": (("requirements/servers.in",), ("dev", "cluster")),
    "bench": (("requirements/bench.in",), ("dev",)),
    "mutation": (("requirements/mutation.in",), ("dev",)),
    "older": (("requirements/older.in",), ()),
    "lock": (("requirements/lock.in",), ()),
    "converter": (("requirements/converter.in",), ()),
    "validator": (("requirements/validator.in",), ()),
}


def wanted(source: str, root: Path = ROOT) -> list[str]:
    """Return the requirements a file states, without comments and order."""
    text = (root / source).read_text(encoding="utf-8")
    if source == "pyproject.toml":
        project = tomllib.loads(text)["project"]
        return sorted(sum(project["optional-dependencies"].values(), project["dependencies"]))
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return sorted(line for line in lines if line)


def digest(name: str, root: Path = ROOT) -> str:
    """Return a hash of all that a pinned file depends on."""
    sources, constraints = LOCKS[name]
    stated = [line for source in sources for line in wanted(source, root)]
    pins = [(root / "requirements" / f"{other}.txt").read_text("utf-8") for other in constraints]
    return hashlib.sha256("\n".join([*stated, *pins]).encode()).hexdigest()


def header(name: str, root: Path = ROOT) -> str:
    """Return the first lines of a pinned file."""
    made_from = ", ".join(LOCKS[name][0])
    return (
        f"# Made from {made_from} by `make rebuild-requirements`.\n# inputs {digest(name, root)}\n"
    )


def stale(root: Path = ROOT) -> list[str]:
    """Return one line for each pinned file that does not belong to its inputs."""
    return [
        f"requirements/{name}.txt is not made from the present {', '.join(LOCKS[name][0])}; {HINT}"
        for name in LOCKS
        if not (root / "requirements" / f"{name}.txt")
        .read_text("utf-8")
        .startswith(header(name, root))
    ]


def write(uv: str, *options: str) -> None:
    """Make every pinned file anew; pins that still fit are kept unless `--upgrade` is given."""
    for name, (sources, constraints) in LOCKS.items():
        output = FOLDER / f"{name}.txt"
        python = f"--python-version={PYTHON.get(name, '3.11')}"
        extras = [f"--extra={extra}" for extra in EXTRAS.get(name, ())]
        agree = [f"--constraints=requirements/{other}.txt" for other in constraints]
        subprocess.run(
            [
                uv,
                "pip",
                "compile",
                *OPTIONS,
                python,
                *agree,
                *extras,
                *options,
                f"--output-file={output}",
                *sources,
            ],
            cwd=ROOT,
            check=True,
        )
        output.write_text(header(name) + output.read_text("utf-8"), encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Do what the first argument says."""
    match arguments:
        case ["write", uv, *options]:
            write(uv, *options)
            return 0
        case ["check"]:
            complaints = stale()
            print("\n".join(complaints) or "requirements are current")
            return 1 if complaints else 0
        case _:
            print("usage: requirements.py check | write UV [--upgrade]")
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
