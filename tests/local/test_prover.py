"""The prover's key: who makes it, where it is put, and what becomes of a release without it."""

from __future__ import annotations

import pytest

from leadshare.local.deploy import prover
from tests.infra.deployment import EVERYTHING, MAIN, of_kind
from tests.local.played_az import GROUP, Az

LISTED = "functionapp function keys list"
MADE = "functionapp function keys set"
SHOWN = "keyvault secret show"
PUT = "keyvault secret set"


@pytest.fixture(name="az")
def _az(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    return Az(tmp_path)


@pytest.fixture(autouse=True)
def _runs(monkeypatch):
    monkeypatch.setattr("leadshare.local.deploy.smoke.build_of", lambda _: "before")


def of_keys(az):
    """The commands about the prover's key, by what they do."""
    kinds = ("keyvault secret list", SHOWN, LISTED, MADE, PUT)
    return [kind for call in az.calls for kind in kinds if call.startswith(kind)]


class TestEquip:
    def test_first(self, az):
        """The first release of intake makes the key of its function and puts it into the vault, by
        a file; what is told and what is on a command line is not the key.
        """
        az.answers |= {LISTED: {"default": "x"}, MADE: {"name": prover.KEY, "value": "canary"}}

        told = az.release("intake")

        assert ["keyvault secret list", LISTED, MADE, PUT] == of_keys(az)
        assert "canary" == az.filed
        assert "canary" not in told + "".join(az.calls)
        made, put = (next(one for one in az.calls if one.startswith(kind)) for kind in (MADE, PUT))
        assert (
            f"{GROUP} --name door-a1 --function-name take_touch --key-name leadshare-proof" in made
        )
        assert f"{PUT} --vault-name kv-a1 --name intake-proof-key --file " in put
        assert "The prover's key was put into the vault kv-a1" in told

    def test_there(self, az):
        """Where both have it, nothing is made and nothing written."""
        az.answers["keyvault secret list"] = [{"name": prover.SECRET}]
        az.answers[SHOWN] = {"value": "the prover's"}

        assert "The prover has its key" in az.release("intake")
        assert ["keyvault secret list", SHOWN, LISTED] == of_keys(az)

    def test_another(self, az):
        """Where intake was made anew, the vault gets the key that intake has now."""
        az.answers["keyvault secret list"] = [{"name": prover.SECRET}]
        az.answers[SHOWN] = {"value": "of before"}

        az.release("intake")

        assert "the prover's" == az.filed

    def test_vault_closed(self, az):
        """Who may not write into the vault makes no key; the release ends well, with the alerts on,
        and says that the prover stays off and where to read on.
        """
        az.answers["keyvault secret list"] = "fail"

        told = az.release("intake")

        assert ["keyvault secret list"] == of_keys(az)
        assert "az keyvault secret list --vault-name failed" in told
        assert "docs/operate.md#the-provers-key" in told
        assert "The alerts are on: 3 rules" in told

    @pytest.mark.parametrize("call", [LISTED, PUT])
    def test_refused(self, az, call):
        """Nor does what fails later end a release, or tell the key."""
        az.answers[call] = "fail"

        told = az.release("intake")

        assert "The prover has no new key: az " in told
        assert "the prover's" not in told
        assert "The alerts are on: 3 rules" in told

    def test_main_alone(self, az):
        """A release of the main app asks for no key of the prover's, at neither."""
        az.release()

        assert [] == of_keys(az)

    def test_not_proven(self, az):
        """An intake that no test lead got through gets no key."""
        az.proves = False

        with pytest.raises(Exception, match="never seen"):
            az.release("intake")
        assert [] == of_keys(az)


class TestVault:
    def test_name(self):
        """The vault is the one that infra/ makes beside the app, whatever the deployment is
        called.
        """
        [vault] = of_kind("Microsoft.KeyVault/vaults", MAIN, **EVERYTHING)
        [app] = of_kind("Microsoft.Web/sites", MAIN, **EVERYTHING)

        assert vault["name"] == prover.vault_of(app["name"])
