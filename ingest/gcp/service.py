"""Names of services and units: the provider's words in the words of FOCUS."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Final

import polars as pl

_AI: Final = "AI and Machine Learning"
_MANAGEMENT: Final = "Management and Governance"

# service.description: category and subcategory; one each (FOCUS: MUST)
SERVICES: Final = {
    "AlloyDB": ("Databases", "Relational Databases"),
    "App Engine": ("Compute", "Serverless Compute"),
    "Artifact Registry": ("Developer Tools", "Other (Developer Tools)"),
    "BigQuery": ("Analytics", "Analytics Platforms"),
    "BigQuery Reservation API": ("Analytics", "Analytics Platforms"),
    "BigQuery Storage API": ("Analytics", "Analytics Platforms"),
    "Cloud Bigtable": ("Databases", "NoSQL Databases"),
    "Cloud Build": ("Developer Tools", "Other (Developer Tools)"),
    "Cloud Composer": ("Integration", "Other (Integration)"),
    "Cloud DNS": ("Networking", "Other (Networking)"),
    "Cloud Dataflow": ("Analytics", "Data Processing"),
    "Cloud Dataproc": ("Analytics", "Data Processing"),
    "Cloud Filestore": ("Storage", "File Storage"),
    "Cloud Key Management Service (KMS)": ("Security", "Other (Security)"),
    "Cloud Logging": (_MANAGEMENT, "Observability"),
    "Cloud Memorystore for Redis": ("Databases", "Caching"),
    "Cloud Monitoring": (_MANAGEMENT, "Observability"),
    "Cloud Pub/Sub": ("Integration", "Messaging"),
    "Cloud Run": ("Compute", "Serverless Compute"),
    "Cloud Run Functions": ("Compute", "Serverless Compute"),
    "Cloud SQL": ("Databases", "Relational Databases"),
    "Cloud Spanner": ("Databases", "Relational Databases"),
    "Cloud Storage": ("Storage", "Object Storage"),
    "Cloud TPU": (_AI, "Machine Learning"),
    "Compute Engine": ("Compute", "Virtual Machines"),
    "Gemini API": (_AI, "Generative AI"),
    "Kubernetes Engine": ("Compute", "Containers"),
    "Networking": ("Networking", "Other (Networking)"),
    "Notebooks": (_AI, "Machine Learning"),
    "Secret Manager": ("Security", "Secret Management"),
    "Support": (_MANAGEMENT, "Support"),
    "Vertex AI": (_AI, "Machine Learning"),
}
_NAMES: Final = pl.Enum(list(SERVICES))
_NAME: Final = pl.col("service").struct.field("description")

# usage.pricing_unit: unit format of FOCUS
UNITS: Final = {
    "byte": "B",
    "gibibyte": "GiB",
    "mebibyte": "MiB",
    "tebibyte": "TiB",
    "gigabyte": "GB",
    "gibibyte hour": "GiB-Hours",
    "gibibyte day": "GiB-Days",
    "gibibyte month": "GiB-Months",
    "gibibyte second": "GiB-Seconds",
    "gigabyte month": "GB-Months",
    "tebibyte month": "TiB-Months",
    "second": "Seconds",
    "minute": "Minutes",
    "hour": "Hours",
    "day": "Days",
    "month": "Months",
    "year": "Years",
    "count": "Count",
    "request": "Requests",
    "token": "Tokens",
}


def name() -> pl.Expr:
    """Return the service's name; a charge without one is of the provider as a whole."""
    return pl.coalesce(_NAME, pl.col("service").struct.field("id"), pl.lit("Google Cloud"))


def category() -> pl.Expr:
    """Return the category of a service."""
    return pl.coalesce(_looked_up(0), pl.lit("Other"))


def subcategory() -> pl.Expr:
    """Return the subcategory of a service."""
    return pl.coalesce(_looked_up(1), pl.lit("Other (Other)"))


def unit() -> pl.Expr:
    """Return the unit that is priced; one without a FOCUS name keeps its own."""
    given = pl.col("usage").struct.field("pricing_unit")
    return pl.coalesce(chosen((given == own, focus) for own, focus in UNITS.items()), given)


def chosen(texts: Iterable[tuple[pl.Expr, str]]) -> pl.Expr:
    """Return the text of the first condition that holds; null where none does."""
    nothing = pl.lit(None, dtype=pl.String)
    return reduce(
        lambda rest, each: pl.when(each[0]).then(pl.lit(each[1])).otherwise(rest),
        reversed(list(texts)),
        nothing,
    )


def _looked_up(part: int) -> pl.Expr:
    """Return a part of the table's row for a name; null where it has none."""
    row = _NAME.cast(_NAMES, strict=False).to_physical()
    rows: dict[str, list[int]] = {}
    for index, service in enumerate(SERVICES.values()):
        rows.setdefault(service[part], []).append(index)
    return chosen((row.is_in(at), text) for text, at in rows.items())
