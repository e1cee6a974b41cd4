"""The depot that a location names: an object store which machines share."""

from __future__ import annotations

from models.depot import Depot
from models.errors import ConfigError
from models.settings import Storage
from models.yamlfile import Tree


def depot(storage: Storage, tree: Tree) -> Depot:
    """Return the depot of a project; its client is imported only now.

    Args:
        storage: Where it is.
        tree: `trueup.yaml`, for the place of a mistake.

    Raises:
        ConfigError: for an address of a kind that there is none of.
    """
    if not storage.location.startswith("s3://"):
        said = f"{storage.location!r} is no store that machines can share; write s3://BUCKET/PREFIX"
        raise ConfigError(tree.mistake(said, "storage", "location"))
    from ingest.aws.client import Login  # noqa: PLC0415 - boto3 takes half a second to import
    from ingest.aws.depot import depot as bucket  # noqa: PLC0415

    return bucket(
        storage.location,
        Login(
            source="storage",
            profile=storage.profile,
            role_arn=storage.role_arn,
            external_id=storage.external_id,
            region=storage.region,
            endpoint_url=storage.endpoint_url,
        ),
    )
