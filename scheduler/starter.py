"""The files `trueup init` writes: a project folder that is valid as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template
from typing import Final

TRUEUP: Final = Template("""\
# yaml-language-server: $$schema=.trueup/schema/trueup.schema.json
name: $name
reporting_currency: $currency

# Where bills come from. Uncomment and fill in one; `trueup ingest` then loads it.
sources: {}
#  aws:
#    kind: aws_data_export            # AWS Data Exports: CUR 2.0 or FOCUS 1.2, Parquet
#    location: s3://BUCKET/PREFIX     # or a folder with the same layout
#    export: EXPORT_NAME
#    profile: PROFILE
#  labeling:
#    kind: invoice_csv                # a folder of invoices, one line a row
#    folder: invoices/labeling
#    issuer: ISSUER
#    service: Data labeling
#    columns: {number: Invoice, issued: Date, amount: Net, currency: Currency}
#    dates: "%Y-%m-%d"

# Who is told when a project passes its limit.
channels:
  - kind: file
    path: reports/alerts.jsonl
#  - kind: webhook
#    url: $${TRUEUP_WEBHOOK_URL}
#    secret: $${TRUEUP_WEBHOOK_SECRET}
#    allow_hosts: [hooks.example.com]

schedule:
  at: "02:30"                          # UTC, every night
""")

PROJECTS: Final = Template("""\
# yaml-language-server: $$schema=.trueup/schema/projects.schema.json
projects:
  - id: $project
    name: $project
    owner: $owner
""")

RULES: Final = Template("""\
# yaml-language-server: $$schema=.trueup/schema/rules.schema.json
# Ordered. A rule may set project, category and item; for each of the three the first
# matching rule that sets it wins. What nothing matches is shown as unallocated.
rules:
  - id: project-tag
    when: {tag.project: "*"}
    to: {project: "{tag.project}"}
  - id: training-jobs
    when: {usage_type: ["*Train:*", "*TrSpt:*", "*BoxUsage:p*"]}
    to: {category: training_compute}
  - id: endpoints
    when: {usage_type: "*Host:*"}
    to: {category: inference}
""")

RATES: Final = Template("""\
# yaml-language-server: $$schema=.trueup/schema/rates.schema.json
# One unit of `currency` in units of the reporting currency, for months from `from` on.
rates: []
""")

PLAN: Final = Template("""\
# yaml-language-server: $$schema=../.trueup/schema/plan.schema.json
plan:
  project: $project
  id: $project
  version: 1
  currency: $currency
  start: $start
  horizon_months: 6
approval: {status: approved, author: $owner, by: $owner, at: $day, reason: first plan}
contingency: {rate: 0.15, use: computed}
items:
  - id: train
    category: training_compute
    quantity: {runs: 4, gpu_hours_per_run: 200}   # a product of named factors
    unit: gpu-hour
    unit_price: 2.50
    phasing: {method: even}
""")

IGNORE: Final = Template(".trueup/\nreports/\nconfidential/\n.env\n")
ENVIRONMENT: Final = Template("TRUEUP_WEBHOOK_URL=\nTRUEUP_WEBHOOK_SECRET=\n")


def files(values: Mapping[str, str]) -> dict[str, str]:
    """Return the starter files by path.

    Args:
        values: name, currency, project, owner, start (YYYY-MM), day (YYYY-MM-DD).
    """
    templates = {
        "trueup.yaml": TRUEUP,
        "projects.yaml": PROJECTS,
        "rules.yaml": RULES,
        "rates.yaml": RATES,
        f"plans/{values['project']}.yaml": PLAN,
        ".gitignore": IGNORE,
        ".env.example": ENVIRONMENT,
    }
    return {path: template.substitute(values) for path, template in templates.items()}
