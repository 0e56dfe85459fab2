"""The first page of `make run`, and the documents behind it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest

from leadshare.local import door
from leadshare.local.inbox.site import running
from leadshare.local.samples import curl

APP = "http://127.0.0.1:7071"
ROOT = Path(__file__).parents[2]
PAGES = [name for name in door.documents() if name.endswith(".md")]


@pytest.fixture(name="client")
async def _client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        running(tmp_path / "inbox.db", 0, APP) as url,
        httpx.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        yield client


def links(page: str) -> list[str]:
    """Return where a page leads to."""
    return [unescape(link) for link in re.findall(r'(?:href|src)="([^"]+)"', page)]


async def test_door(client: httpx.AsyncClient) -> None:
    """The first page leads to inbox, health and documents, and has a lead to send."""
    page = (await client.get("/")).text

    found = [link for link in links(page) if link.startswith("/")]
    assert {"/inbox", "/README.md", "/docs/README.md"} == set(found)
    assert [200] * len(found) == [(await client.get(link)).status_code for link in found]
    told = {link.removeprefix(f"{APP}/api/") for link in links(page) if link.startswith(APP)}
    assert {"manage/health", "manage/leads", "manage/destinations"} == told
    assert curl(APP) in unescape(page)


async def test_routes(client: httpx.AsyncClient) -> None:
    """What it names of the app is what the app has."""
    code = (ROOT / "function_app.py").read_text("utf-8")

    for link in links((await client.get("/")).text):
        if link.startswith(APP):
            assert f'@app.route(route="{link.removeprefix(f"{APP}/api/")}"' in code


@pytest.mark.parametrize("path", ["/", "/README.md"])
async def test_alone(client: httpx.AsyncClient, path: str) -> None:
    """A page needs nothing from elsewhere, and no script may run in it."""
    response = await client.get(path)

    (nonce,) = set(re.findall(r'nonce="([^"]+)"', response.text))
    policy = response.headers["content-security-policy"]
    assert policy.startswith(
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self' data:;"
    )
    assert "script" not in policy
    assert [] == re.findall(r"<script|url\(|@import", response.text)
    assert "text/html; charset=utf-8" == response.headers["content-type"]


async def test_kinds(client: httpx.AsyncClient) -> None:
    """Pictures and texts come as what they are."""
    types = {
        "/docs/inbox.png": "image/png",
        "/LICENSE": "text/plain; charset=utf-8",
        "/docs/leadshare.schema.json": "text/plain; charset=utf-8",
    }

    assert types == {path: (await client.get(path)).headers["content-type"] for path in types}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/pyproject.toml", id="no document"),
        pytest.param("/docs/../pyproject.toml", id="up"),
        pytest.param("/docs/%2e%2e/pyproject.toml", id="up encoded"),
        pytest.param("/docs/%2e%2e%2fpyproject.toml", id="up all encoded"),
        pytest.param("//etc/passwd", id="root"),
        pytest.param("/.git/config", id="hidden"),
        pytest.param("/docs/none.md", id="none"),
    ],
)
async def test_nothing_else(client: httpx.AsyncClient, path: str) -> None:
    """What is no document is not shown."""
    assert 404 == (await client.get(str(client.base_url).rstrip("/") + path)).status_code


@pytest.mark.parametrize("name", PAGES)
def test_links(name: str) -> None:
    """Each document leads to files and headings that are there."""
    html = door.rendered((ROOT / name).read_text("utf-8"))

    for link in links(html):
        path, _, heading = urljoin(name, link).partition("#")
        if ":" in link:
            continue
        path = path or name
        assert (ROOT / path).exists(), link
        if heading:
            there = door.rendered((ROOT / path).read_text("utf-8"))
            assert f' id="{heading}"' in there, link


def test_rendered() -> None:
    """Markdown becomes HTML with anchors; HTML in it stays text, and tables may scroll."""
    html = door.rendered("## What `leadshare` is: a test\n\n<b>x</b>\n\n| a |\n| --- |\n| b |\n")

    assert '<h2 id="what-leadshare-is-a-test">' in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html
    assert '<div class="wide"><table>' in html
