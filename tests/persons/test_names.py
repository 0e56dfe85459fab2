"""Names: whether two of them, and two companies, can be one person's."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from leadshare.persons.names import (
    companies_contradict,
    fullness,
    name_words,
    names_contradict,
    placed,
)

SCRIPTS = {
    "latin": "abdeilnørsuw",
    "greek": "αβγδεικλνοσ",
    "cyrillic": "абвгдежилн",
    "armenian": "աբգդեզիլն",
    "georgian": "აბგდეზილნ",
    "hebrew": "אבגדהוזלמ",
    "arabic": "ابتثجحدرس",
    "devanagari": "कखगजतनमर\u093e\u093f\u0940\u0947",
    "thai": "กขคงจชดต\u0e31\u0e34\u0e35\u0e49",
    "japanese": "かがきぎくぐ田中山川",
    "chinese": "王伟李芳张敏刘静",
    "korean": "김이박민서준하은",
}
"""Letters of twelve scripts, vowels that are marks among them."""

WORDS = st.sampled_from(list(SCRIPTS.values())).flatmap(
    lambda letters: st.lists(
        st.text(letters, min_size=2, max_size=6).filter(lambda text: text[0].isalpha()),
        min_size=3,
        max_size=3,
        unique_by=name_words,
    )
)
"""Three words of one script."""


class TestWords:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            pytest.param("  Anna-Maria BERG ", ("anna", "maria", "berg"), id="case-and-hyphen"),
            pytest.param("O\u2019Brien", ("o", "brien"), id="apostrophe"),
            pytest.param("O\u02bcBrien", ("o", "brien"), id="letter-that-is-an-apostrophe"),
            pytest.param("Jörg", ("jorg",), id="accent"),
            pytest.param("Jo\u0308rg", ("jorg",), id="accent-apart"),
            pytest.param("Weiß", ("weiss",), id="sharp-s"),
            pytest.param("\uff21nna", ("anna",), id="wide"),
            pytest.param("An\u200bna\u202e", ("anna",), id="unseen"),
            pytest.param("ガク", ("ガク",), id="a-mark-that-is-a-letter"),
            pytest.param("कि", ("कि",), id="a-mark-that-is-a-vowel"),
            pytest.param("民洙 2", ("民洙", "2"), id="digit"),
            pytest.param("--- ??? 🙂", (), id="none"),
        ],
    )
    def test_words(self, text, words):
        """A name is its letters, marks and digits; an accent is dropped where it is no letter."""
        assert words == name_words(text)

    @given(WORDS, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
    def test_any_form(self, words, form):
        """However a name is composed, in any script, its words are the same and not nothing."""
        found = [name_words(word) for word in words]

        assert all(found)
        assert found == [name_words(unicodedata.normalize(form, word)) for word in words]

    @pytest.mark.parametrize(
        ("one", "other"), [("कि", "की"), ("กิ", "กี"), ("か", "が"), ("ハ", "パ")]
    )
    def test_vowels(self, one, other):
        """Where a mark is a vowel or makes another letter, it tells names apart."""
        assert name_words(one) != name_words(other)


class TestNames:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            pytest.param(("太郎", "田中"), ("", "田中太郎"), id="written-together"),
            pytest.param(("Pat", "O'Brien"), ("OBrien", "Pat"), id="turned-and-together"),
            pytest.param(("Bo", "Li"), ("Li", "Bo"), id="turned"),
            pytest.param(("J.", "Müller"), ("Jörg Peter", "Muller"), id="initial"),
            pytest.param(("Jörg", "M."), ("J", "Müller"), id="initials-on-both-sides"),
            pytest.param(("Suharto", ""), ("Suharto", "Wibowo"), id="one-word"),
            pytest.param(("", "Wibowo"), ("Suharto", "Wibowo"), id="last-word"),
            pytest.param(("Anna", "Berg"), ("Anna", "Berg-Kowalski"), id="married"),
            pytest.param(("", ""), ("Anna", "Berg"), id="nobody"),
            pytest.param(("?", "-"), ("Anna", "Berg"), id="no-words"),
        ],
    )
    def test_one_person(self, one, other):
        """A name may be another written shorter, turned round or together."""
        assert not names_contradict(one, other)
        assert not names_contradict(other, one)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            pytest.param(("Anna", "Berg"), ("Bo", "Li"), id="others"),
            pytest.param(("Robert", "Miller"), ("Bob", "Miller"), id="nickname"),
            pytest.param(("Anna", "Berg"), ("Anna", "Nowak"), id="another-last-name"),
            pytest.param(("太郎", "田中"), ("Taro", "Tanaka"), id="another-script"),
            pytest.param(("王", ""), ("王伟", ""), id="a-letter-without-case-is-no-initial"),
            pytest.param(("ガク", ""), ("カク", ""), id="a-mark-that-is-a-letter"),
        ],
    )
    def test_two_persons(self, one, other):
        """Nothing is guessed: what is not the same words is another name."""
        assert names_contradict(one, other)
        assert names_contradict(other, one)

    @given(WORDS)
    def test_any_script(self, words):
        """In any script a name is one with itself turned round, together or in part, and not with
        another.
        """
        first, last, third = words
        whole = (first, last)

        for same in ((last, first), ("", first + last), (last, ""), ("", f"{last} {first}")):
            assert not names_contradict(whole, same)
        assume(
            name_words(first + last) not in (name_words(third + first), name_words(first + third))
        )
        assert names_contradict(whole, (first, third))


class TestPlaced:
    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            (("Suharto", ""), ("", "Suharto")),
            (("", "Wibowo"), ("", "Wibowo")),
            (("Anna", "Berg"), ("Anna", "Berg")),
            (("", ""), ("", "")),
        ],
    )
    def test_last(self, name, expected):
        """The only name is the last name."""
        assert expected == placed(name)


class TestFullness:
    def test_order(self):
        """More words say more, and a whole one says more than an initial."""
        names = [("", ""), ("A.", ""), ("A.", "B."), ("Anna", ""), ("A.", "Berg"), ("Anna", "Berg")]

        assert names == sorted(names, key=fullness)
        assert len(names) == len({fullness(name) for name in names})


class TestCompanies:
    @pytest.mark.parametrize(
        ("one", "other", "contradict"),
        [
            pytest.param("Fabrikam GmbH", "Fabrikam Asia Ltd", False, id="same-first-word"),
            pytest.param("Fabrikam", "FABRIKAM  gmbh", False, id="case"),
            pytest.param("The Fabrikam Group", "Fabrikam", False, id="one-holds-the-other"),
            pytest.param("Fabrikam GmbH", "Contoso GmbH", True, id="others"),
            pytest.param("", "Contoso", False, id="none"),
            pytest.param("n.a. / -", "", False, id="no-words"),
            pytest.param("株式会社田中", "株式会社鈴木", True, id="one-word-each"),
        ],
    )
    def test_contradict(self, one, other, contradict):
        """Two companies are two employers unless they begin alike or one holds the other."""
        assert contradict == companies_contradict(one, other)
        assert contradict == companies_contradict(other, one)
