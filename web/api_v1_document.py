"""The OpenAPI document of `/api/v1`, made from the shapes that requests are read with, so that it cannot say something else."""

from __future__ import annotations

from typing import Any

import msgspec

from civic.proposals import KINDS, REGIONS, THEMES, State
from web import api_v1_shapes as shapes

_SHAPES = (
    shapes.ProposalShape,
    shapes.ProposalPage,
    shapes.DecisionWanted,
    shapes.Declined,
    shapes.DecisionShape,
    shapes.DecisionPage,
    shapes.QuestionPage,
    shapes.AnswersWanted,
    shapes.Answered,
    shapes.NewsWanted,
    shapes.NewsPublished,
    shapes.EventPage,
    shapes.Problem,
)
_NUMBER = {"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0, "maximum": 999_999_999_999}}
_LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}}
_AFTER = {"name": "after", "in": "query", "schema": {"type": "string", "pattern": "^[0-9]{1,12}$"}}


def document() -> dict[str, Any]:  # Any: JSON
    """OpenAPI 3.1."""
    _schemas, components = msgspec.json.schema_components(_SHAPES, ref_template="#/components/schemas/{name}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hiwar",
            "version": "1",
            "description": (
                "Read and decide citizens' proposals, answer questions, publish news and read events, by the same rules as at the desk."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}],
        "paths": _paths(),
    }


def _paths() -> dict[str, Any]:
    filters = [
        {"name": name, "in": "query", "schema": {"type": "string", "enum": list(known)}}
        for name, known in (
            ("state", [state.value for state in State]),
            ("theme", THEMES),
            ("region", REGIONS),
            ("kind", KINDS),
            ("language", ("ar", "fr", "zgh", "en")),
        )
    ]
    words = {"name": "q", "in": "query", "schema": {"type": "string", "maxLength": 200}}
    return {
        "/api/v1/proposals": {
            "get": _operation(
                "listProposals", "Proposals, the newest first.", "proposals:read", "ProposalPage", [*filters, words, _LIMIT, _AFTER]
            )
        },
        "/api/v1/proposals/{number}": {"get": _operation("readProposal", "One proposal.", "proposals:read", "ProposalShape", [_NUMBER])},
        "/api/v1/proposals/{number}/decisions": {
            "post": _operation(
                "decide", "Decide, or propose to a second person.", "proposals:decide", "DecisionShape", [_NUMBER], "DecisionWanted", "201"
            )
        },
        "/api/v1/decisions": {
            "get": _operation(
                "listDecisions", "Decisions that wait for a second person.", "proposals:read", "DecisionPage", [_LIMIT, _AFTER]
            )
        },
        "/api/v1/decisions/{number}": {"get": _operation("readDecision", "One decision.", "proposals:read", "DecisionShape", [_NUMBER])},
        "/api/v1/decisions/{number}/confirm": {
            "post": _operation("confirm", "Confirm as the second person.", "proposals:decide", "DecisionShape", [_NUMBER])
        },
        "/api/v1/decisions/{number}/decline": {
            "post": _operation("decline", "Decline as the second person.", "proposals:decide", "DecisionShape", [_NUMBER], "Declined")
        },
        "/api/v1/decisions/{number}/undo": {
            "post": _operation("undo", "Undo before people are told.", "proposals:decide", "DecisionShape", [_NUMBER])
        },
        "/api/v1/questions": {
            "get": _operation("listQuestions", "What nobody could answer.", "questions:answer", "QuestionPage", [_LIMIT])
        },
        "/api/v1/questions/answers": {
            "post": _operation("answerQuestions", "Answer questions with an entry.", "questions:answer", "Answered", [], "AnswersWanted")
        },
        "/api/v1/news": {"post": _operation("publishNews", "Publish news.", "news:publish", "NewsPublished", [], "NewsWanted", "201")},
        "/api/v1/events": {"get": _operation("listEvents", "Events that are not over.", "events:read", "EventPage", [_LIMIT, _AFTER])},
    }


def _operation(
    name: str, summary: str, scope: str, result: str, parameters: list[dict[str, Any]], body: str = "", status: str = "200"
) -> dict[str, Any]:
    failures = {"401": "No token that counts", "403": "Not allowed", "429": "Too fast", "503": "Cannot be stored now"}
    failures |= {"404": "Not there"} if any(each["in"] == "path" for each in parameters) else {}
    failures |= {"422": "Something is missing or wrong"} if body or any(each["in"] == "query" for each in parameters) else {}
    failures |= {"400": "The request cannot be read", "409": "Not possible now", "413": "Too large"} if body else {}
    failures |= {"409": "Not possible now"} if name in ("confirm", "undo") else {}
    failures |= {"422": "Something is missing or wrong"} if name == "confirm" else {}
    made: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "description": f"Needs the scope `{scope}`.",
        "parameters": parameters,
        "responses": {
            status: {"description": summary, "content": {"application/json": {"schema": _ref(result)}}},
            **{
                code: {"description": text, "content": {"application/problem+json": {"schema": _ref("Problem")}}}
                for code, text in failures.items()
            },
        },
    }
    if body:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(body)}}}
    return made


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
