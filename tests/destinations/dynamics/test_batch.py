"""Batches: how they are written down, and how their answers are read."""

from __future__ import annotations

import httpx
import pytest

from leadshare.destinations.dynamics.batch import Operation, decode, encode


class TestBatch:
    def test_text(self):
        """A batch is ASCII, and no text in it can look like a boundary."""
        body = {"notes": "\r\n--b--\r\n\N{GRINNING FACE}"}

        text = encode([Operation("PATCH", "/x", {"A": "b"}, body)], "b").decode("ascii")

        assert 'PATCH /x HTTP/1.1\r\nA: b\r\nContent-Type: application/json\r\n\r\n{"' in text
        assert 2 == text.count("--b\r\n") + text.count("\r\n--b--\r\n")

    @pytest.mark.parametrize(
        ("kind", "content", "statuses"),
        [
            pytest.param("text/html", b"<p>", [], id="page"),
            pytest.param("", b"--b\r\n\r\nHTTP/1.1 204 OK\r\n\r\n--b--", [], id="no-type"),
            pytest.param("multipart/mixed", b"--b\r\n\r\n--b--", [], id="no-boundary"),
            pytest.param("multipart/mixed; boundary=b", b"", [], id="empty"),
            pytest.param("multipart/mixed; boundary=\xfc", b"--b--", [], id="odd-boundary"),
            pytest.param("message/rfc822; boundary=b", b"A: b\r\n\r\n", [], id="message"),
            pytest.param(
                "multipart/mixed; boundary=b",
                b"hello\r\n--b\r\n\r\nHTTP/1.1 204 OK\r\n\r\n--b--\r\nbye",
                [204],
                id="preamble",
            ),
            pytest.param(
                "multipart/mixed; boundary=b",
                b"--b\n\nHTTP/1.1 204 OK\n\n--b\n\nHTTP/1.1 400 No\n\n{}\n--b--\n",
                [204, 400],
                id="bare-newlines",
            ),
            pytest.param(
                "multipart/mixed; boundary=b",
                b"--b\r\n\r\nHTTP/1.1 2\r\n--b\r\n\r\nHTTP/1.1 204\r\n\r\n--b--",
                [None, 204],
                id="no-status",
            ),
            pytest.param(
                "multipart/mixed; boundary=b",
                b"--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
                b"--c\r\n\r\nHTTP/1.1 204 OK\r\n\r\n--c--\r\n--b--",
                [None],
                id="change-set",
            ),
            pytest.param(
                "multipart/mixed; boundary=b",
                b"--b\r\n\r\nHTTP/1.1 204 OK\r\n\r\n--b\r\n\r\nHTTP/1.1 204 OK\r\n\r\n",
                [204],
                id="truncated",
            ),
            pytest.param(
                "multipart/mixed; boundary=b",
                b"--b\r\n\r\nHTTP/1.1 400 No\r\nContent-Encoding: gzip\r\n\r\n{}\r\n--b--",
                [400],
                id="odd-header",
            ),
        ],
    )
    def test_decode(self, kind, content, statuses):
        """An answer is read as far as it makes sense, and nothing in it raises."""
        headers = [(b"content-type", kind.encode("latin-1"))]
        response = httpx.Response(200, headers=headers, content=content)

        assert statuses == [part and part.status_code for part in decode(response)]
