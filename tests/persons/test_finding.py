"""Finding: a number is found however it is dialled, a company by any word of its name."""

from __future__ import annotations

import pytest

from leadshare.persons.finding import MOST_WORDS, company_words, found_by, phone_tail
from tests.builders import IDENTITY


def naming(kind: str, text: str) -> str:
    """A name that tells everything."""
    return f"{kind}:{text}"


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("+4930123456", "030 123456"),
        ("+4930123456", "0049 (30) 12 34-56"),
        ("+14255550100 ext. 12", "(425) 555-0100"),
        ("+14255550100", "Tel: 425.555.0100 x77"),
        ("+390612345678", "06 12345678"),
        ("+81312345678", "０３-１２３４-５６７８"),  # noqa: RUF001 - as a keyboard in Japan has it
    ],
)
def test_phone(kept: str, typed: str) -> None:
    """What was kept of a number, and what somebody types of it, have their ends in common."""
    assert phone_tail(kept) == phone_tail(typed) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("+4930123456", "+4930123457"), ("123456", "0"), ("12345678", "2345678")]
)
def test_other_phone(one: str, other: str) -> None:
    """Other numbers have other ends."""
    assert phone_tail(one) != phone_tail(other)


@pytest.mark.parametrize("text", ["", "none", "+", "0", "000", "ext."])
def test_no_phone(text: str) -> None:
    """What has no digit that tells anything is no number."""
    assert not phone_tail(text)


@pytest.mark.parametrize(
    ("company", "words"),
    [
        ("Tailspin Toys GmbH & Co. KG", ["tailspin", "toys", "gmbh", "co", "kg"]),
        ("A. Datum, a. datum", ["datum"]),
        ("X", ["x"]),
        ("Café MÜLLER", ["cafe", "muller"]),
        ("合同会社", ["合同会社"]),
        ("", []),
        ("-- --", []),
    ],
)
def test_company(company: str, words: list[str]) -> None:
    """A company has its words, in small letters without accents, each once."""
    assert words == company_words(company)


def test_longest_company() -> None:
    """Of a name without end the first words count."""
    assert [f"w{n}" for n in range(MOST_WORDS)] == company_words(
        " ".join(f"w{n}" for n in range(100))
    )


class TestFoundBy:
    def test_groups(self):
        """A number is a group of its own, and so are a company's words."""
        facts = {"phone": "+4930123456", "company": "Tailspin Toys"}

        found = found_by(facts, naming)

        assert (("phone:30123456",), ("company:tailspin", "company:toys")) == found

    def test_nothing(self):
        """Who tells neither is found by neither."""
        assert () == found_by({"phone": "", "company": "-"}, naming)

    def test_names(self):
        """Names are keyed, 32 hex, another for each kind, and no ids of contacts."""
        names = [IDENTITY.index_name(kind, "4930123456") for kind in ("phone", "company", "record")]

        assert 3 == len({*names})
        assert [32] * 3 == [len(name) for name in names]
        assert IDENTITY.contact("", "4930123456", "") not in names
