"""Client: what an answer says in words, to be kept where personal data may be; never logged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import httpx

from leadshare.client.answers.response import json_in

LONGEST: Final = 1000
"""Characters of what is kept."""

_WORDS: Final = (
    *("message", "error_description", "errormessage", "detail", "description", "reason", "title"),
    *("error", "code", "errorcode", "statuscode", "category"),
)
"""Names under which vendors put what they say, words before codes; case does not count."""

_DEEPEST: Final = 8


def said(response: httpx.Response) -> str:
    """Return what *response* says, "" where it is a page or has no words."""
    answer = json_in(response)
    if answer is not None:
        return said_in(answer)
    page = response.headers.get("content-type", "").startswith("text/html")
    text = "" if page else response.text.strip()
    return "" if text.startswith("<") else _short(text)


def said_in(value: object) -> str:
    """Return what the JSON *value* says, sentence by sentence, each once."""
    return _short("; ".join(dict.fromkeys(_texts(value, _DEEPEST))))


def without(text: str, values: Iterable[object]) -> str:
    """Return *text* without any of *values*, which are ours and tell nothing of who says it."""
    for value in sorted({str(one) for one in values}, key=len, reverse=True):
        # What is shorter is as likely to be a word of theirs.
        if len(value) >= _TELLING:
            text = text.replace(value, " ")
    return text


_TELLING: Final = 4


def _texts(value: object, depth: int) -> Iterator[str]:
    if depth < 1:
        return
    if isinstance(value, list):
        for one in value:
            yield from _texts(one, depth - 1)
    if isinstance(value, Mapping):
        named = {str(name).lower(): one for name, one in value.items()}
        for name in _WORDS:
            if isinstance(named.get(name), str) and named[name]:
                yield named[name]
        for one in named.values():
            if isinstance(one, list | Mapping):
                yield from _texts(one, depth - 1)


def _short(text: str) -> str:
    return text[:LONGEST]
