"""Each billing month counts by a version of the rules: pinned when closed, current when open."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ingest.closing import Pins, close
from ingest.restatement import restatements
from models.beside import BESIDE
from models.errors import RefusedError, StoreError
from models.ledger import Entry
from models.period import Month, between
from models.rule.file import load as load_rules
from scheduler import beside, claiming, reallocating, version
from scheduler.attributing import Attribution
from scheduler.progress import Quiet
from scheduler.reload import buildable, files, reload
from scheduler.retention import prunable, prune
from scheduler.rounds import asked
from scheduler.runs import clusters
from scheduler.spending import spent
from scheduler.version import entries, of_last_run, present, recorded, versions
from scheduler.workspace import stores

HEAD = "rules:\n"
BY_TAG = '  - {id: by-tag, when: {tag.project: "*"}, to: {project: "{tag.project}"}}\n'
ALL_LABOR = '  - {id: labor, when: {source: "*"}, to: {category: labor}}\n'
TWO = "projects:\n  - {id: p}\n  - {id: q}\n"
ALIAS = "projects:\n  - {id: p}\n  - {id: q, aliases: [loose]}\n"
SHARED = """\
rules:
  - {id: by-tag, when: {tag.project: "*"}, to: {project: "{tag.project}"}}
  - {id: rest, when: {source: "*"}, to: {split: pool}}
splits:
  - id: pool
    fixed: {p: 50, q: 50}
"""
OCTOBER = [("10", "I", "2026-10-05", "p"), ("4", "I", "2026-10-06", "loose")]
NOVEMBER = [("20", "I", "2026-11-05", "p"), ("6", "I", "2026-11-06", "loose")]

EDITS = {
    "rule": {"rules": HEAD + ALL_LABOR + BY_TAG},
    "another order": {"rules": HEAD + '  - {id: all, when: {source: "*"}, to: {project: q}}\n'},
    "alias": {"projects": ALIAS},
    "rename": {"projects": "projects:\n  - {id: p, name: Papa, aliases: [loose]}\n  - {id: q}\n"},
    "merger": {
        "projects": "projects:\n  - {id: p, merged: {into: q, on: 2026-10-01}}\n  - {id: q}\n"
    },
    "split": {"rules": SHARED},
}


def tell(life: Any) -> None:
    life.edit(HEAD + BY_TAG, TWO)
    life.night("2026-12-01", OCTOBER, "2026-10")
    life.night("2026-12-02", NOVEMBER, "2026-11")
    life.counted()
    life.close()


@pytest.fixture
def two(after: Any) -> Any:
    """Return a life of two months; the first is closed, by rules that look at the tag alone."""
    return after(tell)


def by_month(spend: pl.DataFrame) -> dict[str, dict[str, Decimal]]:
    """Return what each project and category bears, by month of the charges."""
    sums = spend.group_by(pl.col("day").dt.strftime("%Y-%m"), "project", "category").agg(
        pl.col("tco_cost").sum()
    )
    found: dict[str, dict[str, Decimal]] = {}
    for month, project, category, amount in sums.iter_rows():
        found.setdefault(month, {})[f"{project} {category}"] = amount
    return found


def spend_files(life: Any) -> dict[str, bytes]:
    """Return the spend files that figures are made of."""
    mine = files(life.project, life.stores)
    return {path.name: path.read_bytes() for path in mine if path.parent.name == "spend"}


def of(found: dict[str, bytes], life: Any, month: str) -> dict[str, bytes]:
    """Return the spend files of a billing month."""
    delivery = life.stores.ledger.latest("delivery.loaded")[f"cloud/{month}"].body["delivery"]
    return {name: data for name, data in found.items() if name.startswith(delivery)}


@pytest.mark.once
@pytest.mark.failure("D10")
@pytest.mark.failure("E04")
def test_an_edit_moves_open_months_and_no_byte_of_a_closed_one(two: Any) -> None:
    before = spend_files(two)
    was = by_month(two.counted().spend)
    assert was["2026-10"] == {"p unallocated": 10, "unallocated unallocated": 4}

    for name, edit in EDITS.items():
        two.edit(rules=edit.get("rules", HEAD + BY_TAG), projects=edit.get("projects", TWO))
        now, after = by_month(two.counted().spend), spend_files(two)

        assert now["2026-10"] == was["2026-10"], name
        assert now["2026-11"] != was["2026-11"], name
        assert of(after, two, "2026-10") == of(before, two, "2026-10") != {}, name
        assert of(after, two, "2026-11").keys() != of(before, two, "2026-11").keys(), name


@pytest.mark.once
@pytest.mark.failure("D10")
def test_a_report_of_closed_months_alone_keeps_every_byte_whatever_is_edited(life: Any) -> None:
    life.edit(SHARED, TWO)
    life.night("2026-12-01", OCTOBER, "2026-10")
    life.counted()
    life.close()
    before = life.rendered("2026-12-20")

    for name in ("rule", "merger"):
        life.edit(**EDITS[name])
        life.counted()
        life.edit(SHARED, TWO)  # names of projects are shown as they are now

    assert life.rendered("2026-12-20") == before
    life.edit(HEAD + ALL_LABOR, TWO)
    assert life.report("2026-12-20").snapshot in before[0]


@pytest.mark.failure("D10")
def test_closed_months_with_a_split_keep_their_shares(life: Any) -> None:
    life.edit(SHARED, TWO)
    life.night("2026-12-01", OCTOBER, "2026-10")
    life.night("2026-12-02", NOVEMBER, "2026-11")
    life.counted()
    life.close()

    life.edit(SHARED.replace("p: 50, q: 50", "p: 100"))
    life.counted()

    assert life.actuals("2026-10") == [
        ("p", "unallocated", Decimal(12)),
        ("q", "unallocated", Decimal(2)),
    ]
    assert life.actuals("2026-11") == [("p", "unallocated", Decimal(26))]
    shares = life.books("2026-12-20").spent.shares
    assert set(shares.filter(pl.col("target") == "q")["period"]) == {"2026-10"}


def test_runs_of_a_closed_month_are_on_the_clusters_of_the_splits_it_was_closed_with(
    life: Any,
) -> None:
    nodes = "splits:\n  - {id: nodes, usage: {driver: gpu_hours, cluster: old}}\n"
    life.edit(HEAD + ALL_LABOR + nodes, TWO)
    life.night("2026-12-01", OCTOBER, "2026-10")
    life.counted()
    life.close()
    life.edit(HEAD + ALL_LABOR + nodes.replace("old", "new"))
    mine = versions(life.stores.ledger, present(life.project))
    pools = [("2026-10", "nodes"), ("2026-11", "nodes"), ("2026-12", None)]

    found = clusters(pl.DataFrame(pools, schema=["period", "path"], orient="row"), mine)

    assert found == {("2026-10", "nodes"): "old", ("2026-11", "nodes"): "new"}


@pytest.mark.once
@pytest.mark.failure("D10")
def test_a_lake_of_several_versions_is_built_again_to_equal_hashes(two: Any) -> None:
    two.edit(SHARED, ALIAS)
    spend = two.counted().spend
    before = two.stores.lake.digest(files(two.project, two.stores))

    buildable(two.project, two.stores)
    two.stores.lake.clear()
    reload(two.project, two.stores, Quiet())

    assert two.books("2026-12-20").spend.equals(spend)
    assert two.stores.lake.digest(files(two.project, two.stores)) == before


@pytest.mark.once
@pytest.mark.failure("D06")
def test_a_year_tagged_afterwards_moves_open_months_and_is_told_for_closed_ones(
    life: Any,
) -> None:
    year = [str(month) for month in between(Month(2025, 11), Month(2026, 10))]
    life.edit(HEAD + BY_TAG, TWO)
    life.source.shows |= {month: [("5", "I", f"{month}-05")] for month in year}
    life.night("2026-11-02")
    asked(life.project, life.stores, Quiet(), life.moment, months=[*map(Month.parse, year)])
    before = by_month(life.counted().spend)
    for month in year[:10]:
        life.close(month)

    life.source.shows |= {month: [("5", "I", f"{month}-05", "q")] for month in year}
    life.night("2026-11-20")

    after = by_month(life.counted().spend)
    assert [*before.values()] == 12 * [{"unallocated unallocated": 5}]
    assert {month: after[month] for month in year[:10]} == {m: before[m] for m in year[:10]}
    assert [after[month] for month in year[10:]] == 2 * [{"q unallocated": 5}]
    told = restatements(life.stores.ledger)
    assert [(str(each.month), each.was) for each in told] == [(m, "closed") for m in year[:10]]
    assert {change.billed_cost for each in told for change in each.changes} == {Decimal(0)}
    assert len(life.report("2026-11-20", "2026-10").restatements) == len(told)


def test_a_version_is_read_from_the_ledger_alone_with_all_that_it_includes(life: Any) -> None:
    (life.project.folder / "teams").mkdir()
    team = life.project.folder / "teams" / "search.yaml"
    team.write_text(HEAD + BY_TAG.replace("{", "{priority: 2, ", 1))
    life.edit(
        f"include: [teams/search.yaml]\n{HEAD}{ALL_LABOR.replace('{', '{priority: 1, ', 1)}", TWO
    )
    life.counted()
    name = present(life.project).hash
    for path in (team, *life.project.folder.glob("*.yaml")):
        path.unlink()

    found = recorded(life.stores.ledger, name)

    assert found == present(life.project)
    assert [rule.id for rule in found.rules.rules] == ["labor", "by-tag"]
    assert found.exact
    (entry,) = life.stores.ledger.entries("rules")
    assert set(entry.body["texts"]) == {"projects.yaml", "rules.yaml", "teams/search.yaml"}


def test_a_version_is_kept_once_until_another_takes_its_place(life: Any) -> None:
    first, second = HEAD + BY_TAG, HEAD + ALL_LABOR
    for rules in (first, first, second, first):
        life.edit(rules, TWO)
        life.counted()

    kept = [entry.body["texts"]["rules.yaml"] for entry in life.stores.ledger.entries("rules")]
    assert kept == [first, second, first]
    newest = version.newest(life.stores.ledger)
    assert newest == life.stores.ledger.entries("rules")[-1]


def test_the_rules_of_a_closed_month_are_read_once_however_often_they_are_asked_for(
    life: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def counting(path: Path, *others: Any) -> Any:
        read.append(path)
        return load_rules(path, *others)

    life.edit(HEAD + BY_TAG + "  # read nowhere else\n", TWO)
    life.counted()
    name = present(life.project).hash
    monkeypatch.setattr(version, "load_rules", counting)
    version._of_texts.cache_clear()

    found = [recorded(life.stores.ledger, name) for _ in range(3)]

    assert len(read) == 1
    assert found == [present(life.project)] * 3


def test_rules_that_change_while_they_are_read_stop_the_run(life: Any) -> None:
    (life.project.folder / "rules.yaml").write_text(HEAD + ALL_LABOR)

    with pytest.raises(RefusedError) as error:
        entries(life.project, life.stores.ledger)

    assert str(error.value) == (
        "rules.yaml: rules or projects were edited since this run read them; start it again"
    )


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        (None, "rules aa: the ledger does not have them; restore it from a backup"),
        (
            {"projects.yaml": "projects: []\n", "rules.yaml": "rule: []\n"},
            (
                "rules aa: this version of trueup cannot read them, rules.yaml:1:1: rule: unknown "
                "key. Did you mean 'rules'?; use the version of 2026-01-01"
            ),
        ),
        (
            {"projects.yaml": "projects: []\n", "rules.yaml": "include: [teams/search.yaml]\n"},
            (
                "rules aa: this version of trueup cannot read them, rules.yaml:1:11: include.0: "
                "teams/search.yaml is not there; create it, or drop this line; use the version of "
                "2026-01-01"
            ),
        ),
        (
            {"rules.yaml": "rules: []\n"},
            (
                "rules aa: this version of trueup cannot read them, projects.yaml:1:1: was not "
                "kept with this version; use the version of 2026-01-01"
            ),
        ),
    ],
)
def test_a_version_that_cannot_be_read_is_told_with_the_way_out(
    life: Any, texts: dict[str, str] | None, complaint: str
) -> None:
    body = {"hash": "aa", "rules": "rules.yaml", "projects": "projects.yaml"}
    life.stores.ledger.append(
        Entry("rules", "rules.yaml", {**body, **({"texts": texts} if texts else {})})
    )

    with pytest.raises(StoreError) as error:
        recorded(life.stores.ledger, "aa")

    assert str(error.value) == complaint


@pytest.mark.failure("E08")
def test_a_pin_to_rules_that_the_ledger_does_not_have_stops_the_program_at_its_start(
    two: Any,
) -> None:
    body = two.stores.ledger.latest("month.closed")["2026-10"].body
    two.forge({**body, "rules": "ab"})

    with pytest.raises(StoreError) as error, stores(two.project):
        pass

    assert str(error.value) == (
        "2026-10: was closed with rules ab, which the ledger does not have; "
        "restore it from a backup"
    )


def test_a_month_that_an_earlier_program_closed_counts_by_current_rules_and_is_told(
    life: Any,
) -> None:
    life.edit(HEAD + BY_TAG, TWO)
    life.night("2026-12-01", OCTOBER, "2026-10")
    life.stores.ledger.append(Entry("rules", "rules.yaml", {"hash": "1" * 64}))  # without a text
    life.counted()
    body = {name: value for name, value in life.close().body.items() if name != "rules"}
    life.forge(body)

    with stores(life.project):
        pass
    life.edit(HEAD + ALL_LABOR, TWO)
    books = life.counted()

    assert life.actuals() == [("unallocated", "labor", Decimal(14))]
    (told,) = books.spent.told
    assert str(told) == (
        "rules: 2026-10: was closed by an earlier version of trueup, which kept no rules with it; "
        "it counts by the rules as they are, and an edit of them moves its spend "
        "[closed_without_rules]"
    )
    assert told in life.report("2026-12-20").problems


def test_a_month_is_not_closed_by_rules_that_no_run_has_used(life: Any) -> None:
    with pytest.raises(RefusedError) as error:
        close(
            life.stores.ledger,
            Month(2026, 10),
            by="ada",
            pins=Pins(rules=present(life.project).hash),
        )

    assert str(error.value) == (
        "2026-10: no run has used the rules as they are; use `trueup run` first"
    )


@pytest.mark.failure("D10")
def test_another_program_refuses_to_build_a_closed_month_otherwise(
    two: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = two.actuals("2026-10")
    monkeypatch.setattr(version, "PROGRAM", "another")

    assert two.actuals("2026-10") == before  # its file is there
    with pytest.raises(RefusedError) as unknown:
        of_last_run(two.stores.ledger)
    with pytest.raises(RefusedError) as refused:
        buildable(two.project, two.stores)
    two.stores.lake.clear()
    reload(two.project, two.stores, Quiet())
    with pytest.raises(StoreError) as error:
        two.counted()

    assert str(unknown.value) == (
        "the run on 2026-12-02 was by another version of trueup, which attributed otherwise; "
        "use `trueup run` first"
    )
    assert str(refused.value) == (
        "cloud/2026-10: is of a month that was closed by another version of trueup, and cannot be "
        "attributed again as it was; use that version"
    )
    assert str(error.value) == (
        "cloud/2026-10: is of a closed month, its spend is gone from the lake, and this version "
        "of trueup attributes otherwise; use the version that closed it, or a backup of the lake"
    )


def test_usage_has_the_projects_of_the_version_of_its_month(
    two: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = pl.Schema({"period": pl.String(), **BESIDE["usage"].schema})
    empty = dict.fromkeys(schema.names())
    rows = [{**empty, "period": month, "unit": "loose"} for month in ("2026-10", "2026-11")]
    usage = pl.DataFrame(rows, schema=schema)
    monkeypatch.setattr(beside, "counted", lambda *_: usage)
    two.edit(projects=ALIAS)

    found = beside.used(two.stores, version.versions(two.stores.ledger, present(two.project)))

    assert found.select("period", "project", "project_rule").sort("period").rows() == [
        ("2026-10", "unallocated", "none"),
        ("2026-11", "q", "unit"),
    ]


class Watched(Quiet):
    """Keeps what a run says it does."""

    def __init__(self) -> None:
        self.said: list[Any] = []

    def step(self, name: str, total: int | None = None) -> None:
        self.said.append((name, total))

    def advance(self, detail: str = "") -> None:
        self.said.append(detail)


def test_only_what_is_new_is_attributed_and_a_bar_shows_how_far_it_is(two: Any) -> None:
    before, after = Watched(), Watched()

    spent(two.project, two.stores, before)
    two.edit(HEAD + ALL_LABOR)
    spent(two.project, two.stores, after)

    assert before.said == [("attribute", 0)]
    assert after.said == [("attribute", 1), "cloud/2026-11: 2026-11.json"]


@pytest.mark.failure("M01")
def test_an_attribution_that_is_killed_leaves_whole_files_or_none(
    life: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    life.edit(HEAD + BY_TAG, TWO)
    life.night("2026-12-01", OCTOBER, "2026-10")
    life.night("2026-12-02", NOVEMBER, "2026-11")
    real, written = pl.DataFrame.write_parquet, list[Path]()

    def killed(frame: pl.DataFrame, path: Path, **options: Any) -> None:
        real(frame, path, **options)
        written.append(path)
        if len(written) == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(pl.DataFrame, "write_parquet", killed)
        with pytest.raises(KeyboardInterrupt):
            spent(life.project, life.stores, Quiet())

    assert len(spend_files(life)) == 1
    life.stores.sweep()
    watched = Watched()
    spend = spent(life.project, life.stores, watched).spend
    assert watched.said[0] == ("attribute", 1)
    assert spend["tco_cost"].sum() == Decimal(40)
    assert len([*(life.stores.lake.folder / "spend").iterdir()]) == 2


@pytest.mark.failure("J12")
def test_pruning_leaves_the_spend_of_pinned_versions(two: Any) -> None:
    two.edit(**EDITS["split"])
    two.night("2026-12-03", [("1", "I", "2026-10-05", "q")], "2026-10")
    books = two.counted()

    found = prunable(two.stores, two.moment.replace(year=2030))
    prune(two.stores, found, two.moment)
    two.stores.lake.sweep()

    assert two.books("2026-12-20").spend.equals(books.spend)
    assert of(spend_files(two), two, "2026-11")
    pinned = two.stores.ledger.latest("month.closed")["2026-10"].body
    name = f"{pinned['deliveries']['cloud/2026-10']}-{pinned['rules']}"
    assert two.stores.lake.path("spend", name).exists()


@pytest.mark.once
@pytest.mark.failure("J12")
def test_spend_by_rules_that_no_night_has_used_for_long_can_go(two: Any) -> None:
    for edit in ("rule", "split", "another order"):
        two.edit(rules=EDITS[edit]["rules"])
        two.clock.moment += timedelta(days=10)
        spend = two.counted().spend
    lake = two.stores.lake.folder / "spend"
    assert len([*lake.iterdir()]) == 1 + 4  # of the closed month, and by each of the rules

    recent = prunable(two.stores, two.moment - timedelta(days=5))
    older = prunable(two.stores, two.moment - timedelta(days=15))
    prune(two.stores, recent, two.moment)

    # those before the split counted until 10 days ago; the first a closed month counts by
    found = [[path.parent for path in each.files].count(lake) for each in (older, recent)]
    assert found == [0, 1]
    assert len([*lake.iterdir()]) == 4
    assert two.books("2026-12-20").spend.equals(spend)
    assert not prunable(two.stores, two.moment - timedelta(days=5))


def test_no_order_of_deliveries_changes_a_byte(life: Any) -> None:
    life.edit(SHARED, TWO)
    life.night("2026-12-01", OCTOBER, "2026-10")
    life.night("2026-12-02", NOVEMBER, "2026-11")
    spend = life.counted().spent.spend
    found = spend_files(life)
    ledger = life.stores.ledger

    reversed_ = dict(reversed(ledger.latest("delivery.loaded").items()))
    assert [*reversed_] == ["cloud/2026-11", "cloud/2026-10"]
    life.stores.lake.clear()
    reload(life.project, life.stores, Quiet())
    turned = replace(life.stores, ledger=Turned(ledger))

    assert spent(life.project, turned, Quiet()).spend.equals(spend)
    assert spend_files(life) == found


class Turned:
    """A ledger that tells deliveries in the other order."""

    def __init__(self, ledger: Any) -> None:
        self.ledger = ledger

    def latest(self, kind: str) -> dict[str, Any]:
        return dict(reversed(self.ledger.latest(kind).items()))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.ledger, name)


# what a night tells of an edit


def test_a_night_tells_once_what_an_edit_moved_with_its_amounts(two: Any) -> None:
    two.edit(projects=ALIAS)
    two.counted()
    two.counted()

    (entry,) = two.stores.ledger.entries("rules.reallocated")
    assert entry.body["net"] == [
        {"month": "2026-11", "project": "q", "amount": "6.00"},
        {"month": "2026-11", "project": "unallocated", "amount": "-6.00"},
    ]
    assert (entry.body["moved"], entry.body["staying"]) == ("6.00", {"2026-10": "4.00"})
    (told,) = two.report("2026-12-20", "2026-11").problems
    assert str(told) == (
        "rules: 2026-12-20: 6.00 USD between projects, 6.00 USD net in 1 month; "
        "in 2026-11 q +6.00, unallocated \N{MINUS SIGN}6.00; closed, and stays as it was: "
        "2026-10 (4.00) [reallocated]"
    )
    (line,) = reallocating.lines(two.stores)
    assert line == (
        "rules      rules changed on 2026-12-20: 6.00 USD between projects, 6.00 USD net in 1 "
        "month; closed, and stays as it was: 2026-10 (4.00)"
    )
    assert two.report("2026-12-20", "2026-10").problems == ()  # told after it was closed
    frame = reallocating.frame(two.stores)
    assert frame.select("month", "project", "change", "rules").rows() == [
        ("2026-11", "q", Decimal(6), present(two.project).hash),
        ("2026-11", "unallocated", Decimal(-6), present(two.project).hash),
    ]


def test_what_an_edit_moves_is_worked_out_from_the_spend_that_the_night_has_made(
    two: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.edit(projects=ALIAS)
    books = two.books("2026-12-20")

    def again(*_: Any) -> None:
        raise AssertionError("facts were summed once more")

    monkeypatch.setattr(Attribution, "spend", again)

    (entry,) = reallocating.entries(two.project, two.stores, books, Quiet())

    assert entry.body["moved"] == "6.00"


def test_an_edit_that_moves_nothing_is_kept_and_not_told(two: Any) -> None:
    two.edit(HEAD + BY_TAG + "  - {id: none, when: {source: nobody}, to: {project: q}}\n")

    two.counted()

    assert len(two.stores.ledger.entries("rules")) == 2
    assert two.stores.ledger.entries("rules.reallocated") == []


def test_what_cannot_be_compared_stops_no_night_and_is_told(
    two: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lost(*_: Any) -> None:
        raise StoreError("rules aa: the ledger does not have them; restore it from a backup")

    monkeypatch.setattr(reallocating, "of_last_run", lost)
    two.edit(projects=ALIAS)

    two.counted()

    assert capsys.readouterr().err == (
        "trueup: rules aa: the ledger does not have them; restore it from a backup; what the new "
        "rules move is not known\n"
    )
    assert json.dumps(two.actuals("2026-11"), default=str) == (
        '[["p", "unallocated", "20.000000000000000000"], '
        '["q", "unallocated", "6.000000000000000000"]]'
    )


def test_claims_of_a_closed_month_that_another_program_reads_are_not_stale(
    life: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    life.night("2026-11-02", [("10", "I", "2026-10-05", "p")])
    life.shut("2026-11-20")
    monkeypatch.setattr(version, "PROGRAM", "another")
    life.counted()
    mine = versions(life.stores.ledger, present(life.project))

    assert claiming.current(life.stores, mine)
    assert not claiming.current(life.stores, mine) & claiming.stale(life.stores)
