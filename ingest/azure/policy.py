"""The least that must be granted to read a container: a role for its data, and where to bind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from ingest.source import Grant

SCOPE: Final = (
    "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Storage"
    "/storageAccounts/{account}/blobServices/default/containers/{container}"
)


def role() -> str:
    """Return a custom role that reads and lists blobs, for `az role definition create`."""
    return (
        json.dumps(
            {
                "Name": "trueup Blob Reader",
                "Description": "Reads and lists blobs of the containers it is bound to",
                "Actions": ["Microsoft.Storage/storageAccounts/blobServices/containers/read"],
                "NotActions": [],
                "DataActions": [
                    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
                ],
                "NotDataActions": [],
                "AssignableScopes": ["/subscriptions/SUBSCRIPTION/resourceGroups/GROUP"],
            },
            indent=2,
        )
        + "\n"
    )


def grants(location: str) -> Iterator[Grant]:
    """Yield what reading `https://ACCOUNT.blob.core.windows.net/CONTAINER/prefix` needs."""
    parts = urlsplit(location)
    account = (parts.hostname or "").partition(".")[0]
    container = parts.path.strip("/").partition("/")[0]
    scope = SCOPE.format(account=account, container=container)
    yield Grant(
        f"custom role on the container {container}; or a signature with sp=rl for it alone",
        f"{role()}\naz role definition create --role-definition trueup-blob-reader.json\n"
        f"az role assignment create --assignee OBJECT_ID --role 'trueup Blob Reader' "
        f"--scope {scope}\n",
    )
