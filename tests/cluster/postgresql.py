"""A PostgreSQL server of the tests' own, from Debian's package."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

PASSWORD: Final = "canary-secret-in-no-message"
HOMES: Final = "/usr/lib/postgresql"  # where Debian puts the programs, by version


def program(name: str) -> str:
    found = sorted(Path(HOMES).glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    path = str(found[-1]) if found else shutil.which(name)
    assert path, f"{name} is not installed: apt-get install postgresql"
    return path


def run(*command: str) -> None:
    """Run a program of the server, which refuses to be root."""
    user: dict[str, Any] = {}
    if os.getuid() == 0:
        user = {"user": "postgres", "group": "postgres", "extra_groups": ()}
    subprocess.run(command, check=True, capture_output=True, cwd="/", env={"LC_ALL": "C"}, **user)


@contextmanager
def postgresql() -> Iterator[str]:
    """Yield the URL of a new, empty server on loopback; it is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="trueup-pg-"))
    data, secret = folder / "data", folder / "secret"
    secret.write_text(PASSWORD)
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        for path in (folder, secret):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    how = ("--auth=scram-sha-256", "--no-sync", "--encoding=UTF8", "--locale=C")
    run(program("initdb"), "-D", str(data), "-U", "finance", f"--pwfile={secret}", *how)
    try:
        log = str(folder / "log")
        options += " -c max_connections=40 -c shared_buffers=16MB"
        run(program("pg_ctl"), "-D", str(data), "-w", "-l", log, "-o", options, "start")
        yield f"postgresql+psycopg://finance:{PASSWORD}@127.0.0.1:{port}/postgres"
    finally:
        run(program("pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)
