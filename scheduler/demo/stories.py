"""The six stories, with the status each project must end up with."""

from __future__ import annotations

from typing import Final

from scheduler.demo.story import (
    Item,
    Part,
    Story,
    engineers,
    infra,
    labels,
    observability,
    serving,
    storage,
)

LEGAL: Final = Story(
    id="legal-summarizer-70b",
    name="Legal summarizer 70B",
    owner="r.okafor@example.com",
    cost_center="4417",
    tells="an evaluation regression doubled the sweeps; the estimate passes the limit",
    state="over_limit",
    contingency="180000.00",
    tags=("legal-summarizer-70b", "Legal_Summarizer_70B", "legal-summariser"),
    items=(
        Item(
            id="train",
            category="training_compute",
            quantity={"runs": 42, "gpu_hours_per_run": 2000},
            unit="gpu-hour",
            price="7.912",
            phasing="s_curve",
            went=(1000, 1020, 1040, 1080, 1110, 1120, 1120, 1115),
            parts=(Part("h100-cluster", 600, machines=4), Part("h100-train", 400, machines=3)),
        ),
        Item(
            id="sweeps",
            category="training_compute",
            quantity={"sweeps": 24, "gpu_hours_per_sweep": 1000},
            unit="gpu-hour",
            price="7.912",
            phasing="s_curve",
            went=(1000, 1050, 1200, 2000, 2200, 2300, 2300, 2250),
            parts=(Part("h100-train", machines=5),),
            workload="dpo-sweep",
        ),
        labels(60_000, "document", "2.40", "documents"),
        storage(1920),
        engineers(5, 120, "98.00"),
        serving(2, "1.7725", Part("a10g-x4-host", machines=2), gpus=4),
        infra(
            "107527.20",
            Part("lustre", 600),
            Part("disk", 400, machines=6),
            Part("memory", machines=2, covered="reservation"),
        ),
        observability("12000.00"),
    ),
)

SEARCH: Final = Story(
    id="search-rerank-1b",
    name="Search rerank 1B",
    owner="l.moreau@example.com",
    cost_center="4420",
    tells="spot H100 ran dry; runs moved to H200 on demand at a higher price",
    state="over_limit",
    contingency="22000.00",
    tags=("search-rerank-1b",),
    items=(
        Item(
            id="train",
            category="training_compute",
            quantity={"runs": 60, "gpu_hours_per_run": 625},
            unit="gpu-hour",
            price="4.40",
            price_basis="spot_average",
            went=(1000, 1016, 1120, 1215, 1295, 1359, 1415, 1439),
            parts=(Part("h100-spot", machines=3), Part("h200", machines=3)),
            moved=(0, 35, 241, 400, 514, 596, 661, 688),
        ),
        labels(72_000, "pair", "0.35", "pairs"),
        storage(240),
        engineers(1, 70, "92.00"),
        serving(2, "1.515", Part("a10g-small-host", machines=2)),
        infra("18457.20"),
        observability("6000.00"),
    ),
)

KYC: Final = Story(
    id="kyc-extract-8b",
    name="KYC extract 8B",
    owner="s.petrov@example.com",
    cost_center="4431",
    tells="37 % of last month's cost lost its project tag and stands under unallocated",
    state="at_risk",
    contingency="60000.00",
    tags=("kyc-extract-8b", "KYC-Extract-8B"),
    items=(
        Item(
            id="train",
            category="training_compute",
            quantity={"runs": 96, "gpu_hours_per_run": 1000},
            unit="gpu-hour",
            price="3.156325",
            went=(1080, 1140, 1190, 1240, 1270, 1290, 1300, 1300),
            parts=(Part("a100-train", machines=6),),
            untagged=620,
            tracked=True,
        ),
        labels(90_000, "document", "1.10", "documents"),
        storage(480),
        engineers(2, 80, "95.00"),
        Item(
            id="serving",
            category="inference",
            quantity={"endpoints": 8, "hours": 8760},
            unit="gpu-hour",
            price="2.03",
            went=(1080, 1140, 1190, 1240, 1270, 1290, 1300, 1300),
            parts=(Part("a10g-host", machines=8),),
            untagged=530,
        ),
        infra("39290.40"),
        observability("15000.00"),
    ),
)

CODE: Final = Story(
    id="code-assist-33b",
    name="Code assist 33B",
    owner="m.lindqvist@example.com",
    cost_center="4402",
    tells="on plan, from the second payer's bills in FOCUS, e-invoices, timesheets of our own "
    "people, and three quarters of a server of ours",
    state="on_plan",
    source="research",
    contingency="120000.00",
    tags=("code-assist-33b",),
    items=(
        Item(
            id="train",
            category="training_compute",
            quantity={"runs": 40, "gpu_hours_per_run": 2400},
            unit="gpu-hour",
            price="6.3175",
            went=(996, 1004, 1001, 999, 1005, 998, 1002, 1006),
            parts=(Part("h100", machines=6),),
        ),
        labels(48_000, "piece", "2.60", "comparisons"),  # what e-invoices call whatever they count
        storage(1200),
        engineers(4, 100, "102.00"),
        Item(id="machines", category="depreciation", amount="54000.00", went=(1000,)),
        serving(2, "1.7725", Part("a10g-x4-host", machines=2), gpus=4),
        infra("55303.20"),
        observability("18000.00"),
    ),
)

VOICE: Final = Story(
    id="voice-intent-3b",
    name="Voice intent 3B",
    owner="j.tanaka@example.com",
    cost_center="4425",
    tells="on plan, from Google Cloud; one labeling invoice came weeks late and still counts in "
    "its month of service",
    state="on_plan",
    source="google",
    contingency="36000.00",
    tags=("voice-intent-3b",),
    items=(
        Item(
            id="train",
            category="training_compute",
            quantity={"runs": 120, "gpu_hours_per_run": 320},
            unit="gpu-hour",
            price="0.88625",
            went=(990, 1012, 1004, 995, 1003, 1008, 997, 1004),
            parts=(Part("l4-train", machines=4),),
        ),
        labels(600_000, "utterance", "0.32", "utterances"),
        storage(120, "gcs"),
        engineers(2, 60, "90.00"),
        serving(4, "0.7575", Part("l4-host", machines=4), gpus=2),
        infra(
            "32522.40",
            Part("filestore", 400),
            Part("balanced-disk", 350, machines=4),
            Part("n2", 250, machines=2),
        ),
        observability("12000.00", "log-storage"),
    ),
)

SUPPORT: Final = Story(
    id="support-triage-8b",
    name="Support triage 8B",
    owner="a.bianchi@example.com",
    cost_center="4409",
    tells="under plan: a savings plan carries part of serving, and fewer tokens were trained",
    state="on_plan",
    contingency="60000.00",
    tags=("support-triage-8b",),
    items=(
        Item(
            id="train",
            category="training_compute",
            quantity={"jobs": 96, "thousand_tokens_per_job": 300_000},
            unit="1000 tokens",
            price="0.00799",
            went=(950, 940, 930, 930, 920, 930, 925, 930),
            parts=(Part("customization", machines=2),),
        ),
        labels(120_000, "ticket", "0.90", "tickets"),
        storage(360),
        engineers(3, 90, "94.00"),
        serving(
            10,
            "2.03",
            Part("a10g-host", machines=7),
            Part("a10g-host", machines=3, covered="plan"),
            went=(916,),
        ),
        infra("65220.00"),
        observability("30000.00"),
    ),
)

STORIES: Final = (LEGAL, SEARCH, KYC, CODE, VOICE, SUPPORT)
