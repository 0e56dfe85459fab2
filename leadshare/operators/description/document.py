"""Operators: the OpenAPI description of `/api/manage`, made from the models of what is asked."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from leadshare.errors import LeadshareError, StorageError, Unexpected
from leadshare.operators.description.operation import Operation
from leadshare.operators.description.operations import OPERATIONS
from leadshare.operators.description.values import Problem
from leadshare.operators.persons import BY, HEADER

Json = dict[str, Any]

_REFERENCE: Final = "#/components/schemas/{model}"

_STATUSES: Final = {
    400: "Something in it is not understood: the detail names it, and what is expected.",
    401: "No key, or a wrong one: the platform's own answer, without a body.",
    403: "Persons are asked for without the key that opens them.",
    404: "What it names is not there, or nobody has heard of it.",
    409: "Somebody has changed it meanwhile, or a dry run counted something else: nothing is done.",
    413: "The order is larger than any can be.",
    500: "A fault of ours.",
    503: "Storage does not answer, or the configuration cannot run.",
}
_UNAUTHORISED: Final = 401
_PERSONS: Final = "What opens persons; needed where `persons` is `true`."
_OPENS: Final = (
    "Who opens it, for the record: needed where `persons` is `true`; percent-encoded,"
    " in at most 200 characters."
)
_NEXT: Final = "What leads to the next page, as `after`; lacking on the last."


class _Schemas(GenerateJsonSchema):
    """Leaves out what says nothing: titles of keys, and defaults of None."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic calls it
        """No."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """Leave out None."""
        if schema.get("default", ...) is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


@dataclass(frozen=True, slots=True)
class _Described:
    """The schemas of all models."""

    bodies: Mapping[Any, Json]
    """Of each order and answer, by its model."""
    keys: Mapping[Any, Json]
    """Of what is no body, by the model of its keys."""
    named: Json
    """What both refer to."""


def document() -> Json:
    """Return the description, OpenAPI 3.1, as plain JSON."""
    described = _describe()
    paths: Json = {}
    for one in OPERATIONS:
        path = paths.setdefault(f"/api/manage/{one.path}", {})
        path[one.method.lower()] = _operation(one, described)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "leadshare: requests of operators",
            "version": "1",
            "description": "A request is understood whole or refused. docs/api.md says more.",
        },
        "servers": [{"url": "http://127.0.0.1:7071", "description": "The local host."}],
        "security": [{"host_key": []}],
        "paths": paths,
        "components": {
            "schemas": described.named,
            "responses": {str(status): _refusal(status) for status in _STATUSES},
            "securitySchemes": {
                "host_key": {"type": "apiKey", "in": "header", "name": "x-functions-key"}
            },
        },
    }


def _describe() -> _Described:
    """Have pydantic describe the models of all operations."""
    bodies = {model for one in OPERATIONS for model in (one.answer, one.order) if model}
    inputs: list[tuple[Any, Literal["validation"], TypeAdapter[Any]]] = [
        (model, "validation", TypeAdapter(model)) for model in (*bodies, Problem)
    ]
    made, definitions = TypeAdapter.json_schemas(
        inputs, ref_template=_REFERENCE, schema_generator=_Schemas
    )
    asked = {model for one in OPERATIONS for model in (one.query, one.named) if model}
    schemas = {
        model: model.model_json_schema(ref_template=_REFERENCE, schema_generator=_Schemas)
        for model in asked
    }
    named = dict[str, Any](definitions["$defs"])
    for schema in schemas.values():
        named |= schema.get("$defs", {})
    return _Described(
        {model: schema for (model, _), schema in made.items()},
        schemas,
        named,
    )


def _operation(one: Operation, described: _Described) -> Json:
    told: Json = {
        "operationId": one.name,
        "summary": _sentence(one.call),
        "parameters": _parameters(one, described.keys),
        "responses": _responses(one, described.bodies),
    }
    if one.order:
        content = {"application/json": {"schema": described.bodies[one.order]}}
        told["requestBody"] = {"required": True, "content": content}
    return told


def _sentence(call: Any) -> str:
    """Return what a function says that it does."""
    return (inspect.getdoc(call) or "").partition("\n\n")[0].replace("\n", " ").replace("*", "")


def _parameters(one: Operation, keys: Mapping[Any, Json]) -> list[Json]:
    """Return what the path, the query and the headers say."""
    headers = {HEADER: _PERSONS} if one.persons else {}
    headers |= {BY: _OPENS} if one.opens else {}
    return [
        *_named("path", keys.get(one.named, {})),
        *_named("query", keys[one.query]),
        *(
            {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}
            for name, text in headers.items()
        ),
    ]


def _named(place: str, schema: Json) -> list[Json]:
    """Return the parameters that a *schema* has as its keys."""
    required = schema.get("required", ())
    return [
        _parameter(place, name, key, required=name in required)
        for name, key in schema.get("properties", {}).items()
    ]


def _parameter(place: str, name: str, schema: Json, *, required: bool) -> Json:
    """Return a parameter; no query can say null."""
    described = dict(schema)
    text = described.pop("description", "")
    choices = [one for one in described.pop("anyOf", ()) if one != {"type": "null"}]
    described |= {"anyOf": choices} if len(choices) > 1 else choices[0] if choices else {}
    told: Json = {"name": name, "in": place, "required": required, "schema": described}
    return told | ({"description": text} if text else {})


def _responses(one: Operation, bodies: Mapping[Any, Json]) -> Json:
    content: Json = {"application/json": {"schema": bodies[one.answer]}}
    answered: Json = {"description": (inspect.getdoc(one.answer) or "").partition("\n")[0]}
    if one.csv:
        content["text/csv"] = {"schema": {"type": "string"}}
        header = {"description": _NEXT, "schema": {"type": "string"}}
        answered["headers"] = {"x-leadshare-next": header}
    errors: set[type[LeadshareError]] = {*one.errors, Unexpected, StorageError}
    statuses = {error.http_status for error in errors}
    refused = {
        str(status): {"$ref": f"#/components/responses/{status}"}
        for status in sorted(statuses | {_UNAUTHORISED})
    }
    return {"200": {**answered, "content": content}, **refused}


def _refusal(status: int) -> Json:
    told: Json = {"description": _STATUSES[status]}
    if status == _UNAUTHORISED:
        return told
    problem = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return told | {"content": {"application/problem+json": problem}}
