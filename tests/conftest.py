"""What holds for every test: no network, no settings of the machine, one clock zone."""

from __future__ import annotations

import ast
import gc
import importlib.util
import ipaddress
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import hypothesis
import pytest

# before anything asks for the zone; CI sets another one to show that it does not matter
os.environ.setdefault("TZ", "UTC")
time.tzset()

hypothesis.settings.register_profile(
    "trueup", deadline=None, max_examples=50, print_blob=True, derandomize="CI" in os.environ
)
hypothesis.settings.load_profile("trueup")
# `make mutation`: the same few examples for each change; a counterexample need not be small
hypothesis.settings.register_profile(
    "mutation",
    deadline=None,
    max_examples=15,
    derandomize=True,
    phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
)

# what a developer's shell may hold and a test must not depend on
FOREIGN: Final = ("AWS_", "TRUEUP_", "POLARS_", "NO_COLOR", "FORCE_COLOR", "COLUMNS", "PYTHONPATH")


Address = tuple[Any, ...] | str | bytes
Connect = Callable[[socket.socket, Address], int | None]


def is_number(host: str) -> bool:
    """Say whether an address needs no look-up; `127.1` and `2130706433` are numbers too."""
    try:
        socket.inet_pton(socket.AF_INET6, host) if ":" in host else socket.inet_aton(host)
    except OSError:
        return False
    return True


def is_local(family: int, address: Address) -> bool:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return True
    try:
        return ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return address[0] == "localhost"


def guarded(connect: Connect) -> Connect:
    def local_connect(self: socket.socket, address: Address) -> int | None:
        if not is_local(self.family, address):
            pytest.fail(f"a test reached for the network: {address!r}")
        return connect(self, address)

    return local_connect


def guarded_lookup(lookup: Callable[..., object]) -> Callable[..., object]:
    def local_lookup(host: str | bytes | None, *args: object, **kwargs: object) -> object:
        text = host.decode() if isinstance(host, bytes) else host
        if text and text != "localhost" and not is_number(text):
            raise socket.gaierror(socket.EAI_NONAME, f"tests do not look up names: {text!r}")
        return lookup(host, *args, **kwargs)

    return local_lookup


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what wants the whole demo as a long proof, so that the demo is made once."""
    for item in items:
        if "told_demo" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.once)


def pytest_collection_finish() -> None:
    """Let the collector of garbage look no more at what stays to the end: all that was imported."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish() -> None:
    gc.unfreeze()


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", guarded(socket.socket.connect))
    monkeypatch.setattr(socket.socket, "connect_ex", guarded(socket.socket.connect_ex))
    monkeypatch.setattr(socket, "getaddrinfo", guarded_lookup(socket.getaddrinfo))


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(FOREIGN):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(autouse=True)
def _loose_umask() -> Iterator[None]:
    """Make files world-readable by default, so that a private mode is our code's doing."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def trees(root: Path) -> dict[str, ast.Module]:
    """Return the syntax tree of every file of the four packages, by path."""
    packages = ("ingest", "models", "reconcile", "scheduler")
    files = (path for name in packages for path in (root / name).rglob("*.py"))
    return {path.relative_to(root).as_posix(): ast.parse(path.read_text("utf-8")) for path in files}


@pytest.fixture(scope="session")
def script(root: Path) -> Callable[[str], ModuleType]:
    """Import a file of .ci, which is no package."""

    def imported(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(f"_ci_{name}", root / ".ci" / f"{name}.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look their module up
        spec.loader.exec_module(module)
        return module

    return imported


@pytest.fixture(scope="session")
def told_demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the demo as `trueup demo` makes it, and what it printed; not to be changed."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    command = [sys.executable, "-m", "scheduler", "-q", "demo", "--dir", str(folder)]
    done = subprocess.run(
        [*command, "--today", "2026-11-22"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.fixture(scope="session")
def played_store() -> Iterator[str]:
    """Return the address of an object store that is played, in this process."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - few tests want it, and it is large

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def postgresql_server(root: Path) -> Iterator[str]:
    """Return the URL of a PostgreSQL server of our own; only for tests marked `server`."""
    path = root / "tests" / "cluster" / "postgresql.py"
    spec = importlib.util.spec_from_file_location("_postgresql", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with module.postgresql() as url:
        yield url


@pytest.fixture
def postgresql(postgresql_server: str, request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty schema of that server."""
    import psycopg  # noqa: PLC0415 - an extra

    schema = f"t{abs(hash(request.node.nodeid)):x}"
    with psycopg.connect(postgresql_server.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    return f"{postgresql_server}?options=-csearch_path%3D{schema}"
