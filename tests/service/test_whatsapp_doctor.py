"""The doctor reads the settings of WhatsApp."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from service.checks_whatsapp import look
from service.findings import Level
from service.settings import Settings

WHOLE = Settings(
    public_url="https://hiwar.example.ma",
    whatsapp_token=SecretStr("t"),
    whatsapp_phone="1",
    whatsapp_app_secret=SecretStr("s"),
    whatsapp_verify_token=SecretStr("v"),
)


@pytest.mark.parametrize(
    ("given", "is_installed", "level", "words"),
    [
        (WHOLE, False, Level.BROKEN, "pip install hiwar[whatsapp]"),
        (WHOLE.model_copy(update={"public_url": ""}), True, Level.BROKEN, "HIWAR_PUBLIC_URL"),
        (WHOLE.model_copy(update={"whatsapp_token": SecretStr("")}), True, Level.ATTENTION, "HIWAR_WHATSAPP_TOKEN"),
        (WHOLE.model_copy(update={"whatsapp_template": "waiting"}), True, Level.ATTENTION, "HIWAR_WHATSAPP_TEMPLATES_A_DAY"),
        (WHOLE.model_copy(update={"whatsapp_templates_a_day": 5}), True, Level.ATTENTION, "HIWAR_WHATSAPP_TEMPLATE "),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(given: Settings, is_installed: bool, level: Level, words: str) -> None:
    wrong = [finding for finding in look(given, is_installed=is_installed) if finding.level is not Level.OK]

    assert [finding.level for finding in wrong] == [level]
    assert words in str(wrong[0])


@pytest.mark.parametrize("given", [WHOLE, Settings()], ids=["whole", "off"])
def test_what_is_right_is_ok(given: Settings) -> None:
    assert {finding.level for finding in look(given, is_installed=True)} == {Level.OK}
