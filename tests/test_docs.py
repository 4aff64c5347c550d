"""Documentation that cannot lie: what exists has its heading or row, and what has one exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from prometheus_client import Counter

from channels import messenger_errors, telegram_errors, whatsapp_errors
from handlers.contents import CONTENTS
from scheduler.retention import KEPT
from service.metrics import Metrics
from service.settings import Settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def headings(document: str) -> list[str]:
    return re.findall(r"^## (.+)$", (DOCS / document).read_text("utf-8"), re.MULTILINE)


def rows(document: str) -> dict[str, str]:
    """The rows of the tables of a document, by the code in their first cell."""
    return dict(re.findall(r"^\| `([^`]+)` \|(.*)\|$", (DOCS / document).read_text("utf-8"), re.MULTILINE))


def calls(folder: str, name: str) -> list[ast.Call]:
    """Every call of a method or function of this name in a folder's modules."""
    found = []
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == name:
                found.append(node)
    return found


def routes() -> set[str]:
    """Every route whose path is written out; the hooks add theirs, which are secret, in web/app.py."""
    found = {
        f"{method.upper()} {call.args[0].value}"
        for method in ("get", "post", "put", "patch", "delete")
        for call in calls("web", method)
        if isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "web"
        if isinstance(call.args[0], ast.Constant)
    }
    return found | {"POST /hooks/telegram/<secret path>"}


def reasons() -> set[str]:
    """Every reason a vendor's errors can give: of their tables, and of the failures made by hand."""
    made = {
        keyword.value.value
        for path in (ROOT / "channels").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Failed"
        for keyword in node.keywords
        if keyword.arg == "reason" and isinstance(keyword.value, ast.Constant)
    }
    return made | {row.reason for row in (*telegram_errors.TABLE, *messenger_errors.TABLE, *whatsapp_errors.TABLE)}


def jobs() -> set[str]:
    return {
        str(keyword.value.value)
        for folder in ("service", "scheduler")
        for call in calls(folder, "add_job")
        for keyword in call.keywords
        if keyword.arg == "id" and isinstance(keyword.value, ast.Constant)
    }


def test_what_is_looked_for_is_found_in_the_source() -> None:
    """Or the tests below would pass on nothing."""
    assert {"GET /", "POST /chat/messages", "GET /metrics"} <= routes()
    assert {"blocked", "timed_out", "migrated", "webhook_refused", "outside_window"} <= reasons()
    assert "retention" in jobs()
    assert len(calls("service", "add_job")) + len(calls("scheduler", "add_job")) == len(jobs())


def test_every_setting_has_its_heading() -> None:
    assert set(headings("settings.md")) == {f"HIWAR_{name.upper()}" for name in Settings.model_fields}


def test_every_feature_has_its_heading() -> None:
    assert headings("features.md") == [feature.name for feature in CONTENTS.features]


@pytest.mark.parametrize("name", [feature.name for feature in CONTENTS.features if feature.command])
def test_every_command_stands_under_its_feature(name: str) -> None:
    section = (DOCS / "features.md").read_text("utf-8").partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert f"`/{CONTENTS.by_name[name].command}`" in section


def test_every_route_has_its_row() -> None:
    assert set(rows("routes.md")) == routes()


def test_every_metric_has_its_row_with_its_labels() -> None:
    described = rows("metrics.md")
    metrics = Metrics()
    known = {}
    for collector in set(metrics.registry._collector_to_names):
        name = f"{collector._name}_total" if isinstance(collector, Counter) else collector._name
        known[name] = ", ".join(collector._labelnames)
    assert set(described) == set(known)
    assert {name: row.split("|")[1].strip() for name, row in described.items()} == known


def test_every_reason_of_a_failed_delivery_has_its_heading() -> None:
    assert reasons() <= set(headings("errors.md"))


def test_every_job_has_its_row() -> None:
    assert jobs() <= set(rows("operations.md"))


def test_every_kind_of_data_that_is_deleted_by_the_clock_has_its_row_with_its_days() -> None:
    described = rows("operations.md")
    assert {kind: described[kind].split("|")[0].strip() for kind in KEPT} == {kind: str(time.days) for kind, time in KEPT.items()}


def test_every_command_of_the_command_line_is_described() -> None:
    told = "\n".join(path.read_text("utf-8") for path in (*DOCS.rglob("*.md"), ROOT / "README.md"))
    commands = {str(call.args[0].value) for call in calls("service", "add_parser") if isinstance(call.args[0], ast.Constant)}
    assert {"run", "doctor", "letters"} <= commands
    assert [command for command in sorted(commands) if f"hiwar {command}" not in told] == []


@pytest.mark.parametrize("path", sorted(path.name for path in DOCS.glob("*.md")))
def test_files_named_in_a_document_exist(path: str) -> None:
    named = re.findall(
        r"(?<![\w/])(?:docs|service|storage|handlers|channels|scheduler|web|bot|deploy)/[\w/.-]+\.(?:md|py|service|conf)\b",
        (DOCS / path).read_text("utf-8"),
    )
    assert [name for name in named if not (ROOT / name).exists()] == []
