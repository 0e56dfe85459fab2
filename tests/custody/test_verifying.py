"""Proof: whatever is done to a chain is found, link by link, as far as the log tells of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadshare.custody.links import Columns, Head, digest, link, unnamed
from leadshare.custody.verifying import Told, Verdict, by_number, read_heads, verify
from leadshare.errors import BadRequest
from leadshare.store.keys import link_key

MOST = 8
NONE = f"0 {'0' * 16}"
"""The head of a chain that has no link."""


def chain(length: int) -> dict[int, Columns]:
    """An honest chain of so many links."""
    links, head = dict[int, Columns](), Head()
    for number in range(1, length + 1):
        told = {"act": f"a{number}", "at": f"2026-11-{number:02}T12:00:00.000Z", "what": "pause"}
        links[number] = link(head, told, {"by": "zoe", "asked": "{}"}, f"salt{number}")
        head = Head(number, links[number]["hash"])
    return links


def heads(links: dict[int, Columns], first: int = 1) -> list[Told]:
    """What the log told when they were written, from the *first* that it still has."""
    return [Told(number, one["hash"][:16]) for number, one in links.items() if number >= first]


def found(verdict: Verdict) -> dict[int, str]:
    """What is wrong, by link."""
    return {fault.number: fault.wrong for fault in verdict.faults}


def rehashed(links: dict[int, Columns], first: int) -> dict[int, Columns]:
    """The chain with all hashes from the *first* made anew, as whoever owns the table could."""
    after, before = dict(links), links[first - 1]["hash"] if first > 1 else "0" * 64
    for number in sorted(one for one in after if one >= first):
        after[number] = {**after[number], "number": str(number), "before": before}
        before = after[number]["hash"] = digest(after[number])
    return after


lengths, data = st.integers(2, MOST), st.data()


class TestTampered:
    @settings(max_examples=60, deadline=None)
    @given(lengths, data)
    def test_changed(self, length: int, of: Any):
        """A changed column of any link is found, of that link and of no other."""
        links = chain(length)
        number = of.draw(st.integers(1, length))
        name = of.draw(st.sampled_from(sorted(links[number])))
        links[number] = {**links[number], name: "f" * 64}

        assert {number: "changed"} == found(verify(links, heads(chain(length))))

    @settings(max_examples=30, deadline=None)
    @given(lengths, data)
    def test_missing(self, length: int, of: Any):
        """A link that is missing is found, the last too, if the log told of it."""
        links = chain(length)
        number = of.draw(st.integers(1, length))
        del links[number]

        assert {number: "missing"} == found(verify(links, heads(chain(length))))

    @settings(max_examples=30, deadline=None)
    @given(lengths, data)
    def test_reordered(self, length: int, of: Any):
        """Two links that changed places are both found."""
        links = chain(length)
        one, other = of.draw(st.permutations(range(1, length + 1)))[:2]
        links[one], links[other] = links[other], links[one]

        assert {one: "changed", other: "changed"} == found(verify(links, heads(chain(length))))

    @settings(max_examples=30, deadline=None)
    @given(lengths, data)
    def test_added(self, length: int, of: Any):
        """A link that somebody put in between shows where the log goes on otherwise."""
        honest = chain(length)
        number = of.draw(st.integers(1, length))
        moved = {n + (n >= number): one for n, one in honest.items()}
        links = rehashed(moved | {number: {**honest[number], "act": "forged"}}, number)

        wrong = found(verify(links, heads(honest)))

        assert dict.fromkeys(range(number, length + 1), "changed") == wrong

    @settings(max_examples=30, deadline=None)
    @given(lengths, data)
    def test_rewritten(self, length: int, of: Any):
        """Who makes all hashes anew, the head included, is found by the log from there on."""
        honest = chain(length)
        number = of.draw(st.integers(1, length))
        links = {**honest, number: {**honest[number], "what": "forged"}}
        verdict = verify(rehashed(links, number), heads(honest))

        assert dict.fromkeys(range(number, length + 1), "changed") == found(verdict)
        assert number - 1 == verdict.until

    def test_added_in_order(self):
        """A forged link that others have followed since is one that no line of the log told of."""
        links = chain(5)
        assert {3: "added"} == found(verify(links, [h for h in heads(links) if h.number != 3]))

    def test_name_gone(self):
        """Names go when a run of retention says so, and not before."""
        links = chain(4)
        told = heads(links)
        links[2] = unnamed(links[2])
        assert {2: "changed"} == found(verify(links, told))

        ended = {"act": "r", "what": "retention", "numbers": json.dumps({"acts_to": 2})}
        links[5] = link(Head(4, links[4]["hash"]), ended, {"came_to": "{}"}, "salt")
        assert {} == found(verify(links, told))
        links[3] = unnamed(links[3])
        assert {3: "changed"} == found(verify(links, told))


class TestProves:
    def test_how_far_back(self):
        """It is told since which link the log vouches for all, and up to which."""
        links = chain(6)
        verdict = verify(links, heads(links, 3)[:3])
        assert (6, 3, 5, []) == (verdict.links, verdict.since, verdict.until, [*verdict.faults])

    def test_before_the_log(self):
        """What was rewritten before the log's life nothing can show; since then all is proven."""
        honest = chain(6)
        links = rehashed({**honest, 2: {**honest[2], "what": "forged"}}, 2)
        verdict = verify(links, heads(links, 4))
        assert ([], 4) == ([*verdict.faults], verdict.since)

    def test_nothing(self):
        """Without any head nothing is proven, and what shows by itself is found all the same."""
        links = chain(3)
        links[2] = {**links[2], "what": "forged"}
        verdict = verify(links, [])
        assert ({2: "changed"}, 0) == (found(verdict), verdict.until)


class TestHeads:
    def test_lines(self):
        """Lines of the log and lines of a number and a hash are both read, each head once."""
        lines = [
            '{"event":"x","chain":"12 0123456789abcdef"}',
            "12 0123456789abcdef",
            "",
            NONE,
        ]
        assert [Told(12, "0123456789abcdef")] == read_heads(lines)

    @pytest.mark.parametrize(
        "line", ["12", "x 0123456789abcdef", '{"event":"x"}', "{", '{"chain":1}']
    )
    def test_wrong(self, line):
        """What is neither is refused with the number of its line."""
        with pytest.raises(BadRequest, match="line 2: expected"):
            read_heads(["1 0123456789abcdef", line])

    def test_listed(self):
        """A link's number is what its key says, whatever else it says."""
        told = {"key": link_key(7), "number": "8"}
        assert {7: {"number": "8"}} == by_number([told])
