"""The policies in deploy/: what the program prints, and never more than reading."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from ingest.aws import policy as aws
from ingest.azure import policy as azure
from ingest.bucket import grants
from ingest.gcp import policy as gcp

ROLE: Final = "arn:aws:iam::THEIR_ACCOUNT:role/THEIR_ROLE"
RENDERED: Final[Mapping[str, str]] = {
    "aws/read-bills.json": aws.reading("BUCKET", "PREFIX"),
    "aws/decrypt-bills.json": aws.decrypting("BUCKET"),
    "aws/trust.json": aws.trusting(),
    "aws/assume-role.json": aws.assuming(ROLE),
    "azure/blob-reader.json": azure.role(),
    **{f"gcp/{name}.yaml": gcp.role(name) for name in gcp.ROLES},
}
READING: Final = {
    *("s3:ListBucket", "s3:GetObject", "kms:Decrypt", "sts:AssumeRole"),
    *("bigquery.tables.get", "bigquery.tables.getData", "bigquery.jobs.create"),
    *("bigquery.readsessions.create", "bigquery.readsessions.getData"),
    *("storage.objects.get", "storage.objects.list"),
    *("billing.accounts.get", "billing.accounts.list", "billing.resourceAssociations.list"),
    "Microsoft.Storage/storageAccounts/blobServices/containers/read",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
}


def parsed(name: str, text: str) -> Any:
    return json.loads(text) if name.endswith("json") else YAML(typ="safe", pure=True).load(text)


def allowed(data: Any) -> Iterator[str]:
    """Yield every action that a document allows."""
    for statement in data.get("Statement", ()):
        if statement["Effect"] == "Allow":
            actions = statement["Action"]
            yield from [actions] if isinstance(actions, str) else actions
    for key in ("includedPermissions", "Actions", "DataActions"):
        yield from data.get(key, ())


@pytest.mark.parametrize("name", RENDERED)
def test_a_policy_is_what_the_program_prints(name: str, root: Path) -> None:
    assert (root / "deploy" / name).read_text("utf-8") == RENDERED[name]


def test_there_is_no_policy_that_nobody_renders(root: Path) -> None:
    found = {
        path.relative_to(root / "deploy").as_posix()
        for path in (root / "deploy").rglob("*.*")
        if path.suffix in {".json", ".yaml"} and path.parent.name in {"aws", "azure", "gcp"}
    }

    assert found == set(RENDERED)


@pytest.mark.parametrize("name", RENDERED)
def test_a_policy_allows_only_what_reading_needs(name: str) -> None:
    actions = set(allowed(parsed(name, RENDERED[name])))

    assert actions
    assert actions <= READING
    assert not [action for action in actions if "*" in action]


def test_a_bucket_is_read_below_its_prefix_over_tls_and_never_written() -> None:
    statements = json.loads(RENDERED["aws/read-bills.json"])["Statement"]
    by_name = {statement["Sid"]: statement for statement in statements}

    assert by_name["ReadOnlyThePrefix"]["Resource"] == "arn:aws:s3:::BUCKET/PREFIX/*"
    assert by_name["ListOnlyThePrefix"]["Condition"] == {"StringLike": {"s3:prefix": ["PREFIX/*"]}}
    assert by_name["NeverWrite"]["Effect"] == by_name["TlsOnly"]["Effect"] == "Deny"
    assert {"s3:Put*", "s3:Delete*"} <= set(by_name["NeverWrite"]["Action"])


def test_a_role_is_lent_to_one_principal_that_knows_the_word() -> None:
    (statement,) = json.loads(RENDERED["aws/trust.json"])["Statement"]

    assert statement["Principal"] == {"AWS": "arn:aws:iam::OUR_ACCOUNT:role/OUR_ROLE"}
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "EXTERNAL_ID"}}


@pytest.mark.parametrize(
    ("location", "role", "titles"),
    [
        ("bills", None, []),
        ("s3://acme/exports", None, ["read s3://acme/exports/ft", "KMS key of its own"]),
        ("s3://acme", ROLE, ["read s3://acme/ft", "KMS key", "trust policy", "whoever runs"]),
        ("gs://acme/exports", None, ["custom role on the bucket acme"]),
        ("https://acme.blob.core.windows.net/costs/x", None, ["custom role on the container"]),
    ],
)
def test_a_location_needs_what_its_provider_calls_it(
    location: str, role: str | None, titles: list[str]
) -> None:
    found = list(grants(location, "ft", role))

    assert len(found) == len(titles)
    for grant, title in zip(found, titles, strict=True):
        assert title in grant.title


def test_a_table_is_granted_on_its_data_set_and_jobs_on_the_project_that_pays() -> None:
    texts = [
        grant.text
        for grant in gcp.table_grants(
            "jobs-1", "bills-1.export", "012345-567890-ABCDEF", storage_api=True
        )
    ]

    assert [re.findall(r"(?:--project|--organization)=(\S+)", text)[0] for text in texts] == [
        "bills-1",
        "jobs-1",
        "jobs-1",
        "ORGANIZATION",
    ]
    assert "ON SCHEMA `bills-1.export`" in texts[0]
    assert "billing accounts add-iam-policy-binding 012345-567890-ABCDEF" in texts[3]


def test_the_readme_says_how_to_apply_each(root: Path) -> None:
    said = (root / "deploy" / "README.md").read_text("utf-8")

    assert [name for name in RENDERED if name.rpartition("/")[2] not in said] == []
