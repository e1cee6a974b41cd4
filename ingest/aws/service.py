"""Names of services and units: the provider's words in the words of FOCUS."""

from __future__ import annotations

from typing import Final

import polars as pl

from ingest.aws.distinct import Distinct

AI: Final = "AI and Machine Learning"

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

# By their spelling in lower case.
UNITS: Final = {
    **dict.fromkeys(("hr", "hrs", "hour", "hours"), "Hours"),
    **dict.fromkeys(("min", "minute", "minutes"), "Minutes"),
    **dict.fromkeys(("sec", "second", "seconds"), "Seconds"),
    **dict.fromkeys(("gb-mo", "gb-month", "gb-months"), "GB-Months"),
    **dict.fromkeys(("gb-hrs", "gb-hour", "gb-hours"), "GB-Hours"),
    **dict.fromkeys(("gb-second", "gb-seconds", "lambda-gb-second"), "GB-Seconds"),
    **dict.fromkeys(("request", "requests"), "Requests"),
    "tokens": "Tokens",
    "1k tokens": "1000 Tokens",
    "1m tokens": "1000000 Tokens",
    **dict.fromkeys(("quantity", "unit", "units"), "Units"),
}


def described(code: str, name: str) -> tuple[str, str, str]:
    """Return name, category and subcategory of a product by its code, else by its name."""
    if code in SERVICES:
        return SERVICES[code]
    if "Bedrock" in name:  # makers of models sell it under product codes of their own
        return name, AI, "Generative AI"
    return name, "Other", "Other (Other)"


def unit_of(text: str) -> str:
    """Return the unit that a pricing unit of the bill means."""
    return UNITS.get(text.casefold(), text)


def unit(units: Distinct) -> pl.Expr:
    """Return the pricing unit; a quantity without one counts units."""
    return units.chosen(unit_of, pl.String()).fill_null("Units")
