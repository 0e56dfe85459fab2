"""Local: the first page, which says what is here, and the documents as a browser shows them."""

from __future__ import annotations

import re
import secrets
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Final

from aiohttp import web
from markdown_it import MarkdownIt

from leadshare.local.environment import ROOT
from leadshare.local.samples import curl

INBOX: Final = "/inbox"
"""Where the inbox is, beside this page."""

_FRAME: Final = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")
_FILES: Final = ("*.md", "LICENSE", "leadshare.sample.toml", "docs/**/*.*")
_HERE: Final = (
    (INBOX, "CRM inbox", "What the CRM and the other follow-up systems got, as a seller sees it."),
    ("{app}/api/manage/health", "Health", "How all stands: configuration, queues, what is due."),
    (
        "{app}/api/manage/leads",
        "Leads",
        "Newest first; /api/manage/leads/<id of one> tells its story.",
    ),
    ("{app}/api/manage/destinations", "Destinations", "Who gets which leads, and at which pace."),
    ("/README.md", "README", "What leadshare is, and how to try it."),
    ("/docs/README.md", "Documents", "All pages: deploying, operating, every destination."),
)
_DOOR: Final = """<h1>leadshare</h1>
<p>It takes the leads of Azure Marketplace and Microsoft AppSource, and delivers each of them once.
All of it runs on this machine until <code>make run</code> is stopped.</p>
<ul class="here">
{here}
</ul>
<h2>Send a lead of your own</h2>
<pre class="wrap">{curl}</pre>
<p>It is in the inbox a moment later; the terminal shows its score, the reasons and its way.</p>"""
_NAV: Final = (
    '<nav><a href="/">What is here</a><a href="/README.md">README</a>'
    '<a href="/docs/README.md">Documents</a></nav>\n'
)
_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")


def routes(app: str) -> list[web.RouteDef]:
    """Return the first page, for an app at the address *app*, and the documents."""

    async def show(_request: web.Request) -> web.Response:
        return page("leadshare", _door(app))

    return [web.get("/", show), web.get("/{path:.+}", _document)]


def page(title: str, body: str) -> web.Response:
    """Return a page with *body*, which is HTML; no script may run in it."""
    nonce = secrets.token_urlsafe(16)
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src 'self' data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    parts = {"title": escape(title), "nonce": nonce, "body": body}
    return web.Response(
        text=re.sub(r"\{(title|nonce|body)\}", lambda found: parts[found[1]], _FRAME),
        content_type="text/html",
        charset="utf-8",
        headers={"content-security-policy": policy, "cache-control": "no-store"},
    )


def documents() -> dict[str, Path]:
    """Return the files that are shown, by their paths; there are no others."""
    found = (path for pattern in _FILES for path in ROOT.glob(pattern))
    return {path.relative_to(ROOT).as_posix(): path for path in found}


def rendered(text: str) -> str:
    """Return Markdown as HTML, its headings with the anchors that GitHub gives them."""
    tokens = _MARKDOWN.parse(text)
    for opened, inline in pairwise(tokens):
        if opened.type == "heading_open":
            opened.attrSet("id", _anchor(inline.content))
    html = str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))
    return html.replace("<table>", '<div class="wide"><table>').replace(
        "</table>", "</table></div>"
    )


def _door(app: str) -> str:
    items = (
        f'<li><a href="{escape(where.replace("{app}", app))}">{name}</a>'
        f"<span>{escape(what)}</span></li>"
        for where, name, what in _HERE
    )
    return _DOOR.format(here="\n".join(items), curl=escape(curl(app)))


async def _document(request: web.Request) -> web.StreamResponse:
    name = request.match_info["path"]
    path = documents().get(name)
    if path is None:
        raise web.HTTPNotFound(text="no such page here")
    if path.suffix == ".md":
        return page(name, _NAV + rendered(path.read_text(encoding="utf-8")))
    if path.suffix == ".png":
        return web.FileResponse(path)
    return web.Response(text=path.read_text(encoding="utf-8"))


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
