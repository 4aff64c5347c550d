"""All settings, read from the environment once; docs/settings.md describes each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator, model_validator
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
    telegram_rate: Annotated[float, Field(ge=1, le=1000)] = 30
    announcement_undo_seconds: Annotated[int, Field(ge=0, le=3600)] = 120
    most_recipients: Annotated[int, Field(ge=0)] = 0
    messenger_page: str = ""
    messenger_page_token: SecretStr = SecretStr("")
    messenger_app: str = ""
    messenger_app_secret: SecretStr = SecretStr("")
    messenger_verify_token: SecretStr = SecretStr("")
    messenger_base_url: str = "https://graph.facebook.com"
    messenger_api_version: str = "v24.0"
    messenger_human_agent: bool = False
    whatsapp_token: SecretStr = SecretStr("")
    whatsapp_phone: str = ""
    whatsapp_app_secret: SecretStr = SecretStr("")
    whatsapp_verify_token: SecretStr = SecretStr("")
    whatsapp_base_url: str = "https://graph.facebook.com"
    whatsapp_template: str = ""
    whatsapp_templates_a_day: Annotated[int, Field(ge=0, le=100_000)] = 0
    writers: Annotated[int, Field(ge=1, le=16)] = 3
    encoder: bool = True
    frame_ancestors: str = "*"
    log_level: str = "INFO"
    log_json: bool = False
    undo_seconds: Annotated[int, Field(ge=0, le=600)] = 10
    promise_days: Annotated[int, Field(ge=1, le=120)] = 20
    trusted_proxies: Annotated[int, Field(ge=0, le=5)] = 0
    team_of_one: bool = False
    message_confirm_above: Annotated[int, Field(ge=0, le=1_000_000)] = 50

    @field_validator("public_url")
    @classmethod
    def _https(cls, url: str) -> str:
        if url and not url.startswith("https://"):
            raise ValueError("must begin with https://, because Telegram and Meta deliver only there")
        return url.rstrip("/")

    @field_validator("messenger_api_version")
    @classmethod
    def _version(cls, version: str) -> str:
        if not re.fullmatch(r"v\d{1,3}\.\d{1,2}", version):
            raise ValueError('must be a version of the Graph API, such as "v24.0"')
        return version

    @model_validator(mode="after")
    def _whole_page(self) -> Settings:
        given = [bool(secret.get_secret_value()) for secret in (self.messenger_page_token, self.messenger_app_secret)]
        if any(given) and not (all(given) and self.messenger_page and self.messenger_verify_token.get_secret_value()):
            raise ValueError(
                "Messenger needs HIWAR_MESSENGER_PAGE, HIWAR_MESSENGER_PAGE_TOKEN, HIWAR_MESSENGER_APP_SECRET and "
                "HIWAR_MESSENGER_VERIFY_TOKEN, all four or none"
            )
        return self

    @model_validator(mode="after")
    def _whole_number(self) -> Settings:
        given = (self.whatsapp_token, self.whatsapp_app_secret, self.whatsapp_verify_token)
        if self.whatsapp_token.get_secret_value() and not (self.whatsapp_phone and all(one.get_secret_value() for one in given)):
            raise ValueError(
                "WhatsApp needs HIWAR_WHATSAPP_TOKEN, HIWAR_WHATSAPP_PHONE, HIWAR_WHATSAPP_APP_SECRET and HIWAR_WHATSAPP_VERIFY_TOKEN"
            )
        return self

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
