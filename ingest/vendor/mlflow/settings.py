"""What the user says about a tracking server, and what of its runs is kept."""

from __future__ import annotations

from base64 import b64encode
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from ingest.api import Api
from ingest.vendor.workload import Pattern
from models.field import Strict, Text


class Stated(Strict):
    """Where runs state something: a tag, or a parameter."""

    tag: Text | None = None
    """Name of a tag."""
    param: Text | None = None
    """Name of a parameter."""

    @model_validator(mode="after")
    def in_one_place(self) -> Self:
        """Refuse none and both."""
        if (self.tag is None) == (self.param is None):
            raise ValueError("set one of tag and param")
        return self


class Settings(Strict):
    """One tracking server."""

    kind: Literal["mlflow"]
    """This kind of source."""
    tracking_uri: Text
    """Address of the server; https where a token or a password is sent."""
    token: SecretStr | None = None
    """Bearer token; write ${NAME}."""
    username: Text | None = None
    """User of a server that asks for one."""
    password: SecretStr | None = None
    """Its password; write ${NAME}."""
    experiments: tuple[Pattern, ...] = ("*",)
    """Patterns of the experiments that are read, with `*` and `?`."""
    tags: tuple[Text, ...] = ()
    """Tags of runs that are kept, for rules. All others are dropped: they name people and paths."""
    params: tuple[Text, ...] = ()
    """Parameters of runs that are kept, as tags."""
    gpu_count: Stated | None = None
    """Where a run states on how many accelerators it ran; it comes before what was measured."""
    system_metrics: bool = True
    """Whether accelerators are counted in the system metrics of runs that state no number. They
    show all of a machine, whether the run used them or not."""
    gpu_type: Stated | None = None
    """Where a run states the model of its accelerators."""
    model: Stated | None = None
    """Where a run states the model it trains."""
    cluster: Stated | None = None
    """Where a run states the cluster it ran on."""
    attempts: int = Field(default=5, ge=1, le=10)
    """How often a busy server is asked."""
    final_after_days: int = Field(default=5, ge=0, le=366)
    """Days after its end in which a month may still change."""

    @model_validator(mode="after")
    def one_way_in(self) -> Self:
        """Refuse half a log-in, and two."""
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password belong together; set both")
        if self.token and self.username:
            raise ValueError("set a token, or username and password, not both")
        return self

    @property
    def reading(self) -> str:
        """Everything that decides what is kept of a run, and how it is read, as text."""
        left_out = {"tracking_uri", "token", "username", "password", "attempts", "final_after_days"}
        return self.model_dump_json(exclude=left_out)

    def api(self, source: str, attempts: int | None = None) -> Api:
        """Return the way in."""
        return Api(
            source=source,
            base=self.tracking_uri,
            headers=self._headers(),
            attempts=attempts or self.attempts,
        )

    def _headers(self) -> dict[str, str]:
        if self.token:
            return {"authorization": f"Bearer {self.token.get_secret_value()}"}
        if self.username and self.password:
            pair = f"{self.username}:{self.password.get_secret_value()}".encode()
            return {"authorization": f"Basic {b64encode(pair).decode()}"}
        return {}
