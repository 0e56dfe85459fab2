"""Destinations: how a destination's fields are filled from a lead: data, checked when it loads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from html import escape
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, StrictInt, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from leadshare.countries import country_alpha_3, country_name
from leadshare.deliveries.record import FIELDS
from leadshare.destinations.writing.telling import (
    CUT,
    View,
    full_name,
    printable,
    spoken,
    summary,
    topic,
)
from leadshare.model import Model

Value = str | StrictInt | bool
"""What a field of a destination can hold."""


class Write(StrEnum):
    """When a field is written."""

    ONCE = "once"
    """By the call that creates the record, and never again."""
    FILL = "fill"
    """Later, too: where it is empty, by a value that is new, if the record shows that person."""
    ALWAYS = "always"
    """With every version of the lead."""


DERIVED: Final[Mapping[str, Callable[[View], Value]]] = {
    "summary": summary,
    "reasons": lambda view: "\n".join(view.record["reasons"]),
    "full_name": lambda view: full_name(view.record),
    "topic": lambda view: topic(view.record),
    "website": lambda view: f"https://{d}" if (d := view.record["company_domain"]) else "",
    "contact": lambda view: view.record["lead"].partition("-")[0],
}
"""Lead fields that are made of others."""

LEAD_FIELDS: Final = (*dict.fromkeys((*FIELDS, *DERIVED)),)
"""What a field may be filled from."""

CUSTOMER: Final = {
    **{name: name for name in ("first_name", "last_name", "email", "job_title", "phone")},
    **{name: name for name in ("company", "company_domain", "country")},
    "full_name": "last_name",
    "website": "company_domain",
}
"""Lead fields that say who the customer is, by that whose version tells whether it is new."""

_CUSTOMER: Final = ", ".join(CUSTOMER)

PUBLIC: Final = (
    *(
        "storefront",
        "audience",
        "campaign_kind",
        "campaign",
        "campaign_name",
        "listing",
        "listing_title",
    ),
    *("listing_kind", "intent", "category", "stage", "stage_at", "stage_by", "score"),
    "country",
)
"""Lead fields whose values tell nobody who the customer is."""

TRANSFORMS: Final[Mapping[str, Callable[[str], str]]] = {
    "spoken": spoken,
    "upper": str.upper,
    "lower": str.lower,
    "one_line": lambda text: "; ".join(line for line in text.splitlines() if line),
    "html": lambda text: escape(text).replace("\n", "<br>"),
    "country_name": country_name,
    "country_alpha_3": country_alpha_3,
}
"""Transforms by name: `azure_marketplace` spoken is `azure marketplace`."""


class Source(Model):
    """What fills one field: a constant; or a lead field, changed by a transform or a table.

    A text alone is the name of a lead field.
    """

    field: Literal[LEAD_FIELDS] | None = None  # type: ignore[valid-type]  # from the tuple above
    """The lead field that fills it."""
    constant: Value | None = None
    """What fills it in every record."""
    transform: Literal[tuple(TRANSFORMS)] | None = None  # type: ignore[valid-type]  # likewise
    """What is done to the lead field's text."""
    values: Mapping[str, Value] = Field(default_factory=dict)
    """What stands for each of the lead field's values; others are left out."""
    default: Value | None = None
    """A neutral placeholder where the lead has nothing; never invented contact data."""
    write: Write | None = None
    """When it is written; without it, as docs/mapping.md says for such a field."""

    @model_validator(mode="after")
    def _from_one(self) -> Self:
        if (self.field is None) == (self.constant is None):
            raise ValueError("expected either the name of a lead field or a constant")
        extras = (self.transform, self.values or None, self.default)
        if self.constant is not None and any(extra is not None for extra in extras):
            raise ValueError("a constant takes neither transform nor values nor default")
        if self.write is Write.FILL and self.field not in CUSTOMER:
            raise ValueError(f'write = "fill" is for what says who the customer is: {_CUSTOMER}')
        return self

    def of(self, view: View) -> Value:
        """Return what *view* gives, "" for nothing."""
        if self.constant is not None:
            return self.constant
        given: Any = _given(str(self.field), view)
        if self.values:
            given = self.values.get(str(given), "")
        if self.transform and given != "":
            given = TRANSFORMS[self.transform](str(given))
        if isinstance(given, str):
            given = printable(given).strip()
        return self.default if given == "" and self.default is not None else given


def _given(name: str, view: View) -> Value:
    if name in DERIVED:
        return DERIVED[name](view)
    value: Value = view.record[name]  # type: ignore[literal-required]  # one of LEAD_FIELDS
    return value


def _short(value: object) -> object:
    """Read a text as the name of a lead field, and an empty one as nothing."""
    if isinstance(value, str):
        return {"field": value} if value else None
    return value


class _Named:
    """Says in the schema that the name of a lead field may stand for a source."""

    @staticmethod
    def __get_pydantic_json_schema__(
        schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        [table, _] = handler(schema)["anyOf"]  # the other is what is left out, "" in the file
        return {"anyOf": [{"enum": ["", *LEAD_FIELDS], "type": "string"}, table]}


Fields = Mapping[
    Annotated[str, Field(min_length=1, max_length=100)],
    Annotated[Source | None, BeforeValidator(_short), _Named],
]
"""Changes of a destination's default mapping: `crm field = lead field`; `""` leaves a field out."""


def mapped(
    defaults: Mapping[str, Source], changes: Mapping[str, Source | None]
) -> dict[str, Source]:
    """Return *defaults* with a publisher's *changes*."""
    merged = {**defaults, **changes}
    return {name: source for name, source in merged.items() if source is not None}


def fill(fields: Mapping[str, Source], view: View) -> dict[str, Value]:
    """Return what *view* puts in each of *fields*.

    What is empty stays out, lest it blank what a seller wrote.
    """
    filled = {name: source.of(view) for name, source in fields.items()}
    return {name: value for name, value in filled.items() if value != ""}


def fit(
    values: Mapping[str, Value],
    lengths: Mapping[str, int],
    *,
    whole: tuple[str, ...] = (),
    notes: str = "",
) -> dict[str, Value]:
    """Return *values* with texts cut to *lengths*, in UTF-16 units.

    Those named in *whole* are wrong once cut: what is too long goes to the front of *notes*, which
    says so where it is cut itself.
    """
    fitted = dict(values)
    for name in whole:
        text = fitted.get(name)
        if isinstance(text, str) and cut(text, lengths[name]) != text:
            del fitted[name]
            if notes:
                fitted[notes] = f"{text}\n{fitted.get(notes, '')}".strip()
    return {
        name: _cut(value, lengths[name], CUT if name == notes else "")
        if isinstance(value, str) and name in lengths
        else value
        for name, value in fitted.items()
    }


def _cut(text: str, length: int, mark: str) -> str:
    """Cut *text* to *length*, a *mark* of that included."""
    room = length - len(mark) - 1
    if not mark or cut(text, length) == text or room < len(mark):
        return cut(text, length)
    return f"{cut(text, room)}\n{mark}"


def cut(text: str, length: int) -> str:
    """Cut *text* to *length* UTF-16 units, as .NET, Java and JavaScript count.

    Never inside a character.
    """
    units = text.encode("utf-16-le")
    # Half a pair is ignored; a joiner left over would join nothing.
    return units[: 2 * length].decode("utf-16-le", "ignore").rstrip("\u200d").rstrip()


def source(field: str, **more: Any) -> Source:
    """Return what fills a field from the lead field of this name; for default mappings."""
    return Source.model_validate({"field": field, **more})
