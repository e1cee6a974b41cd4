from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.errors import ConfigError, RefusedError
from scheduler.past import texts
from scheduler.past.recording import configuration, versions
from scheduler.past.restoring import recorded, restored
from scheduler.workspace import configured, stores


@pytest.fixture
def year(unlived: Callable[[], Any]) -> Any:
    """Return a project folder that no night has seen."""
    return unlived()


def keep(folder: Path, ledger: Any) -> list[tuple[str, bool]]:
    """Keep the configuration as it is, and return what was new: name, and whether it is there."""
    news = configuration(configured(folder), ledger)
    if news:
        ledger.append(*news)
    return [(each.subject, bool(each.body["hash"])) for each in news]


def test_every_file_is_kept_when_it_changed_and_once_when_it_is_gone(year: Any) -> None:
    with stores(configured(year.folder)) as opened:
        first = keep(year.folder, opened.ledger)
        again = keep(year.folder, opened.ledger)
        year.edit("rates.yaml", "1.08", "1.09")
        edited = keep(year.folder, opened.ledger)
        (year.folder / "plans/bot.yaml").unlink()
        gone = [keep(year.folder, opened.ledger), keep(year.folder, opened.ledger)]
        known = recorded(opened.ledger)

    names = ["plans/bot.yaml", "plans/legal.yaml", "projects.yaml", "rates.yaml", "rules.yaml"]
    assert first == [(name, True) for name in (*names, "trueup.yaml")]
    assert again == []
    assert edited == [("rates.yaml", True)]
    assert gone == [[("plans/bot.yaml", False)], []]
    assert sorted(known) == [*names[1:], "trueup.yaml"]
    assert known["rates.yaml"] == (year.folder / "rates.yaml").read_bytes()


def test_what_a_file_names_is_kept_with_it_and_what_sources_name_is_not(year: Any) -> None:
    settings = configured(year.folder).settings
    year.edit("rules.yaml", "rules:", "include: [teams/more.yaml, 'gone.yaml']\nrules:")
    year.write("teams/more.yaml", "rules: []  # people.yaml is not meant, ../rates.yaml neither\n")
    year.write("teams/people.yaml", "hourly: 1\n")
    year.edit("plans/bot.yaml", "items:", "extends: base.yaml\nitems:\n  sheet: amounts 1.xlsx")
    (year.folder / "plans/amounts 1.xlsx").write_bytes(b"PK\x03\x04\xff")
    year.write("plans/parts/amounts.csv", "a,b\n")
    year.write("plans/base.yaml", '- "parts/amounts.csv"\n- ../rates.yaml\n')
    year.edit("trueup.yaml", "    location: cloud", "    location: teams/people.yaml")

    found = texts.texts(year.folder, settings)

    more = {"teams/more.yaml", "plans/amounts 1.xlsx", "plans/parts/amounts.csv", "plans/base.yaml"}
    plain = {"plans/bot.yaml", "plans/legal.yaml", "projects.yaml", "rates.yaml", "rules.yaml"}
    assert {*found} == more | plain | {"trueup.yaml"}
    for data in found.values():
        assert texts.kept(texts.body(data)) == data


def test_a_variable_is_kept_as_it_is_written_and_need_not_be_set_any_more(
    year: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    year.edit("trueup.yaml", "    location: cloud", "    location: ${CLOUD}")
    monkeypatch.setenv("CLOUD", "cloud")
    project = configured(year.folder)
    found = texts.texts(year.folder, project.settings)
    monkeypatch.delenv("CLOUD")

    then = restored(project, found)

    assert b"${CLOUD}" in found["trueup.yaml"]
    assert [each.name for each in then.sources] == ["cloud", "labels"]
    with pytest.raises(ConfigError, match="variable CLOUD is not set"):
        configured(year.folder)


def test_what_is_restored_says_the_same_and_lives_where_the_project_lives_now(year: Any) -> None:
    found = texts.texts(year.folder, configured(year.folder).settings)
    year.edit("rates.yaml", "1.08", "1.09")
    year.edit(
        "trueup.yaml",
        "workers: 1\n",
        "state: elsewhere\nchannels: [{kind: file, path: a.jsonl}]\n",
    )
    now = configured(year.folder)

    then = restored(now, found)

    assert then.rates.fingerprint != now.rates.fingerprint
    assert then.rules.fingerprint == now.rules.fingerprint
    assert (then.folder, then.state) == (now.folder, now.state)
    assert then.settings.channels == now.settings.channels != ()
    assert then.settings.workers is None
    assert then.rates.file == "rates.yaml"
    assert [plan.file for plan in then.plans] == ["plans/bot.yaml", "plans/legal.yaml"]


def test_texts_that_this_version_refuses_are_named_as_they_were(year: Any) -> None:
    project = configured(year.folder)
    found = texts.texts(year.folder, project.settings)

    with pytest.raises(ConfigError) as error:
        restored(project, {**found, "rates.yaml": b"rate: []\n"})

    assert str(error.value) == "rates.yaml:1:1: rate: unknown key. Did you mean 'rates'?"


def test_a_file_that_was_edited_since_it_was_read_ends_the_run(year: Any) -> None:
    with stores(configured(year.folder)) as opened:
        project = configured(year.folder)
        year.edit("rates.yaml", "1.08", "1.09")
        year.edit("plans/bot.yaml", "amount: 12000.00", "amount: 13000.00")

        with pytest.raises(RefusedError) as error:
            configuration(project, opened.ledger)

    assert str(error.value) == (
        f"{year.folder}: the files of plans, rates were edited since this run read them; "
        "start it again"
    )


def test_versions_are_named_when_they_are_new(year: Any) -> None:
    with stores(configured(year.folder)) as opened:
        first = versions(configured(year.folder), opened.ledger)
        opened.ledger.append(*first)
        again = versions(configured(year.folder), opened.ledger)
        year.edit("rates.yaml", "1.08", "1.09")
        edited = versions(configured(year.folder), opened.ledger)

    kinds = {(each.kind, each.subject) for each in first}
    assert {("rates", "rates.yaml"), ("plan", "bot/1"), ("plan", "legal/1")} <= kinds
    assert again == []
    assert [(each.kind, each.subject) for each in edited] == [("rates", "rates.yaml")]
