"""Settings from the environment, prefix `STEGVIS_`. All errors come at once, before anything starts."""

from __future__ import annotations

import json
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

#: What somebody can choose or change themselves, or what passes from one person to another, says nobody's identity.
NOT_A_NUMBER = frozenset({"email", "mail", "preferred_username", "upn", "unique_name", "name", "nickname"})
_SMTP = ("smtp://", "smtps://", "smtp+starttls://")
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class ProviderSettings(BaseModel):
    """A region's own sign-in (OpenID Connect). `region`: whose people it may sign in; none means everybody's.

    `claims` says what the provider calls `name`, `email` and `number` (the directory number, HSA-id for one).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str
    client_id: str = Field(min_length=1)
    client_secret: str = Field(default="", repr=False)
    client_secret_file: Path | None = None
    region: str | None = None
    name: str = ""
    scopes: str = "openid profile email"
    claims: dict[str, str] = {}
    acr_values: str = ""
    acr_step_up: str = ""
    sign_out: bool = True

    @field_validator("issuer")
    @classmethod
    def _https(cls, issuer: str) -> str:
        if not is_https_or_local(issuer) or urlsplit(issuer).query or urlsplit(issuer).fragment:
            raise ValueError("an issuer is an https address")
        return issuer

    @field_validator("claims", mode="before")
    @classmethod
    def _pairs(cls, given: Any) -> Any:
        """ "name=name number=employeeHsaId", or an object."""
        pairs = dict(p.split("=", 1) for p in given.split()) if isinstance(given, str) else dict(given)
        if set(pairs) - {"name", "email", "number"} or pairs.get("number") in NOT_A_NUMBER:
            raise ValueError("claims are name, email and number; an address is nobody's number")
        return {"name": "name", "email": "email"} | pairs

    @property
    def secret(self) -> str:
        """Raises OSError when its file cannot be read."""
        return self.client_secret_file.read_text().strip() if self.client_secret_file else self.client_secret

    @property
    def step_up_levels(self) -> tuple[str, ...]:
        return tuple(self.acr_step_up.split())


def is_https_or_local(address: str) -> bool:
    """An address that others cannot read along: https, or this machine's own."""
    parts = urlsplit(address)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)
    )  # fmt: skip


class Settings(BaseSettings):
    """One frozen object; passed on, never read from the environment again."""

    model_config = SettingsConfigDict(env_prefix="STEGVIS_", frozen=True, extra="ignore")

    database_url: str = ""
    data_dir: Path = Path("var")
    files_url: str = ""
    base_url: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65_535)
    mail_url: str = ""
    bounces_url: str = ""
    mail_from: str = "Stegvis <stegvis@localhost>"
    secret_key: str = ""
    secret_key_file: Path | None = None
    demo: bool = False
    locale: Literal["sv", "en"] = "sv"
    scan_command: str = ""
    tick_seconds: float = Field(default=15.0, gt=0)
    log_format: Literal["text", "json"] = "text"
    step_up_minutes: int = Field(default=10, ge=1, le=60)
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = Field(default="", repr=False)
    oidc_client_secret_file: Path | None = None
    oidc_region: str | None = None
    oidc_name: str = ""
    oidc_scopes: str = "openid profile email"
    oidc_claims: str = ""
    oidc_acr_values: str = ""
    oidc_acr_step_up: str = ""
    oidc_sign_out: bool = True
    oidc_providers_file: Path | None = None

    @model_validator(mode="after")
    def _providers_can_be_read(self) -> Self:
        _ = self.providers
        return self

    @field_validator("mail_url")
    @classmethod
    def _mail_goes_somewhere(cls, url: str) -> str:
        """Folders, the schemes of SMTP, or nowhere but memory."""
        whole = (url.startswith("dir:") and url != "dir:") or (url.startswith(_SMTP) and urlsplit(url).hostname)
        if url and url != "memory:" and not whole:
            raise ValueError("dir:PATH, smtp://HOST:PORT, smtps://HOST, smtp+starttls://HOST")
        return url

    @field_validator("files_url")
    @classmethod
    def _files_lie_in_a_folder(cls, url: str) -> str:
        if url and url != "none:" and not (url.startswith("dir:") and url != "dir:"):
            raise ValueError("dir:PATH")
        return url

    @field_validator("base_url")
    @classmethod
    def _links_can_be_followed(cls, url: str) -> str:
        if url and not (url.startswith(("http://", "https://")) and urlsplit(url).hostname):
            raise ValueError("https://HOST")
        return url

    @field_validator("mail_from")
    @classmethod
    def _mail_can_be_answered(cls, sender: str) -> str:
        if "@" not in parseaddr(sender)[1]:
            raise ValueError("NAME <ADDRESS>")
        return sender

    @field_validator("secret_key_file")
    @classmethod
    def _key_can_be_read(cls, path: Path | None) -> Path | None:
        if path is not None and not path.is_file():
            raise ValueError("FILE")
        return path

    @field_validator("database_url")
    @classmethod
    def _psycopg_by_name(cls, url: str) -> str:
        """`postgresql://` means psycopg 3 here, whatever the library's default is."""
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url[len(prefix) :]
        return url

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir}/stegvis.db"

    @property
    def embedded_database(self) -> bool:
        """The default database, which a command may create and migrate by itself."""
        return not self.database_url

    @property
    def mail(self) -> str:
        return self.mail_url or f"dir:{self.data_dir}/mail"

    @property
    def files(self) -> str:
        return self.files_url or f"dir:{self.data_dir}/files"

    @property
    def address(self) -> str:
        return (self.base_url or f"http://{self.host}:{self.port}").rstrip("/")

    @cached_property
    def secure(self) -> bool:
        return self.address.startswith("https://")

    @property
    def providers(self) -> tuple[ProviderSettings, ...]:
        """The one of the OIDC settings first, then those of the file. Raises ValueError."""
        given: list[dict[str, Any]] = []
        if self.oidc_issuer:
            names = [n for n in ProviderSettings.model_fields if n != "sign_out"]
            given.append({n: getattr(self, f"oidc_{n}") for n in names} | {"sign_out": self.oidc_sign_out})
        if self.oidc_providers_file is not None:
            try:
                given += json.loads(self.oidc_providers_file.read_text())
            except OSError as error:
                raise ValueError("STEGVIS_OIDC_PROVIDERS_FILE cannot be read") from error
        try:
            made = tuple(ProviderSettings(**each) for each in given)
        except ValidationError as error:
            if not self.oidc_issuer:
                raise ValueError("STEGVIS_OIDC_PROVIDERS_FILE") from error
            raise ValueError(" ".join(f"STEGVIS_OIDC_{e['loc'][0]}".upper() for e in error.errors())) from error
        if len({p.issuer for p in made}) != len(made):
            raise ValueError("each issuer stands once")
        return made
