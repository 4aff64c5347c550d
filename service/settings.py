"""All settings, read from the environment once; docs/settings.md describes each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.library import FOLDER


class Settings(BaseSettings):
    """Every setting is `HIWAR_` and its name in capitals; none is needed to start."""

    model_config = SettingsConfigDict(env_prefix="HIWAR_", frozen=True, extra="ignore", env_ignore_empty=True)

    data: Path = Path("data")
    content: Path = FOLDER
    database_url: SecretStr = SecretStr("")
    key_file: Path | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    public_url: str = ""
    telegram_token: SecretStr = SecretStr("")
    telegram_base_url: str = "https://api.telegram.org"
    telegram_webhook: bool = True
    telegram_staff_group: Annotated[str, Field(pattern=r"^(-?\d{1,20})?$")] = ""
    writers: Annotated[int, Field(ge=1, le=16)] = 3
    encoder: bool = True
    frame_ancestors: str = "*"
    log_level: str = "INFO"
    log_json: bool = False
    promise_days: Annotated[int, Field(ge=1, le=120)] = 20
    undo_seconds: Annotated[int, Field(ge=0, le=600)] = 10
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    team_of_one: bool = False

    @field_validator("public_url")
    @classmethod
    def _https(cls, url: str) -> str:
        if url and not url.startswith("https://"):
            raise ValueError("must begin with https://, because Telegram and Meta deliver only there")
        return url.rstrip("/")

    @field_validator("log_level")
    @classmethod
    def _level(cls, level: str) -> str:
        if level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return level.upper()

    @property
    def url(self) -> str:
        """The database's address; a SQLite file in the data folder unless set."""
        return self.database_url.get_secret_value() or f"sqlite:///{(self.data / 'hiwar.db').absolute()}"

    @property
    def key_path(self) -> Path:
        return self.key_file or self.data / "hiwar.key"
