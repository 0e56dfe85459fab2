"""Core: how a destination's fields are filled from a lead: data, checked when it loads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from leadshare.core.normal import country_alpha_3, country_name
from leadshare.core.record import Record
from leadshare.core.rules import Model

Value = str | int | bool
"""What a field of a destination can hold."""

# What XML 1.0 cannot hold, half a surrogate pair included; CRMs refuse it by various names.
_INVALID: Final = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def summary(record: Record) -> str:
    """Tell a seller what brought the customer here; what may be long comes last."""
    listing = ", ".join(filter(None, (record["listing"], record["listing_kind"])))
    campaign = ", ".join(filter(None, (record["campaign"], record["campaign_kind"])))
    facts = {
        "Asked for": _spoken(record["intent"]),
        "Listing": " ".join(filter(None, (record["listing_title"], listing and f"({listing})"))),
        "Storefront": _spoken(record["storefront"]),
        "Campaign": campaign,
        "Score": f"{record['score']} of 100, {_spoken(record['stage'])}",
        "Touches": f"{record['touches']}, the last at {record['last_touch']}",
    }
    lines = [f"{name}: {text}" for name, text in facts.items() if text]
    return "\n".join([*lines, *record["reasons"], "", record["notes"]]).strip()


def _spoken(code: str) -> str:
    return code.replace("_", " ")


DERIVED: Final[Mapping[str, Callable[[Record], Value]]] = {
    "summary": summary,
    "reasons": lambda record: "\n".join(record["reasons"]),
    "full_name": lambda record: f"{record['first_name']} {record['last_name']}".strip(),
    "topic": lambda record: record["listing_title"] or record["listing"],
    "website": lambda record: f"https://{d}" if (d := record["company_domain"]) else "",
    "contact": lambda record: record["lead"].partition("-")[0],
}
"""Lead fields that are made of others."""

LEAD_FIELDS: Final = (*dict.fromkeys((*Record.__annotations__, *DERIVED)),)
"""What a field may be filled from."""

PUBLIC: Final = (
    *("storefront", "audience", "campaign_kind", "campaign", "listing", "listing_title"),
    *("listing_kind", "intent", "lane", "stage", "score", "topic", "country"),
)
"""Lead fields whose values tell nobody who the customer is."""

TRANSFORMS: Final[Mapping[str, Callable[[str], str]]] = {
    "spoken": _spoken,
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
    constant: Value | None = None
    transform: Literal[tuple(TRANSFORMS)] | None = None  # type: ignore[valid-type]  # likewise
    values: Mapping[str, Value] = Field(default_factory=dict)
    """What stands for each of the lead field's values; others are left out."""
    default: Value | None = None
    """A neutral placeholder where the lead has nothing; never invented contact data."""

    @model_validator(mode="after")
    def _from_one(self) -> Self:
        if (self.field is None) == (self.constant is None):
            raise ValueError("expected either the name of a lead field or a constant")
        extras = (self.transform, self.values or None, self.default)
        if self.constant is not None and any(extra is not None for extra in extras):
            raise ValueError("a constant takes neither transform nor values nor default")
        return self

    def of(self, record: Record) -> Value:
        """Return what *record* gives, "" for nothing."""
        if self.constant is not None:
            return self.constant
        given: Any = _given(str(self.field), record)
        if self.values:
            given = self.values.get(str(given), "")
        if self.transform and given != "":
            given = TRANSFORMS[self.transform](str(given))
        if isinstance(given, str):
            given = _INVALID.sub("", given).strip()
        return self.default if given == "" and self.default is not None else given


def _given(name: str, record: Record) -> Value:
    if name in DERIVED:
        return DERIVED[name](record)
    value: Value = record[name]  # type: ignore[literal-required]  # one of LEAD_FIELDS
    return value


def _short(value: Any) -> Any:
    """Read a text as the name of a lead field, and an empty one as nothing."""
    if isinstance(value, str):
        return {"field": value} if value else None
    return value


Fields = Mapping[
    Annotated[str, Field(min_length=1, max_length=100)],
    Annotated[
        Source | None,
        BeforeValidator(_short),
        WithJsonSchema({"anyOf": [{"enum": ["", *LEAD_FIELDS]}, {"type": "object"}]}),
    ],
]
"""Changes of a destination's default mapping: `crm field = lead field`; `""` leaves a field out."""


def mapped(
    defaults: Mapping[str, Source], changes: Mapping[str, Source | None]
) -> dict[str, Source]:
    """Return *defaults* with a publisher's *changes*."""
    merged = {**defaults, **changes}
    return {name: source for name, source in merged.items() if source is not None}


def fill(fields: Mapping[str, Source], record: Record) -> dict[str, Value]:
    """Return what *record* puts in each of *fields*.

    What is empty stays out, lest it blank what a seller wrote.
    """
    filled = {name: source.of(record) for name, source in fields.items()}
    return {name: value for name, value in filled.items() if value != ""}


def fit(
    values: Mapping[str, Value],
    lengths: Mapping[str, int],
    *,
    whole: tuple[str, ...] = (),
    notes: str = "",
) -> dict[str, Value]:
    """Return *values* with texts cut to *lengths*, in UTF-16 units.

    Those named in *whole* are wrong once cut: what is too long goes to the front of *notes*.
    """
    fitted = dict(values)
    for name in whole:
        text = fitted.get(name)
        if isinstance(text, str) and cut(text, lengths[name]) != text:
            del fitted[name]
            if notes:
                fitted[notes] = f"{text}\n{fitted.get(notes, '')}".strip()
    return {
        name: cut(value, lengths[name]) if isinstance(value, str) and name in lengths else value
        for name, value in fitted.items()
    }


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
