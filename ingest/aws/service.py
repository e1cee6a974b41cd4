"""Names of services and units: the provider's words in the words of FOCUS."""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.aws.line import chosen

AI: Final = "AI and Machine Learning"
_CODE: Final = pl.col("line_item_product_code")

# Product code: service name, category, subcategory. One category per name (FOCUS: MUST).
SERVICES: Final = {
    "AmazonSageMaker": ("Amazon SageMaker", AI, "Machine Learning"),
    "AmazonBedrock": ("Amazon Bedrock", AI, "Generative AI"),
    "AmazonBedrockService": ("Amazon Bedrock Service", AI, "Generative AI"),
    "AmazonBedrockFoundationModels": ("Amazon Bedrock Foundation Models", AI, "Generative AI"),
    "AmazonBedrockAgentCore": ("Amazon Bedrock AgentCore", AI, "Generative AI"),
    "comprehend": ("Amazon Comprehend", AI, "Natural Language Processing"),
    "AmazonTextract": ("Amazon Textract", AI, "Machine Learning"),
    "AmazonEC2": ("Amazon Elastic Compute Cloud", "Compute", "Virtual Machines"),
    "AWSLambda": ("AWS Lambda", "Compute", "Serverless Compute"),
    "AmazonECS": ("Amazon Elastic Container Service", "Compute", "Containers"),
    "AmazonEKS": ("Amazon Elastic Kubernetes Service", "Compute", "Containers"),
    "ComputeSavingsPlans": ("Savings Plans for AWS Compute usage", "Compute", "Other (Compute)"),
    "MachineLearningSavingsPlans": ("Savings Plans for AWS Machine Learning", AI, f"Other ({AI})"),
    "AmazonS3": ("Amazon Simple Storage Service", "Storage", "Object Storage"),
    "AmazonEFS": ("Amazon Elastic File System", "Storage", "File Storage"),
    "AmazonFSx": ("Amazon FSx", "Storage", "File Storage"),
    "AWSBackup": ("AWS Backup", "Storage", "Backup Storage"),
    "AmazonECR": (
        "Amazon Elastic Container Registry",
        "Developer Tools",
        "Other (Developer Tools)",
    ),
    "AmazonVPC": ("Amazon Virtual Private Cloud", "Networking", "Other (Networking)"),
    "AWSDataTransfer": ("AWS Data Transfer", "Networking", "Other (Networking)"),
    "AWSELB": ("Elastic Load Balancing", "Networking", "Application Networking"),
    "AmazonCloudWatch": (
        "AmazonCloudWatch",
        "Management and Governance",
        "Observability",
    ),
    "AmazonRDS": ("Amazon Relational Database Service", "Databases", "Relational Databases"),
    "AmazonDynamoDB": ("Amazon DynamoDB", "Databases", "NoSQL Databases"),
    "AmazonAthena": ("Amazon Athena", "Analytics", "Analytics Platforms"),
    "AWSGlue": ("AWS Glue", "Analytics", "Data Processing"),
    "awskms": ("AWS Key Management Service", "Security", "Other (Security)"),
}
_CODES: Final = pl.Enum(list(SERVICES))
_BEDROCK: Final = "Bedrock"  # model makers sell through the marketplace under codes of their own

UNITS: Final = {
    "Hrs": "Hours",
    "hours": "Hours",
    "Hour": "Hours",
    "hour": "Hours",
    "GB-Mo": "GB-Months",
    "GB-Month": "GB-Months",
    "GB-month": "GB-Months",
    "GB-Hrs": "GB-Hours",
    "second": "Seconds",
    "seconds": "Seconds",
    "Request": "Requests",
    "1K tokens": "1000 Tokens",
    "1M tokens": "1000000 Tokens",
    "Quantity": "Units",
}


def unit() -> pl.Expr:
    """Return the pricing unit; a quantity without one counts units."""
    given = pl.col("pricing_unit")
    spellings: dict[str, list[str]] = {}
    for spelling, meant in UNITS.items():
        spellings.setdefault(meant, []).append(spelling)
    known = chosen((given.is_in(each), meant) for meant, each in spellings.items())
    return pl.coalesce(known, given, pl.lit("Units"))


def name() -> pl.Expr:
    """Return the service's name: of the table, of the bill, else its code."""
    return pl.coalesce(_looked_up(0), pl.col("product").map.get("product_name"), _CODE)


def category(service: pl.Expr) -> pl.Expr:
    """Return the category of a service by code, else by name."""
    bedrock = service.str.contains(_BEDROCK, literal=True)
    return pl.coalesce(_looked_up(1), pl.when(bedrock).then(pl.lit(AI)), pl.lit("Other"))


def subcategory(service: pl.Expr) -> pl.Expr:
    """Return the subcategory of a service by code, else by name."""
    bedrock = service.str.contains(_BEDROCK, literal=True)
    generative = pl.when(bedrock).then(pl.lit("Generative AI"))
    return pl.coalesce(_looked_up(2), generative, pl.lit("Other (Other)"))


def _looked_up(part: int) -> pl.Expr:
    """Return a part of the table's row for a code; null where it has none."""
    row = _CODE.cast(_CODES, strict=False).to_physical()
    rows: dict[str, list[int]] = {}
    for index, service in enumerate(SERVICES.values()):
        rows.setdefault(service[part], []).append(index)
    return chosen((row.is_in(at), text) for text, at in rows.items())
