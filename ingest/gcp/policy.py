"""The least that must be granted to read an export: custom roles, and where to bind them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ingest.source import Grant

MEMBER: Final = "serviceAccount:NAME@PROJECT.iam.gserviceaccount.com"
ROLES: Final = {
    "trueupTableReader": (
        "Reads tables of the billing export",
        ("bigquery.tables.get", "bigquery.tables.getData"),
    ),
    "trueupJobRunner": ("Runs queries that the project pays", ("bigquery.jobs.create",)),
    "trueupRowReader": (
        "Reads rows through the Storage Read API",
        ("bigquery.readsessions.create", "bigquery.readsessions.getData"),
    ),
    "trueupObjectReader": ("Reads objects", ("storage.objects.get", "storage.objects.list")),
    "trueupBillingReader": (
        "Reads billing accounts and which projects they pay for",
        ("billing.accounts.get", "billing.accounts.list", "billing.resourceAssociations.list"),
    ),
}


def role(name: str) -> str:
    """Return a custom role as `gcloud iam roles create NAME --file` reads it."""
    title, permissions = ROLES[name]
    listed = "".join(f"- {permission}\n" for permission in permissions)
    return f"title: {name}\ndescription: {title}\nstage: GA\nincludedPermissions:\n{listed}"


def table_grants(
    project: str, dataset: str, account: str | None, *, storage_api: bool
) -> Iterator[Grant]:
    """Yield what asking an export's table needs.

    Args:
        project: Project that runs and pays the queries.
        dataset: Data set of the export, `PROJECT.DATASET`.
        account: Billing account, where its projects are compared with the registry.
        storage_api: Whether rows come through the Storage Read API.
    """
    owner = dataset.rpartition(".")[0]
    yield Grant(
        f"custom role on the data set {dataset} alone, never on its project",
        f"{role('trueupTableReader')}\n"
        f"{_create('trueupTableReader', f'--project={owner}')}"
        f"bq query --use_legacy_sql=false 'GRANT `projects/{owner}/roles/trueupTableReader` "
        f'ON SCHEMA `{dataset}` TO "{MEMBER}"\'\n',
    )
    for name in ("trueupJobRunner", *(("trueupRowReader",) if storage_api else ())):
        yield Grant(
            f"custom role on the project {project}",
            f"{role(name)}\n{_create(name, f'--project={project}')}"
            f"gcloud projects add-iam-policy-binding {project} --member={MEMBER} "
            f"--role=projects/{project}/roles/{name}\n",
        )
    if account:
        yield Grant(
            f"custom role on the billing account {account}",
            f"{role('trueupBillingReader')}\n"
            f"{_create('trueupBillingReader', '--organization=ORGANIZATION')}"
            f"gcloud billing accounts add-iam-policy-binding {account} --member={MEMBER} "
            "--role=organizations/ORGANIZATION/roles/trueupBillingReader\n",
        )


def bucket_grants(location: str) -> Iterator[Grant]:
    """Yield what reading `gs://bucket/prefix` needs; a role cannot be bound to a prefix alone."""
    bucket = location.removeprefix("gs://").partition("/")[0]
    yield Grant(
        f"custom role on the bucket {bucket}",
        f"{role('trueupObjectReader')}\n{_create('trueupObjectReader', '--project=PROJECT')}"
        f"gcloud storage buckets add-iam-policy-binding gs://{bucket} --member={MEMBER} "
        "--role=projects/PROJECT/roles/trueupObjectReader\n",
    )


def _create(name: str, where: str) -> str:
    return f"gcloud iam roles create {name} {where} --file={name}.yaml\n"
