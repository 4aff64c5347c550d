"""Checks a call against the machine-readable description of the Bot API (fixtures/telegram_api_spec)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SPEC_FILE = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "telegram_api_spec" / "api.min.json"


_PLAIN: dict[str, tuple[type, ...]] = {"Integer": (int,), "String": (str,), "Boolean": (bool,), "Float": (int, float), "InputFile": (str,)}


class Refusal(Exception):
    """The answer of the Bot API to a wrong call."""

    def __init__(self, status: int, description: str, parameters: Mapping[str, object] | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = parameters


def bad(words: str) -> Refusal:
    return Refusal(400, f"Bad Request: {words}")


class Spec:
    """The methods and types of the Bot API; JSON values are Any throughout, for their types are what is checked here."""

    def __init__(self, path: Path = SPEC_FILE) -> None:
        described = json.loads(path.read_text(encoding="utf-8"))
        self.methods: dict[str, dict[str, Any]] = described["methods"]
        self.types: dict[str, dict[str, Any]] = described["types"]
        self._fields = {
            name: {field["name"]: field for field in thing.get("fields", ())}
            for kind in (self.methods, self.types)
            for name, thing in kind.items()
        }

    def check(self, method: str, given: Mapping[str, Any], uploads: Mapping[str, Any], *, texts: bool) -> dict[str, Any]:
        """The parameters with their real types; `texts` for forms, where every value arrives as a text. Raises Refusal."""
        if method not in self.methods:
            raise Refusal(404, "Not Found: method not found")
        fields = self._fields[method]
        for name in (*given, *uploads):
            attached = name in uploads and any(f"attach://{name}" in str(value) for value in given.values())
            if name not in fields and not attached:
                raise bad(f'unknown parameter "{name}" of {method}')
        checked: dict[str, Any] = {}
        for name, field in fields.items():
            if name in uploads and "InputFile" in field["types"]:
                checked[name] = uploads[name]
            elif name in given:
                value = given[name]
                if texts and isinstance(value, str):
                    value = _from_text(value, field["types"])
                self._fits(value, field["types"], name)
                checked[name] = value
            elif field["required"]:
                raise bad(f'parameter "{name}" of {method} is required')
        return checked

    def _fits(self, value: Any, types: list[str], where: str) -> None:
        problems = []
        for type_name in types:
            try:
                self._fits_one(value, type_name, where)
                return
            except Refusal as problem:
                problems.append(problem)
        # The alternative whose problem lies deepest is the one the caller meant.
        raise max(problems, key=lambda problem: problem.description.count("."))

    def _fits_one(self, value: Any, type_name: str, where: str) -> None:
        if type_name.startswith("Array of "):
            if not isinstance(value, list):
                raise bad(f'"{where}" must be a list, not {_kind(value)}')
            for index, item in enumerate(value):
                self._fits_one(item, type_name.removeprefix("Array of "), f"{where}.{index}")
            return
        plain = _PLAIN.get(type_name)
        if plain is not None:
            if not isinstance(value, plain) or (isinstance(value, bool) and type_name != "Boolean"):
                raise bad(f'"{where}" must be {type_name}, not {_kind(value)}')
            return
        subtypes = self.types[type_name].get("subtypes")
        if subtypes:
            self._fits(value, subtypes, where)
            return
        if not isinstance(value, dict):
            raise bad(f'"{where}" must be {type_name}, not {_kind(value)}')
        fields = self._fields[type_name]
        for name, field in fields.items():
            if name in value:
                self._fits(value[name], field["types"], f"{where}.{name}")
                fixed = re.search(r"must be (?:always )?[“\"*]?(\w+)[”\"*]?$", field["description"])
                if fixed and field["types"] == ["String"] and value[name] != fixed[1]:
                    raise bad(f'"{where}.{name}" must be "{fixed[1]}"')
            elif field["required"]:
                raise bad(f'"{where}.{name}" of {type_name} is required')
        for name in value:
            if name not in fields:
                raise bad(f'unknown field "{where}.{name}" of {type_name}')


def _from_text(value: str, types: list[str]) -> Any:
    """A form's text as the type it stands for."""
    if types == ["String"] or ("String" in types and not value.lstrip("-").isdigit()):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _kind(value: Any) -> str:
    return {dict: "an object", list: "a list", str: "String", bool: "Boolean", int: "Integer", float: "Float"}.get(type(value), "null")
