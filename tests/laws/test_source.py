"""What holds of all that is deployed, as its source says: one client, and no secret compared."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2] / "leadshare"
NOT_DEPLOYED = {"commands", "local", "listings"}
TREES = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text("utf-8"))
    for path in sorted(ROOT.rglob("*.py"))
}
DEPLOYED = {name: tree for name, tree in TREES.items() if name.split("/")[0] not in NOT_DEPLOYED}

CLIENTS = re.compile(
    r"httpx\.(Async)?Client|aiohttp\.ClientSession|urlopen|(aio)?smtplib\.SMTP(_SSL)?"
)
SECRETS = re.compile(r"get_secret_value\(|\b(proof_key|identity_key|signature)\b")
GUESSES = re.compile(r"\b(key|given|frame|_secret)\b")
CHECKED = ("local/host/http/keys.py", "local/host/worker/channel.py", "operators/persons.py")
"""Where what somebody sends is held against a secret."""


def calls(pattern: re.Pattern[str]) -> dict[str, list[str]]:
    """What is called by such a name, by file."""
    found = {
        name: [
            ast.unparse(node.func)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and pattern.fullmatch(ast.unparse(node.func))
        ]
        for name, tree in DEPLOYED.items()
    }
    return {name: names for name, names in found.items() if names}


def compared(tree: ast.AST, secrets: re.Pattern[str]) -> list[str]:
    """Comparisons, by their bytes, in which a secret stands."""
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(isinstance(op, (ast.Eq, ast.NotEq, ast.In, ast.NotIn)) for op in node.ops)
        and any(
            secrets.search(text) and not text.startswith("len(")
            for text in map(ast.unparse, (node.left, *node.comparators))
        )
    ]


class TestCalls:
    def test_one_client(self):
        """Every call to an address leaves by the guarded client, sign-ins included."""
        assert {"client/guard.py": ["httpx.AsyncClient"]} == calls(CLIENTS)


class TestSecrets:
    def test_compared(self):
        """No secret is compared by `==`, whose time tells how near a guess came."""
        found = {name: compared(tree, SECRETS) for name, tree in DEPLOYED.items()}
        found |= {name: compared(TREES[name], GUESSES) for name in CHECKED}

        assert {} == {name: lines for name, lines in found.items() if lines}
        assert compared(ast.parse("key == given"), GUESSES)

    def test_constant_time(self):
        """Where one is compared, that takes a time that tells nothing."""
        assert all("hmac.compare_digest(" in ast.unparse(TREES[name]) for name in CHECKED)
