"""Addresses: an e-mail address, however it was typed, in one spelling.

Ids hang on it, so it is as frozen as `identity.py`: the standard library only, and of that no table
of characters that grows with Python.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from unicodedata import ucd_3_2_0 as frozen
from urllib.parse import unquote

from leadshare.texts import visible


@lru_cache(maxsize=64)  # a touch's address is asked for by its id, its contact and its facts
def typed(text: str) -> str:
    """Return the first e-mail address in *text*, as it was typed; *text* itself if it holds none.

    It may have a display name, brackets, `mailto:`, punctuation or another address around it. What
    would be a guess is none: blanks inside, "nora berg@fabrikam.de", "nora@fabrikam.co,uk".
    """
    seen = _straight(text)
    if _PLAIN.fullmatch(seen):  # nearly all are, and this is quick
        return seen
    found = _NAMED.match(seen) or _FIRST.match(seen)
    if not found:
        return seen
    local, domain = found["local"], found["domain"].translate(_DOTS).rstrip(".")
    if (found["label"] or "").lower().startswith("mailto"):
        local = unquote(local)
    return _home(f"{_unquoted(local)}@{domain}")


def one_spelling(text: str) -> str:
    """Return what all spellings of the address in *text* have in common; nothing if it is none."""
    local, at, domain = typed(text).rpartition("@")
    blank = not local.startswith('"') and _BLANK.search(local)
    if blank or not local or not at or not domain or _BLANK.search(domain):
        return ""
    return f"{_lower(local)}@{ascii_domain(domain)}"


def ascii_domain(domain: str) -> str:
    """Return *domain* in small letters and ASCII, as DNS has it: `xn--mller-kva.de`."""
    if domain.isascii():
        return domain.lower()
    small = _lower(frozen.normalize("NFKC", domain.translate(_DOTS)))
    return ".".join(_label(label) for label in small.split("."))


_BLANK: Final = re.compile("[ \t\r\n]")
_PLAIN: Final = re.compile(r"[\w.+-]+@[\w.-]*\w", re.ASCII)
_WIDE: Final = {0xFF01 + n: 0x21 + n for n in range(0x5E) if chr(0x21 + n) != "@"} | {0x3000: " "}
"""What keyboards for Chinese and Japanese write for ASCII."""
_DOTS: Final = dict.fromkeys(map(ord, "\u3002\uff0e\uff61"), ".")

_LABEL: Final = r"(?P<label>(?:mailto|e-?mail|mail|smtp)\s*:\s*)?"
_ADDRESS: Final = (
    r'(?P<local>"(?:[^"\\]|\\.)*"|[^\s()<>\[\],;:\\"@]+)'
    r"""@(?P<domain>[^\s()<>\[\]{},;:\\"'@/|?&!*\u201c\u201d\u201e\u2018\u2019\xab\xbb\u2026\u3001]+)"""
)
_OPEN: Final = r"""[<(\[{"'\u201c\u201e\u2018\xab*]"""
_CLOSE: Final = r"""[>)\]}"'\u201d\u201c\u2019\xbb*]"""
_AFTER: Final = (
    rf"(?:(?:{_CLOSE}|[\s.,;:!?\u2026\u3001])*$"  # nothing but punctuation
    rf"|{_CLOSE}*\s*[(<\[]"  # a remark, or the address once more
    rf"|{_CLOSE}*(?:\s|[;/|&\u3001]|,(?=\s|[^,;\s]*@))[^@]*@"  # another address
    r"|\?\S*=\S*$)"  # what mailto: may carry
)
_FIRST: Final = re.compile(
    rf"(?P<open>{_OPEN}{{1,4}})?\s*{_LABEL}{_ADDRESS}\s*(?(open){_CLOSE}){_AFTER}", re.IGNORECASE
)
_NAMED: Final = re.compile(
    rf'(?:"(?:[^"\\]|\\.)*"|[^@<"])+[<(\[]\s*{_LABEL}{_ADDRESS}\s*{_CLOSE}{_AFTER}',
    re.IGNORECASE,
)
_GUEST: Final = re.compile(r"(?P<local>.+)_(?P<domain>[^_@]+\.[^_@]+)#ext#@.+", re.IGNORECASE)
_ATOM: Final = re.compile(r"[^\s()<>\[\],;:\\\"@.]+(?:\.[^\s()<>\[\],;:\\\"@.]+)*")


def _straight(text: str) -> str:
    """Return *text* as it is seen, in ASCII where it looks so."""
    seen = visible(text)
    if seen.isascii():
        return seen
    narrow = seen.translate(_WIDE).strip()
    return narrow if "@" in narrow else narrow.replace("\uff20", "@")


def _home(address: str) -> str:
    """Return the address of a guest, whose name for signing in holds it: `a_b.com#EXT#@tenant`."""
    guest = _GUEST.fullmatch(address)
    return f"{guest['local']}@{guest['domain']}" if guest else address


def _unquoted(local: str) -> str:
    """Return *local* without quotes that it does not need, else with no needless backslash."""
    if not local.startswith('"'):
        return local
    said = re.sub(r"\\(.)", r"\1", local[1:-1])
    if _ATOM.fullmatch(said):
        return said
    escaped = re.sub(r'(["\\])', r"\\\1", said)
    return f'"{escaped}"'


def _lower(text: str) -> str:
    """Return *text* in small letters, one by one: what stands beside a letter never counts."""
    if text.isascii():
        return text.lower()
    letters = frozen.normalize("NFC", text)
    return "".join(one.lower() if frozen.category(one) in ("Lu", "Lt") else one for one in letters)


def _label(label: str) -> str:
    return label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
