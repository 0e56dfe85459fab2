"""Model: what all tables of the configuration file share."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from inspect import getsource
from itertools import pairwise
from textwrap import dedent
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    SecretStr,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

CLIENT_ID: Final = "letters, digits and hyphens, as Entra ID shows them"
TENANT_ID: Final = "a tenant's id, or a domain of it such as contoso.onmicrosoft.com"


class Model(BaseModel):
    """A table of the file: no unknown keys, no changes, no numbers without an end.

    What was given is in no error; the text under a field is its description in the schema.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Describe each key; `use_attribute_docstrings` would read all sources at every start."""
        described = handler(schema)
        properties = handler.resolve_ref_schema(described).get("properties", {})
        texts = _texts_under_fields(cls)
        for key in texts.keys() & properties.keys():  # what the class alone says is no key
            text = texts[key]
            of_type = properties[key].get("description")
            properties[key]["description"] = f"{text} {of_type}." if of_type else text
        return described


@cache  # one schema asks for most of them several times
def _texts_under_fields(model: type[Model]) -> Mapping[str, str]:
    """Return the texts under the fields of *model* and of what it is made from, by their names."""
    texts: dict[str, str] = {}
    for one in reversed(model.__mro__):
        # What is made at run time of a generic one is written nowhere.
        if issubclass(one, Model) and "[" not in one.__name__:
            (written,) = ast.parse(dedent(getsource(one))).body
            for pair in pairwise(ast.iter_child_nodes(written)):
                match pair:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        # What would be a word of Python has `_` behind it, and an alias.
                        texts[name.removesuffix("_")] = " ".join(text.split())
    return texts


def _dated(value: object) -> object:
    """Let no number pass: it would be taken for seconds since 1970."""
    if not isinstance(value, (date, str)):
        raise ValueError("expected a date, such as 2026-11-01")  # noqa: TRY004 - pydantic's way
    return value


DATED: Final = BeforeValidator(_dated)


def like(pattern: str, expected: str, default: object = ..., **more: Any) -> Any:
    """Return the field of a string that matches *pattern*, which is *expected* in words.

    The words go into the schema by the name under which editors look for them.
    """
    extra: dict[str, Any] = {"patternErrorMessage": expected}
    return Field(default, pattern=pattern, json_schema_extra=extra, **more)


# Of what RFC 5321 allows, what people use; the rest could be mistaken for more than an address.
_LOCAL: Final = r"[A-Za-z0-9][A-Za-z0-9._%+'-]{0,62}"
_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS: Final = "an e-mail address, such as sales@contoso.com"
Address = Annotated[str, like(rf"^{_LOCAL}@({_LABEL}\.)+{_LABEL}$", _ADDRESS, max_length=254)]
"""Whom leadshare may write to, or send as."""


_NAME: Final = re.compile(r"[A-Z][A-Z0-9_]{0,39}")
_NAMED: Final = "the name of an environment variable, such as OUR_CRM_SECRET"


def _from_environment(name: object, info: ValidationInfo) -> str:
    """Replace the *name* of an environment variable by what it holds."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        # Not repeated: people put the secret itself here.
        raise ValueError(f"expected {_NAMED}")
    value = str((info.context or {}).get(name, ""))
    if not value:
        raise ValueError(f"environment variable {name} is not set; it must hold the secret")
    if value.startswith("@Microsoft.KeyVault("):
        raise ValueError(f"environment variable {name} is a Key Vault reference that failed")
    return value


Secret = Annotated[
    SecretStr,
    BeforeValidator(_from_environment),
    WithJsonSchema(
        {
            "type": "string",
            "description": "Name of an environment variable",
            "pattern": f"^{_NAME.pattern}$",
            "patternErrorMessage": _NAMED,
        }
    ),
]
"""A secret, named in the file and read from the environment (validation context)."""


def _or_from_environment(value: object, info: ValidationInfo) -> object:
    """Replace `{ environment = "NAME" }` by what the variable of that name holds."""
    if not isinstance(value, dict):
        return value
    if value.keys() != {"environment"}:
        raise ValueError(f"expected a string or {_VARIABLE}")
    return _from_environment(value["environment"], info)


_VARIABLE: Final = '{ environment = "NAME" }'

TextOrVariable = Annotated[
    str,
    BeforeValidator(_or_from_environment),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["environment"],
                    "properties": {
                        "environment": {
                            "type": "string",
                            "description": "Name of an environment variable",
                            "pattern": f"^{_NAME.pattern}$",
                            "patternErrorMessage": _NAMED,
                        }
                    },
                    "patternErrorMessage": _VARIABLE,
                },
            ]
        }
    ),
]
"""A text that may be in the file, or be kept out of it where it holds a secret; show it nowhere."""
