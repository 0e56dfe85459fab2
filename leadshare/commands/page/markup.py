"""Commands: elements of HTML, in which every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final


class Html(str):
    """Markup, which is put into other markup as it is."""

    __slots__ = ()


_VOID: Final = frozenset({"meta", "br"})


def element(name: str, /, *parts: str | Html, **attributes: str) -> Html:
    """Return an element; of an attribute's name the first underscore at the end is dropped."""
    told = "".join(
        f' {key.removesuffix("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
    )
    opening = f"<{name}{told}>"
    return Html(opening if name in _VOID else f"{opening}{joined(parts)}</{name}>")


def joined(parts: Iterable[str | Html]) -> Html:
    """Return *parts* one after the other."""
    return Html("".join(one if isinstance(one, Html) else escape(one) for one in parts))


def table(caption: str, heads: Iterable[str], rows: Iterable[Sequence[str | Html]]) -> Html:
    """Return a table whose first column names its rows, within what scrolls if it is too wide."""
    head = element("tr", *(element("th", text, scope="col") for text in heads))
    body = [
        element("tr", element("th", name, scope="row"), *(_cell(one) for one in cells))
        for name, *cells in rows
    ]
    whole = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *body),
    )
    # What scrolls must be reached by the keyboard, and then have a name.
    return element("div", whole, class_="wide", role="region", aria_label=caption, tabindex="0")


def lines(texts: Iterable[str]) -> Html:
    """Return *texts* in a cell, one below the other."""
    return element("td", *(element("div", text) for text in texts))


def _cell(content: str | Html) -> Html:
    ready = isinstance(content, Html) and content.startswith("<td")
    return Html(content) if ready else element("td", content)
