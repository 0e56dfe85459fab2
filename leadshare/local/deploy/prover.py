"""Local: give the prover its key of intake, by way of the vault."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from leadshare.local.deploy.azure_cli import ReleaseFailed, az

KEY: Final = "leadshare-proof"
"""The prover's own function key of `take_touch`: it opens that alone, and can be revoked alone."""

SECRET: Final = "intake-proof-key"  # noqa: S105 - its name
"""Where `infra/main.bicep` has the main app look for it."""


def equip(main: Mapping[str, Any], intake: Mapping[str, Any], group: str) -> str:
    """Make the prover's key at *intake* and put it into *main*'s vault; say what came of it.

    Either only where it is not so yet. The vault is asked first: who may not write there makes no
    key. That is no failure of a release, for all else works without proofs.
    """
    try:
        return _equip(vault_of(str(main["name"])), str(intake["name"]), group)
    except ReleaseFailed as error:
        return (
            f"The prover has no new key: {error}. If health says that it is off, it stays so; what"
            " to do by hand: docs/operate.md#the-provers-key"
        )


def _equip(vault: str, intake: str, group: str) -> str:
    where = ("--vault-name", vault, "--name", SECRET)
    known = az("keyvault", "secret", "list", "--vault-name", vault)
    there = SECRET in {one["name"] for one in known}
    before = az("keyvault", "secret", "show", *where)["value"] if there else ""
    key = _key(("--resource-group", group, "--name", intake, "--function-name", "take_touch"))
    if key == before:
        return "The prover has its key"
    with tempfile.TemporaryDirectory() as folder:
        # In a file that none but us can read, for whoever is here can read a command line.
        path = Path(folder) / "key"
        path.write_text(key, encoding="utf-8")
        az("keyvault", "secret", "set", *where, "--file", str(path))
    return f"The prover's key was put into the vault {vault}: the main app reads it within a day"


def _key(function: tuple[str, ...]) -> str:
    """Return the key, made if there is none; Functions chooses it, as secret scanners know it."""
    keys = ("functionapp", "function", "keys")
    found = az(*keys, "list", *function)
    if KEY in found:
        return str(found[KEY])
    return str(az(*keys, "set", *function, "--key-name", KEY)["value"])


def vault_of(app: str) -> str:
    """Return the name of the vault of the main *app*: `infra/` ends both with the same token."""
    return f"kv-{app.rpartition('-')[2]}"
