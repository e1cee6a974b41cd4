from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import pytest

from models.channel import FileChannel, WebhookChannel
from models.errors import ConfigError
from models.settings import Settings, load

Written = Callable[[str, str], Path]

LEAST = "name: portfolio\nreporting_currency: USD\n"
HOOK = """\
channels:
- kind: webhook
  url: ${URL}
  secret: ${KEY}
  allow_hosts: [hooks.example.com]
"""


def settings(written: Written, text: str, environment: Mapping[str, str]) -> Settings:
    return load(written("trueup.yaml", LEAST + text).parent, environment)[0]


def said(written: Written, text: str, environment: Mapping[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        settings(written, text, environment)
    return str(caught.value).splitlines()


def test_what_is_left_out_has_a_default(written: Written) -> None:
    found = settings(written, "", {})

    assert found.materiality.model_dump() == {
        "percent": Decimal(5),
        "floor": Decimal(1000),
        "always": Decimal(50000),
        "colour_percent": Decimal(3),
    }
    assert found.completeness.model_dump() == {"percent": Decimal(80), "stale_after_hours": 36}
    assert (found.projects, found.rules, found.rates, found.plans) == (
        "projects.yaml",
        "rules.yaml",
        "rates.yaml",
        "plans/*.yaml",
    )
    assert (found.reports, found.state, found.engine) == ("reports", ".trueup", "local")
    assert (found.schedule.at, found.demo, found.sources, found.channels) == (
        "02:30",
        False,
        {},
        (),
    )


def test_channels_are_told_apart_by_their_kind(written: Written) -> None:
    text = HOOK + "- {kind: file, path: reports/alerts.jsonl}\n"

    hook, file = settings(
        written, text, {"URL": "https://hooks.example.com/T0", "KEY": "k"}
    ).channels

    assert isinstance(hook, WebhookChannel)
    assert hook.url.get_secret_value() == "https://hooks.example.com/T0"
    assert file == FileChannel(kind="file", path="reports/alerts.jsonl")


def test_a_source_keeps_its_own_keys_for_its_kind(written: Written) -> None:
    written("trueup.yaml", LEAST + "sources: {bills: {kind: some_kind, key: '${KEY}', n: 010}}")

    found, tree = load(Path(), {"KEY": "k"})

    assert found.sources == {"bills": {"kind": "some_kind", "key": "k", "n": "010"}}
    assert tree.at("sources", "bills").data == found.sources["bills"]


@pytest.mark.failure("M09")
@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://hooks.example.com/T0", "url must begin with https://"),
        ("ftp://hooks.example.com/T0", "url must begin with https://"),
        ("hooks.example.com/T0", "url must begin with https://"),
        ("http://127.0.0.1/T0", "url must begin with https://"),
        (
            "https://169.254.169.254/T0",
            "url goes to host '169.254.169.254', which allow_hosts does not list; add it",
        ),
        (
            "https://hooks.example.com@evil.example/T0",
            "url goes to host 'evil.example', which allow_hosts does not list; add it",
        ),
        (
            "https://hooks.example.com.evil.example/T0",
            (
                "url goes to host 'hooks.example.com.evil.example', "
                "which allow_hosts does not list; add it"
            ),
        ),
        ("https://[T0", "url is not an address; write https://HOST/PATH"),
    ],
)
def test_a_webhook_goes_to_a_listed_host_and_nowhere_else(
    url: str, message: str, written: Written
) -> None:
    found = said(written, HOOK, {"URL": url, "KEY": "k"})

    assert found == [f"trueup.yaml:4:3: channels.0: {message}"]
    assert "T0" not in found[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_plain_http_is_for_this_machine_and_only_when_it_is_allowed(
    host: str, written: Written
) -> None:
    bare = host.strip("[]")
    text = HOOK.replace("hooks.example.com", f"'{bare}'") + "  allow_http_loopback: true\n"

    (hook,) = settings(written, text, {"URL": f"http://{host}:8080/", "KEY": "k"}).channels

    assert isinstance(hook, WebhookChannel)
    assert said(
        written,
        text.replace("true", "false"),
        {"URL": f"http://{host}:8080/", "KEY": "k"},
    ) == ["trueup.yaml:4:3: channels.0: url must begin with https://"]


def test_allowing_http_on_this_machine_allows_it_nowhere_else(written: Written) -> None:
    found = said(
        written,
        HOOK + "  allow_http_loopback: true\n",
        {"URL": "http://hooks.example.com/", "KEY": "k"},
    )

    assert found == ["trueup.yaml:4:3: channels.0: url must begin with https://"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("engin: local", "3:1: engin: unknown key. Did you mean 'engine'?"),
        ("engine: dask", "3:9: engine: 'dask' is not possible. Possible: local, ray"),
        ("workers: 0", "3:10: workers: '0': input should be greater than or equal to 1"),
        (
            "storage: {location: bills/here}",
            (
                "3:21: storage.location: 'bills/here' is not the address of a bucket; "
                "write SCHEME://BUCKET/PREFIX"
            ),
        ),
        (
            "ledger: postgresql+psycopg://finance:hunter2@db/trueup",
            "3:9: ledger: write ${NAME}, and put the URL, which is a secret, into that variable",
        ),
        (
            "reports: ../x",
            "3:10: reports: '../x' leaves the project folder; write a path inside it",
        ),
        ("state: /var/x", "3:8: state: '/var/x' leaves the project folder; write a path inside it"),
        ("plans: ''", "3:8: plans: '' leaves the project folder; write a path inside it"),
        (
            "schedule: {at: '2:30'}",
            "3:16: schedule.at: '2:30' is not a time; write HH:MM in UTC, for example 02:30",
        ),
        (
            "schedule: {at: '24:00'}",
            "3:16: schedule.at: '24:00' is not a time; write HH:MM in UTC, for example 02:30",
        ),
        (
            "materiality: {percent: 500}",
            "3:24: materiality.percent: 500 is above 100 percent",
        ),
        (
            "materiality: {floor: 1 000}",
            (
                "3:22: materiality.floor: '1 000' is not a number; "
                "write without separators, for example 1200.50"
            ),
        ),
        (
            "channels: [{kind: fax}]",
            "3:12: channels.0: 'fax' is not possible. Possible: file, webhook",
        ),
        ("channels: [{kind: file}]", "3:12: channels.0: missing key 'path'"),
        (
            "channels: [{kind: file, path: a, paht: b}]",
            "3:34: channels.0.paht: unknown key. Did you mean 'path'?",
        ),
        ("sources: {bills: {folder: x}}", "3:18: sources.bills: missing key 'kind'"),
        (
            "sources: {bills: {knd: x}}",
            "3:19: sources.bills.knd: unknown key. Did you mean 'kind'?",
        ),
        ("sources: {bills: {kind: [x]}}", "3:18: sources.bills: kind must be text"),
        (
            "sources: {../bills: {kind: x}}",
            (
                "3:21: sources.../bills: '../bills' is not a name of a source; "
                "use letters, digits, '-', '_' and '.'"
            ),
        ),
        (
            "rules: '${RULES}'",
            "3:8: rules: '${RULES}': variables belong into sources, channels, storage, ledger",
        ),
        (
            "channels: [{kind: file, path: '${GONE}'}]",
            "3:31: channels.0.path: variable GONE is not set; set it, or write ${GONE:-default}",
        ),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(
    text: str, message: str, written: Written
) -> None:
    assert said(written, text, {}) == [f"trueup.yaml:{message}"]


@pytest.mark.parametrize("key", ["''", "' '"])
def test_an_empty_key_would_sign_nothing(key: str, written: Written) -> None:
    text = HOOK.replace("${KEY}", key)

    assert said(written, text, {"URL": "https://hooks.example.com/"}) == [
        "trueup.yaml:6:11: channels.0.secret: is empty; it signs every message"
    ]


@pytest.mark.failure("M11")
def test_no_secret_is_in_what_settings_print(written: Written) -> None:
    text = HOOK + "sources: {a: {kind: x, key: '${KEY}'}}\n"

    found = load(
        written("trueup.yaml", LEAST + text).parent,
        {"URL": "https://hooks.example.com/canary", "KEY": "canary"},
    )

    assert "canary" not in repr(found)
    assert "canary" not in str(found[0])
    assert found[0].sources["a"]["key"] == "canary"


def test_a_project_folder_without_settings_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, {})

    assert str(caught.value) == (
        f"{tmp_path}/trueup.yaml:1:1: file not found; create it, or `trueup init` for an example"
    )


def test_the_ledger_is_where_a_variable_says_and_nothing_prints_it(written: Written) -> None:
    text = "ledger: ${TRUEUP_LEDGER}\nstorage: {location: '${PLACE}'}\n"
    url = "postgresql+psycopg://finance:canary@db/trueup"

    found = settings(written, text, {"TRUEUP_LEDGER": url, "PLACE": "s3://acme/trueup"})

    assert found.ledger is not None
    assert found.ledger.get_secret_value() == url
    assert found.storage is not None
    assert found.storage.location == "s3://acme/trueup"
    assert "canary" not in repr(found)
