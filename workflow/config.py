"""Settings from the environment, prefix `STEGVIS_`. All errors come at once, before anything starts."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """One frozen object; passed on, never read from the environment again."""

    model_config = SettingsConfigDict(env_prefix="STEGVIS_", frozen=True, extra="ignore")

    database_url: str = ""
    data_dir: Path = Path("var")
    files_url: str = ""
    base_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    mail_url: str = ""
    mail_from: str = "Stegvis <stegvis@localhost>"
    secret_key: str = ""
    secret_key_file: Path | None = None
    demo: bool = False
    locale: Literal["sv", "en"] = "sv"
    scan_command: str = ""
    tick_seconds: float = Field(default=15.0, gt=0)
    log_format: Literal["text", "json"] = "text"

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
        """The default database, which `run` may create and migrate by itself."""
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
