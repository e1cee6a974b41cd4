from __future__ import annotations

import polars as pl
import pytest

from models.attribution import attributed
from models.project import Project, Registry
from models.reduction import KEYS
from models.rule import alike as module
from models.rule.alike import alike
from models.rule.rule import Condition, Rule, RuleSet, Target

REGISTRY = Registry((Project(id="legal", aliases=("l",)), Project(id="bot")))
RULES = RuleSet(
    (
        Rule("tag", (Condition("tag.project", ("*",)),), Target(project_tag="project")),
        Rule(
            "own",
            (Condition("account", ("1",)),),
            Target(project="bot"),
            unless=(Condition("resource", ("a*",)),),
        ),
        Rule(
            "two",
            (Condition("account", ("2",)), Condition("service", ("s3",))),
            Target(category="data"),
        ),
        Rule(
            "any",
            (Condition("resource", ("re:[ab]-1", "c-?")),),
            Target(category="infra", item="x"),
        ),
    )
)


def keys(count: int) -> pl.DataFrame:
    """Return keys whose account and service change seldom, and whose resource and tags do not."""
    tags = ('{"project":"L"}', "{}", '{"Project":"nobody"}', '{"project":"legal","team":"x"}', "{}")
    rows = [
        {
            "key_id": n,
            "sub_account_id": str(n // 20),
            "service_name": "S3" if n // 30 % 2 else None,
            "resource_id": f"{'abc'[n % 3]}-{n % 2}",
            "tags": tags[n % 5],
            "x_source": "cloud",
        }
        for n in range(count)
    ]
    return pl.DataFrame(rows, schema=KEYS)


@pytest.fixture(scope="module")
def alone() -> pl.DataFrame:
    """Return what each of 60 keys gets when it is the only one."""
    return pl.concat(attributed(key, RULES, REGISTRY) for key in keys(60).iter_slices(1))


@pytest.mark.parametrize(("room", "seldom"), [(2**63, 8), (20, 1), (1, 8), (1, 10**6)])
def test_a_key_gets_among_others_what_it_gets_alone(
    room: int, seldom: int, alone: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_ROOM", room)
    monkeypatch.setattr(module, "_SELDOM", seldom)

    found = attributed(keys(60), RULES, REGISTRY)

    assert found.equals(alone)
    assert set(found["project"]) == {"legal", "bot", "unallocated"}
    assert set(found["category"]) == {"data", "infra", "unallocated"}


def test_keys_that_rules_cannot_tell_apart_are_one_kind() -> None:
    texts = (
        *('{"project":"legal"}', '{"Project":"LEGAL "}', '{"project":"l"}', '{"project":"nobody"}'),
        *('{"project":"someone"}', '{"team":"legal"}', "{}"),
    )
    rows = [{"key_id": n, "tags": each} for n, each in enumerate(texts)]

    kinds = alike(pl.DataFrame(rows, schema=KEYS), RuleSet(RULES.rules[:1]), REGISTRY)

    assert kinds.kind.to_list() == [0, 0, 1, 2, 2, 3, 3]
    assert kinds.seen["tag.project"].to_list() == ["legal", "l", None, None]
