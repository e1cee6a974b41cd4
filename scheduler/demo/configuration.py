"""The configuration files of the demonstration; their comments teach the layout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from models.period import Month
from scheduler.demo.calendar import Calendar
from scheduler.demo.euro import rate
from scheduler.demo.story import Story

TRUEUP: Final = """\
# yaml-language-server: $schema=.trueup/schema/trueup.schema.json
# The one file that names all others. Try: trueup status, trueup run, trueup report
name: fine-tuning demo
demo: true                         # every page says DEMO DATA
reporting_currency: USD

# Where bills come from. A folder laid out like the bucket serves as well as the bucket.
sources:
  aws:                             # the main payer, CUR 2.0
    kind: aws_data_export
    location: exports/aws          # in earnest: s3://bucket/prefix
    export: fine-tuning-cur2
  research:                        # a second payer, FOCUS 1.2
    kind: aws_data_export
    location: exports/research
    export: research-focus
  google:                          # the third cloud account: rows of its usage cost export
    kind: gcp_billing_export       # in earnest: gcp_bigquery, or gs://bucket/prefix
    location: exports/google
    pattern: "{month}/*.parquet"
  labeling:                        # invoices of a company that writes German
    kind: invoice_csv
    folder: invoices/labeling
    issuer: Acme Labels GmbH
    service: Data labeling
    columns:                       # ours: theirs
      number: Rechnung
      issued: Datum
      line: Position
      kind: Art
      description: Leistung
      quantity: Menge
      unit: Einheit
      unit_price: Preis
      amount: Netto
      tax: MwSt
      currency: Währung
      service_start: Von
      service_end: Bis
      purchase_order: Bestellung
      tags: {project: Projekt}
    delimiter: ";"
    decimal: ","
    thousands: "."
    dates: "%d.%m.%Y"
    credit_kinds: [Gutschrift]     # credit notes print their amount without a sign
    expected_by_day: 5             # of the next month; later, the month is incomplete
    tax_recoverable: true          # tax that comes back is no cost of a project
  documents:                       # electronic invoices, UBL here, of whoever may invoice
    kind: invoice_document
    location: invoices/documents
    vendors:
      satzwerk:
        issuer: Satzwerk Annotation GmbH
        ids: ["vat:DE287415906"]
        service: Data labeling
        tax_recoverable: true
    expected_by_day: 5
  acceptance:                      # labels that passed our checks: what was really delivered
    kind: usage_csv
    location: acceptance
    driver: labels_accepted
    columns: {day: day, unit: project, quantity: accepted}
  gateway:                         # calls and tokens of our endpoints, as the gateway counts them
    kind: usage_csv
    location: gateway
    pattern: "{month}.csv"
    columns: {day: day, unit: project, driver: driver, run_id: endpoint, detail: direction,
              quantity: quantity}
  machines:                        # our own server, written off over four years
    kind: asset_register
    location: machines
    file: register.csv
    hours:                         # shared out by hours of its accelerators; idle stays visible
      kind: slurm
      location: machines/sacct     # what `sacct -a -X -P` wrote
      pattern: "{month}.txt"
      time_zone: Etc/UTC
  slurm:                           # the same accounting as usage: GPU-hours, runs and their state
    kind: slurm
    location: machines/sacct
    pattern: "{month}.txt"
    time_zone: Etc/UTC
  timesheets:                      # our own engineers, at standard rates of their roles
    kind: timesheet
    location: timesheets
    format: clockify
    dates: "%d/%m/%Y"
    zone: Etc/UTC
    people: confidential/people.yaml # mail address: role; names, notes and pay are never kept
    rates: confidential/role-rates.yaml # of a role, never of a person; mode 0600 both
    key_file: confidential/people.key
    expected_by_day: 5
  contractors:                     # labor, hours x rate
    kind: invoice_csv
    folder: invoices/contractors
    issuer: Northwind Engineering
    service: Engineering
    columns:
      number: Invoice
      issued: Issued
      line: Line
      description: Role
      quantity: Hours
      unit: Unit
      unit_price: Rate
      amount: Amount
      currency: Currency
      service_start: From
      service_end: To
      purchase_order: PO
      tags: {project: Project}
    thousands: ","
    dates: "%Y-%m-%d"
    expected_by_day: 5

# A difference is material when it is both 5 % of plan and 1,000, or 50,000 in any case.
materiality: {percent: 5, floor: 1000, always: 50000}

# Who is told, once, when a project's estimate passes its limit.
channels:
  - kind: file
    path: reports/alerts.jsonl
"""

RULES: Final = """\
# yaml-language-server: $schema=.trueup/schema/rules.schema.json
# Which project and which term of the TCO each charge belongs to. Ordered: a rule may set
# project, category and item, and for each of the three the first rule that sets it wins.
# What no rule gives a project stands under "unallocated" in every report.
rules:
  # --- whose is it?
  - id: project-tag
    when: {tag.project: "*"}               # any spelling of the key: user_project, Project ...
    to: {project: "{tag.project}"}         # the value may be an id, a name or an alias
  - id: cluster-account                    # who used our own machines, by Slurm's account
    when: {source: [machines, slurm], tag.unit: "*"}
    to: {project: "{tag.unit}"}
  - id: e-invoices                         # of the company that labels for one project
    when: {purchase_order: PO-LABEL-COD}
    to: {project: code-assist-33b, category: data, item: labels}
  - id: savings-plan                       # bought for support's endpoints, and untagged
    when: {resource: "arn:aws:savingsplans::*"}
    to: {project: support-triage-8b, category: inference, item: serving}
  - id: reserved-instances
    when: {usage_type: "HeavyUsage:r7i.*"}
    to: {project: legal-summarizer-70b, category: infra, item: infra}
  # Last month a launch template lost its tags: see what is unallocated. Uncomment these
  # lines, run `trueup run` again, and the money goes home.
  # - id: kyc-by-name
  #   when: {resource: "*kyc-extract-8b*"}
  #   to: {project: kyc-extract-8b}

  # --- what is it?
  - id: sweeps
    when: {tag.workload: dpo-sweep}
    to: {category: training_compute, item: sweeps}
  - id: training-jobs
    when: {service: AmazonSageMaker, usage_type: ["*Train:*", "*TrSpt:*", "*Cluster:ml.*"]}
    to: {category: training_compute, item: train}
  - id: gpu-instances
    when: {usage_type: ["BoxUsage:p*", "SpotUsage:p*"]}
    to: {category: training_compute, item: train}
  - id: model-customization
    when: {usage_type: "*Customization-Training*"}
    to: {category: training_compute, item: train}
  - id: endpoints
    when: {usage_type: "*Host:*"}
    to: {category: inference, item: serving}
  - id: any-training                       # on any cloud: what a usage type or SKU is for
    when: {workload: training}
    to: {category: training_compute, item: train}
  - id: any-serving
    when: {workload: inference}
    to: {category: inference, item: serving}
  - id: object-storage
    when: {service: [AmazonS3, "Amazon Simple Storage Service", "Cloud Storage"]}
    to: {category: data, item: storage}
  - id: labels
    when: {source: labeling}
    to: {category: data, item: labels}
  - id: engineers
    when: {source: [contractors, timesheets]}
    to: {category: labor, item: engineers}
  - id: logs
    when: {service: [AmazonCloudWatch, "Cloud Logging"]}
    to: {category: ops_overhead, item: observability}
  - id: support-and-tax                    # of the payer; nobody's until somebody shares it out:
    when: {usage_type: Dollar}             # see `splits` below
    to: {category: ops_overhead}
    # to: {category: ops_overhead, split: overhead}
  - id: tax
    when: {charge_category: Tax}
    to: {category: ops_overhead}
  - id: own-machines                       # hardware that is written off
    when: {source: machines}
    to: {category: depreciation, item: machines}
  - id: the-rest-of-the-cloud
    when: {source: [aws, research, google]}
    to: {category: infra, item: infra}

# What several projects share, here by what each spent itself. Uncomment these lines and the
# second `to` of support-and-tax, take out its first, and support has its bearers.
# splits:
#   - id: overhead
#     spend: {}
"""


def projects(stories: Sequence[Story]) -> str:
    """Return the text of projects.yaml."""
    lines = [
        "# yaml-language-server: $schema=.trueup/schema/projects.schema.json",
        "# Every project that may carry a plan or spend, and every spelling bills use for it.",
        "projects:",
    ]
    for story in stories:
        others = [tag for tag in story.tags if tag.casefold() != story.id]
        lines += [
            f"  - id: {story.id}",
            f"    name: {story.name}",
            f"    owner: {story.owner}",
            f'    cost_center: "{story.cost_center}"',
            *([f"    aliases: [{', '.join(others)}]"] if others else []),
        ]
    return "\n".join([*lines, ""])


def rates(calendar: Calendar) -> str:
    """Return the text of rates.yaml."""
    lines = [
        "# yaml-language-server: $schema=.trueup/schema/rates.schema.json",
        "# One unit of `currency` in the reporting currency, for months from `from` on.",
        "rates:",
    ]
    stated = (calendar.start + -1, *calendar.billed)
    lines += [f"  - {_rate(month, calendar)}" for month in stated]
    return "\n".join([*lines, ""])


def _rate(month: Month, calendar: Calendar) -> str:
    value = rate(month, calendar)
    source = '"demo: made up, near the ECB reference rate"'
    return f"{{currency: EUR, to: USD, from: {month}, rate: {value}, source: {source}}}"
