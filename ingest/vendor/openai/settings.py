"""What the user says about an OpenAI organization."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, SecretStr, StringConstraints, model_validator

from ingest.api import Api
from ingest.vendor.charge import Vendor
from ingest.vendor.workload import Patterns
from models.field import Strict, Text

BASE: Final = "https://api.openai.com/v1"
Endpoint = Literal[
    "completions", "embeddings", "moderations", "images", "audio_speeches", "audio_transcriptions"
]
ProjectId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]

# The first that matches decides; a hosted fine-tuned model is inference, its training is not.
WORKLOADS: Final[Patterns] = {
    "training": ("*training*", "*fine-tuning*", "*fine tuning*", "*finetuning*", "*fine_tuning*"),
    "storage": ("*storage*", "*vector store*"),
    "other": ("*web search*", "*code interpreter*", "*container*"),
    "inference": ("*",),
}


class Jobs(Strict):
    """The fine-tuning jobs of one project."""

    project: ProjectId
    """Id of the project, such as proj_abc."""
    key: SecretStr
    """A key of this project that may read fine-tuning; write ${NAME}."""


class Settings(Strict):
    """One organization, as its costs API tells of it."""

    kind: Literal["openai_costs"]
    """This kind of source."""
    key: SecretStr
    """Admin key that may read usage; write ${NAME}."""
    organization: Text
    """What the organization is called in charges, as billing account."""
    usage: tuple[Endpoint, ...] = ()
    """Usage endpoints that are read beside costs, for requests and tokens."""
    jobs: tuple[Jobs, ...] = ()
    """Projects whose fine-tuning jobs are read, for runs."""
    tokens: Literal["costs", "usage"] = "costs"
    """Which of them tells how many tokens there were: the quantities of costs, or the usage
    endpoints and the jobs. They count the same tokens, so that only one of them may."""
    workloads: Patterns = Field(default_factory=dict)
    """Patterns of line items by what they are for, with `*` and `?`; asked before our own."""
    api_keys: bool = False
    """Whether costs are told apart by API key, as the tag `api_key_id`."""
    base_url: Text = BASE
    """Address of the API, or of a proxy in front of it."""
    attempts: int = Field(default=5, ge=1, le=10)
    """How often a busy server is asked."""
    final_after_days: int = Field(default=5, ge=0, le=366)
    """Days after its end in which a month may still change."""
    expected_by_day: int | None = Field(default=None, ge=1, le=366)
    """Days after its end by which a month without any cost is late; without it, none is."""
    expected_every_hours: int | None = Field(default=None, gt=0)
    """Hours after which a running month in which nothing changed is late; without it, never."""

    @model_validator(mode="after")
    def counted_somewhere(self) -> Self:
        """Refuse tokens of usage where no usage is read, and a project that is named twice."""
        if self.tokens == "usage" and not (self.usage or self.jobs):
            raise ValueError("tokens come from usage, but none is read; set usage: [completions]")
        if len({job.project for job in self.jobs}) < len(self.jobs):
            raise ValueError("jobs names a project twice, whose runs would count twice")
        return self

    @property
    def reading(self) -> str:
        """Everything that decides how bytes become charges, as text."""
        return f"{self.organization} {self.tokens} {self.workloads}"

    @property
    def vendor(self) -> Vendor:
        """Who bills whom."""
        return Vendor(issuer="OpenAI", service="OpenAI API", account=self.organization)

    def api(self, source: str, key: SecretStr, attempts: int | None = None) -> Api:
        """Return the way in with a key."""
        return Api(
            source=source,
            base=self.base_url,
            headers={"authorization": f"Bearer {key.get_secret_value()}"},
            attempts=attempts or self.attempts,
        )
