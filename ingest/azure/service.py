"""Names of services: the provider's meter categories and resource providers in FOCUS words."""

from __future__ import annotations

from typing import Final

import polars as pl

AI: Final = "AI and Machine Learning"
GOVERNANCE: Final = "Management and Governance"

# Category and subcategory of each service name. One category per name (FOCUS: MUST).
SERVICES: Final = {
    "Azure Machine Learning": (AI, "Machine Learning"),
    "Azure OpenAI": (AI, "Generative AI"),
    "Foundry Models": (AI, "Generative AI"),
    "Cognitive Services": (AI, "AI Platforms"),
    "Azure AI Search": (AI, "AI Platforms"),
    "Azure AI services": (AI, "AI Platforms"),
    "Azure Bot Service": (AI, "Bots"),
    "Virtual Machines": ("Compute", "Virtual Machines"),
    "Virtual Machines Licenses": ("Compute", "Virtual Machines"),
    "Virtual Machine Scale Sets": ("Compute", "Virtual Machines"),
    "Batch": ("Compute", "Other (Compute)"),
    "Azure App Service": ("Web", "Application Platforms"),
    "Functions": ("Compute", "Serverless Compute"),
    "Container Instances": ("Compute", "Containers"),
    "Container Apps": ("Compute", "Containers"),
    "Azure Kubernetes Service": ("Compute", "Containers"),
    "Cloud Services": ("Compute", "Other (Compute)"),
    "Container Registry": ("Developer Tools", "Other (Developer Tools)"),
    "Azure DevOps": ("Developer Tools", "Other (Developer Tools)"),
    "Storage": ("Storage", "Other (Storage)"),
    "Azure NetApp Files": ("Storage", "File Storage"),
    "Backup": ("Storage", "Backup Storage"),
    "Virtual Network": ("Networking", "Network Infrastructure"),
    "Bandwidth": ("Networking", "Network Infrastructure"),
    "Load Balancer": ("Networking", "Application Networking"),
    "Application Gateway": ("Networking", "Application Networking"),
    "Azure Front Door Service": ("Networking", "Content Delivery"),
    "Azure Firewall": ("Networking", "Network Security"),
    "Azure DNS": ("Networking", "Network Routing"),
    "NAT Gateway": ("Networking", "Network Infrastructure"),
    "VPN Gateway": ("Networking", "Network Connectivity"),
    "ExpressRoute": ("Networking", "Network Connectivity"),
    "SQL Database": ("Databases", "Relational Databases"),
    "SQL Managed Instance": ("Databases", "Relational Databases"),
    "Azure Database for MySQL": ("Databases", "Relational Databases"),
    "Azure Database for PostgreSQL": ("Databases", "Relational Databases"),
    "Azure Cosmos DB": ("Databases", "NoSQL Databases"),
    "Redis Cache": ("Databases", "Caching"),
    "Azure Databricks": ("Analytics", "Analytics Platforms"),
    "Azure Synapse Analytics": ("Analytics", "Data Warehouses"),
    "Azure Data Factory v2": ("Analytics", "Data Processing"),
    "Azure Data Explorer": ("Analytics", "Analytics Platforms"),
    "Microsoft Fabric": ("Analytics", "Analytics Platforms"),
    "HDInsight": ("Analytics", "Data Processing"),
    "Stream Analytics": ("Analytics", "Streaming Analytics"),
    "Event Hubs": ("Integration", "Messaging"),
    "Service Bus": ("Integration", "Messaging"),
    "Event Grid": ("Integration", "Messaging"),
    "Logic Apps": ("Integration", "Other (Integration)"),
    "API Management": ("Integration", "API Management"),
    "Azure Monitor": (GOVERNANCE, "Observability"),
    "Log Analytics": (GOVERNANCE, "Observability"),
    "Application Insights": (GOVERNANCE, "Observability"),
    "Automation": (GOVERNANCE, f"Other ({GOVERNANCE})"),
    "Key Vault": ("Security", "Secret Management"),
    "Microsoft Defender for Cloud": ("Security", "Security Posture Management"),
    "Advanced Threat Protection": ("Security", "Threat Detection and Response"),
    "Advanced Data Security": ("Security", "Threat Detection and Response"),
    "Sentinel": ("Security", "Threat Detection and Response"),
    "Azure IoT Hub": ("Internet of Things", "IoT Platforms"),
    "Media Services": ("Media", "Other (Media)"),
    "SignalR": ("Web", "Application Platforms"),
}

# Resource provider, lower case: the service, where the meter category is none of the above.
PROVIDERS: Final = {
    "microsoft.apimanagement": "API Management",
    "microsoft.app": "Container Apps",
    "microsoft.automation": "Automation",
    "microsoft.batch": "Batch",
    "microsoft.botservice": "Azure Bot Service",
    "microsoft.cache": "Redis Cache",
    "microsoft.cognitiveservices": "Cognitive Services",
    "microsoft.compute": "Virtual Machines",
    "microsoft.containerinstance": "Container Instances",
    "microsoft.containerregistry": "Container Registry",
    "microsoft.containerservice": "Azure Kubernetes Service",
    "microsoft.databricks": "Azure Databricks",
    "microsoft.datafactory": "Azure Data Factory v2",
    "microsoft.dbformysql": "Azure Database for MySQL",
    "microsoft.dbforpostgresql": "Azure Database for PostgreSQL",
    "microsoft.documentdb": "Azure Cosmos DB",
    "microsoft.eventgrid": "Event Grid",
    "microsoft.eventhub": "Event Hubs",
    "microsoft.fabric": "Microsoft Fabric",
    "microsoft.insights": "Azure Monitor",
    "microsoft.keyvault": "Key Vault",
    "microsoft.kusto": "Azure Data Explorer",
    "microsoft.logic": "Logic Apps",
    "microsoft.machinelearningservices": "Azure Machine Learning",
    "microsoft.network": "Virtual Network",
    "microsoft.operationalinsights": "Log Analytics",
    "microsoft.search": "Azure AI Search",
    "microsoft.security": "Microsoft Defender for Cloud",
    "microsoft.servicebus": "Service Bus",
    "microsoft.sql": "SQL Database",
    "microsoft.storage": "Storage",
    "microsoft.synapse": "Azure Synapse Analytics",
    "microsoft.web": "Azure App Service",
}
_NAMES: Final = pl.Enum([name.lower() for name in SERVICES])
_PROVIDERS: Final = pl.Enum(list(PROVIDERS))
_SERVICES: Final = pl.Series(
    [list(SERVICES).index(name) for name in PROVIDERS.values()], dtype=pl.UInt32
)


def of_line() -> dict[str, pl.Expr]:
    """Return name, category and subcategory of a row's service.

    The meter category names it. What the table does not have goes by the resource provider
    that used it, and at last by the words of the row.
    """
    meter, used = pl.col("meter_category"), pl.col("consumed_service")
    at = pl.coalesce(
        meter.str.to_lowercase().cast(_NAMES, strict=False).to_physical().cast(pl.UInt32),
        _at(_SERVICES, used.str.to_lowercase().cast(_PROVIDERS, strict=False).to_physical()),
    )
    words = {
        "service_name": pl.coalesce(meter, used, pl.lit("Other")),
        "service_category": pl.lit("Other"),
        "service_subcategory": pl.lit("Other (Other)"),
    }
    table = pl.DataFrame(
        [(name, *words) for name, words in SERVICES.items()], schema=[*words], orient="row"
    )
    return {name: pl.coalesce(_at(table[name], at), else_) for name, else_ in words.items()}


def _at(values: pl.Series, index: pl.Expr) -> pl.Expr:
    """Return the values at places of a small table, batch by batch."""
    return pl.lit(values).gather(index)
