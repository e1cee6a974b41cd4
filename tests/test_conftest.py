from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80, 0, 0)])
def test_a_test_cannot_reach_beyond_this_machine(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET

    with socket.socket(family) as client, pytest.raises(pytest.fail.Exception, match="network"):
        client.connect(address)


def test_a_test_cannot_look_up_a_name() -> None:
    with pytest.raises(socket.gaierror, match="do not look up names"):
        socket.create_connection(("bills.example", 443))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_test_can_reach_this_machine(host: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection((host, server.getsockname()[1])) as client,
    ):
        assert client.getpeername()[0] == "127.0.0.1"


def test_no_credential_of_the_machine_is_seen() -> None:
    assert {name for name in os.environ if name.startswith("AWS_")} == {
        "AWS_CONFIG_FILE",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_EC2_METADATA_DISABLED",
    }


def test_files_are_readable_by_all_unless_the_code_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()

    assert (tmp_path / "plain").stat().st_mode & 0o777 == 0o644
