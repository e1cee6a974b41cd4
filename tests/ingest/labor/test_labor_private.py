from __future__ import annotations

import json
import os
from typing import Any

import pytest

from ingest.labor.card import load as load_card
from ingest.labor.people import load as load_people
from models.errors import SourceError

SHORT = "rates.yaml"
ROLE = "[{valid_from: 2026-01, monthly: 4321}]"


@pytest.fixture
def full(office: Any) -> Any:
    """Return an office that has every confidential file."""
    office.given |= {"people": "people.yaml", "key_file": "key"}
    office.secret("people.yaml", "people:\n  ann@example.org: lead\n  Bob Bright: reviewer\n")
    office.secret("key", "0123456789abcdef0123456789abcdef\n")
    office.rows("2026-02-05,P,,ANN@example.org,1", "2026-02-05,P,,Bob  Bright,1")
    return office


def test_people_have_the_role_that_the_file_gives_them(full: Any) -> None:
    assert full.hours() == {("2026-02", "P", "lead"): 1, ("2026-02", "P", "reviewer"): 1}

    full.secret("people.yaml", "people: {ann@example.org: reviewer}\n")

    assert full.hours() == {("2026-02", "P", "reviewer"): 1}
    said = "tells no single role; give the person of this row one in the file `people`"
    assert full.told() == [f"rejected: Role: sheet.csv, row 2: {said}"]


@pytest.mark.failure("M12")
@pytest.mark.parametrize("name", ["rates.yaml", "people.yaml", "key"])
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o601])
def test_a_confidential_file_that_others_may_read_is_not_used(
    name: str, mode: int, full: Any
) -> None:
    path = full.home / name
    path.chmod(mode)

    error = full.error()

    assert error.state == "forbidden"
    assert str(error) == (
        f"timesheets: {path}: has mode {mode:04o}, so others may read it; run `chmod 600 {path}`"
    )


@pytest.mark.failure("M20")
@pytest.mark.parametrize("name", ["rates.yaml", "people.yaml", "key"])
def test_a_confidential_file_is_a_regular_file(name: str, full: Any) -> None:
    path = full.home / name
    path.rename(full.home / "elsewhere")

    assert str(full.error()) == f"timesheets: {path}: is not there; see docs/labor.md"
    path.symlink_to(full.home / "elsewhere")
    said = f"timesheets: {path}: is no regular file; put the file itself there"
    assert str(full.error()) == said
    path.unlink()
    os.mkfifo(path, 0o600)
    assert str(full.error()) == said


@pytest.mark.failure("M11")
@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f"currency: USD\nroles: {{r: {ROLE}, r: {ROLE}}}\n", "2:"),
        ("currency: USD\nroles: {r: [{valid_from: 2026-01, monthly: -4321}]}\n", "2:"),
        ("currency: USD\nroles: {r: [{valid_from: 2026-01, monthly: '4.321,00'}]}\n", "2:"),
        ("currency: USD\nroles: {r: [{valid_from: 2026-01, mothly: 4321}]}\n", "2:"),
        ("currency: USD\nroles: {r: [{valid_from: 4321, monthly: 4321}]}\n", "2:"),
        ("currency: 4321\nroles: {}\n", "1:"),
        ("roles: [4321\n", "2:"),
        (
            "currency: USD\nroles: {r: [{valid_from: 2026-01, monthly: 1, band_midpoint: 4321}]}\n",
            "2:",
        ),
        ("currency: USD\nroles: {r: [{valid_from: 2026-01, monthly: 1, overhead: 4321}]}\n", "2:"),
    ],
)
def test_a_mistake_in_the_rates_is_told_without_a_rate(text: str, place: str, office: Any) -> None:
    path = office.secret("rates.yaml", text)

    with pytest.raises(SourceError) as caught:
        load_card("timesheets", path)

    assert str(caught.value).startswith(f"timesheets: {path}:{place}")
    assert "cannot be read; write `currency: USD` and under `roles:`" in str(caught.value)
    assert "4321" not in repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        (f"{{r: {ROLE}, R: {ROLE}}}", "has one role twice, capitals or not; remove one"),
        (f"{{Other_Roles: {ROLE}}}", "has a role other_roles, which stands for roles of few"),
        (
            "{r: [{valid_from: 2026-01, monthly: 4321}, {valid_from: 2026-01, monthly: 4322}]}",
            "has two rates of role 'r' valid from one month; remove one",
        ),
    ],
)
def test_rates_that_contradict_each_other_are_refused(roles: str, said: str, office: Any) -> None:
    path = office.secret("rates.yaml", f"currency: USD\nroles: {roles}\n")

    with pytest.raises(SourceError) as caught:
        load_card("timesheets", path)

    assert str(caught.value).startswith(f"timesheets: {path}: {said}")
    assert "432" not in str(caught.value)


@pytest.mark.failure("M11")
@pytest.mark.parametrize(
    "text",
    [
        "people: {ann@example.org: lead, ann@example.org: lead}\n",
        "people: [ann@example.org]\n",
        "people: {ann@example.org: [lead]}\n",
        "peple: {ann@example.org: lead}\n",
        "people: {ann@example.org: lead\n",
        "people: {ann@example.org: !x lead}\n",
        "people: {ann@example.org: lead, ANN@example.org: lead}\n",
    ],
)
def test_a_mistake_in_the_file_of_people_names_nobody(text: str, full: Any) -> None:
    full.secret("people.yaml", text)

    with pytest.raises(SourceError) as caught:
        load_people("timesheets", full.source.settings, full.home)

    assert f"timesheets: {full.home}/people.yaml:" in str(caught.value)
    assert "ann" not in str(caught.value).lower().replace(str(full.home), "").replace("cannot", "")
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_short_key_is_refused_and_not_shown(full: Any) -> None:
    full.secret("key", "hunter2\n")

    said = str(full.error())

    assert said.endswith("key: is shorter than 32 characters; `openssl rand -hex 32` makes one")
    assert "hunter2" not in said


def test_rates_people_and_key_are_in_no_representation(full: Any) -> None:
    full.given |= {"key": "hunter2hunter2hunter2hunter2hunter2"}
    del full.given["key_file"]
    source = full.source
    card = load_card("timesheets", full.home / "rates.yaml")
    people = load_people("timesheets", source.settings, full.home)

    seen = f"{source!r} {source.settings!r} {card!r} {people!r} {source.fingerprint}"

    assert source._card.currency == "USD"
    for secret in ("hunter2", "16000", "4800", "ann@", "Bob"):
        assert secret not in seen


def test_a_trace_is_of_one_month_and_one_project(full: Any) -> None:
    full.rows(
        "2026-02-05,P,lead,ann@example.org,1",
        "2026-02-06,P,lead,Ann@Example.org,1",
        "2026-02-06,Q,lead,ann@example.org,1",
        "2026-03-06,P,lead,ann@example.org,1",
        "2026-03-06,P,reviewer,Bob Bright,1",
    )
    found = [line for each in full.deliveries() for line in full.document(each).splitlines()[1:]]

    first, second, *others = (line.split(",")[-3] for line in found)
    assert first == second
    assert len({first, *others}) == 4
    assert all(len(trace) == 32 for trace in (first, *others))

    full.secret("key", "another key of at least 32 characters\n")
    again = [line for each in full.deliveries() for line in full.document(each).splitlines()[1:]]
    assert not {line.split(",")[-3] for line in again} & {first, *others}


def test_unapproved_and_rejected_entries_leave_no_trace_of_anybody(full: Any) -> None:
    full.given["columns"] |= {"approved": "Role"}
    del full.given["columns"]["role"]
    full.rows("2026-02-05,P,No,ann@example.org,1", "2026-02-05,P,Yes,Carl,1")

    (delivery,) = full.deliveries()

    assert [line.split(",")[-3] for line in full.document(delivery).splitlines()[1:]] == ["", ""]
    assert json.loads(delivery.table)["originals"] == []
