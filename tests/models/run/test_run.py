"""Which names are one run: equal ones of a project, and those that stand in one row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from models.errors import ConfigError
from models.project import Project, Registry
from models.reduction import FACTS, KEYS
from models.rule.rule import Condition, Rule, RuleSet, Target
from models.run.charge import NAMED, Sought, named, naming
from models.run.file import RunFile, load
from models.run.run import Names, Said
from models.run.usage import TOLD, clusters, ids, told
from models.usage import OWNED

UUID = "4f1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e"
REGISTRY = Registry((Project(id="ft-001"), Project(id="ft-002")))


def test_names_in_one_row_are_one_run_and_the_longest_is_shown() -> None:
    names = Names([Said("ft-001", (UUID, "981234"), own=True), Said("ft-001", ("981234",), "c1")])

    assert names.run("ft-001", "981234") == names.run("ft-001", f" {UUID.upper()} ") == UUID
    assert names.others("ft-001") == {UUID: ("981234",)}


def test_the_same_name_in_two_projects_is_two_runs() -> None:
    names = Names([Said("ft-001", (UUID, "77"), own=True), Said("ft-002", ("77",), own=True)])

    assert (names.run("ft-001", "77"), names.run("ft-002", "77")) == (UUID, "77")
    assert not names.knows("ft-002", UUID)
    assert names.others("ft-002") == {}


def test_a_number_on_two_clusters_is_two_runs_and_counts_with_its_cluster_alone() -> None:
    names = Names(
        [
            Said("ft-001", ("101",), "east", own=True),
            Said("ft-001", ("101",), "West", own=True),
            Said("ft-001", (UUID, "101"), own=True),
        ]
    )

    assert names.run("ft-001", "101", "east") == "101@east"
    assert names.run("ft-001", "101", "west") == "101@west"
    assert names.run("ft-001", "101") == UUID  # nobody says which of the two, so neither
    assert names.run("ft-001", "101@WEST") == "101@west"  # as it is shown
    assert names.knows("ft-001", "101@west")
    assert not names.knows("ft-002", "101@west")


def test_a_run_with_letters_is_one_run_on_however_many_clusters() -> None:
    names = Names([Said("ft-001", (UUID,), where, own=True) for where in ("east", "west")])

    assert names.run("ft-001", UUID, "east") == names.run("ft-001", UUID, "west") == UUID


def test_the_order_of_rows_changes_no_run() -> None:
    rows = [Said("p", ("b2", "3")), Said("p", ("3", "a1")), Said("p", ("z9",)), Said("p", ("A1",))]

    found = {
        tuple(Names(order).run("p", name) for name in ("b2", "3", "a1", "z9"))
        for order in (rows, rows[::-1], [*rows, *rows])
    }

    assert len(found) == 1
    assert set(*found) == {"z9", *Names(rows).others("p")}


def keys(*rows: Mapping[str, str | None]) -> pl.DataFrame:
    whole = [
        {"key_id": number, "tags": "{}", "billing_currency": "USD", **row}
        for number, row in enumerate(rows)
    ]
    return pl.DataFrame(whole, schema=KEYS)


def sought(runs: str = "", where: str = "") -> Sought:
    return Sought(RunFile(), frozenset(runs.split()), frozenset(where.split()))


@pytest.mark.parametrize(
    ("row", "names", "resource", "cluster", "apart"),
    [
        ({"tags": '{"user_Run_ID":" r1 "}'}, ["r1"], None, None, False),
        ({"tags": '{"mlflow.run_id":"m","run":"r"}'}, ["r", "m"], None, None, False),
        ({"tags": '{"R\u200bun ":"a"}'}, ["a"], None, None, False),
        ({"tags": '{"RUN":"a","run":"b"}'}, ["a"], None, None, False),  # as rules see it
        ({"resource_id": "x:region:job/sft-9"}, None, "sft-9", None, False),
        ({"resource_name": "SFT-9"}, None, "SFT-9", None, False),
        ({"resource_name": "sft\u200b-9"}, None, "sft\u200b-9", None, False),
        ({"tags": '{"Cluster":"c7"}'}, None, None, "c7", False),
        ({"resource_name": "Basement"}, None, None, "Basement", False),
        ({"x_line_type": "idle"}, None, None, None, True),
    ],
)
def test_a_key_names_its_run_by_tag_or_resource_and_its_cluster(
    row: dict[str, str | None],
    names: list[str] | None,
    resource: str | None,
    cluster: str | None,
    apart: bool,
) -> None:
    found = naming(keys(row), sought("sft-9", "basement"))

    assert found.rows() == [(0, names, resource, cluster, apart)]


def test_a_key_that_names_nothing_is_left_out() -> None:
    blank, other = {"tags": '{"run":" ","team":"x"}'}, {"resource_id": "job/other"}

    assert naming(keys(blank, other, {}), sought("sft-9")).is_empty()
    assert naming(keys(), sought()).is_empty()


ALL = Condition("account", ("*",))
RULES = RuleSet(
    (
        Rule("two", (Condition("account", ("2",)),), Target(project="ft-002")),
        Rule("split", (Condition("account", ("3",)),), Target(split="platform")),
        Rule("one", (ALL,), Target(project="ft-001"), until=date(2026, 10, 15)),
        Rule("late", (ALL,), Target(project="ft-002")),
        Rule("data", (Condition("service", ("disks",)),), Target(category="data")),
        Rule("compute", (ALL,), Target(category="training_compute")),
    )
)


def facts(*rows: tuple[int, int, str, str]) -> pl.LazyFrame:
    whole = [
        (key, date(2026, 10, day), *map(Decimal, ("0", "0", cost, "0", hours)), 1)
        for key, day, cost, hours in rows
    ]
    return pl.DataFrame(whole, schema=FACTS, orient="row").lazy()


def test_cost_of_a_run_follows_the_rules_of_its_days_without_what_is_shared_or_no_training() -> (
    None
):
    tagged = {"tags": '{"run":"r1"}', "consumed_unit": "GPU-Hours"}
    rows = (
        {**tagged, "sub_account_id": "1"},
        {**tagged, "sub_account_id": "2"},
        {**tagged, "sub_account_id": "3"},
        {**tagged, "sub_account_id": "1", "service_name": "Disks"},
        {"sub_account_id": "1"},
    )
    daily = facts(
        (0, 15, "1.50", "3"), (0, 16, "2", "4"), (1, 1, "4", "1"), (2, 1, "8", "0"),
        (3, 1, "16", "0"), (4, 1, "32", "0"), (0, 14, "0.25", "2"),
    )  # fmt: skip

    found = named(keys(*rows).lazy(), daily, RULES, REGISTRY, sought())

    assert found.schema == NAMED
    assert sorted(found.select("project", "month", "names", "cost", "hours", "lines").rows()) == [
        ("ft-001", "2026-10", ["r1"], Decimal("1.75"), Decimal(5), 2),
        ("ft-002", "2026-10", ["r1"], Decimal(6), Decimal(5), 2),
    ]
    assert named(
        keys({"sub_account_id": "1"}).lazy(), facts((0, 1, "1", "0")), RULES, REGISTRY, sought()
    ).is_empty()


def usage(**row: object) -> pl.DataFrame:
    whole = {
        **dict.fromkeys(OWNED),
        "period": "2026-10",
        "x_source": "slurm",
        "x_document": "",
        "x_row": 1,
        "unit": "u",
        "driver": "gpu_hours",
        "day": date(2026, 10, 3),
        "quantity": Decimal(2),
        "tags": {},
        "project": "ft-001",
        "project_rule": "unit",
        **row,
    }
    return pl.DataFrame([whole], schema=OWNED)


def test_usage_tells_its_own_name_first_then_tags_and_the_tag_of_acceptance() -> None:
    tags = {"Run_ID": UUID, "trueup.accepted": "2026-10-31", "run": " "}
    rows = [
        usage(run_id="9", cluster="c1", tags=tags),
        usage(run_id=" ", tags={"run": "pod-run"}),
        usage(),
        usage(detail="idle"),
        usage(driver="tokens"),
    ]

    found = told(pl.concat(rows), RunFile())

    assert found.schema == TOLD
    chosen = found.select("own", "names", "cluster", "accepted", "quantity").rows()
    assert sorted(chosen, key=str) == [
        (False, None, None, None, Decimal(2)),
        (False, ["pod-run"], None, None, Decimal(2)),
        (True, ["9", UUID], "c1", "2026-10-31", Decimal(2)),
    ]
    assert [ids(found), clusters(found)] == [{"9"}, {"c1"}]


FILE = """\
tags: [Run-Name]
hours: [slurm]
models:
  - {model: legal v1, project: ft-001, run: 4f1c, accepted: 2026-10-31}
"""


def test_the_file_says_what_names_a_run(tmp_path: Path) -> None:
    path = tmp_path / "runs.yaml"
    path.write_text(FILE)

    file = load(path, REGISTRY, ["slurm"])

    assert file.tag_keys == ("run-name",)
    assert file.models[0].accepted == date(2026, 10, 31)
    assert file.fingerprint != RunFile().fingerprint
    assert {"run", "run_id", "run-id", "mlflow.run_id", "training_job"} <= {*RunFile().tag_keys}


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ("[slurm]", "[slrum]", "2:9: hours.0: 'slrum' is not a source. Did you mean 'slurm'?"),
        ("ft-001", "ft-01", "models.0.project: 'ft-01' is not a project. Did you mean 'ft-001'?"),
        (
            "models:\n",
            "models:\n  - {model: a, project: ft-001, run: 4F1C, accepted: 2026-10-30}\n",
            "5:45: models.1.run: run '4f1c' is already accepted in line 4; remove one",
        ),
        ("2026-10-31", "October", "models.0.accepted: 'October' is not a day; write YYYY-MM-DD"),
    ],
)
def test_a_mistake_in_the_file_says_its_place(
    tmp_path: Path, was: str, becomes: str, said: str
) -> None:
    path = tmp_path / "runs.yaml"
    path.write_text(FILE.replace(was, becomes))

    with pytest.raises(ConfigError) as caught:
        load(path, REGISTRY, ["slurm"])

    assert said in str(caught.value)
