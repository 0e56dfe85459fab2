"""How errors quote: what may be a secret never, and what was nearly right with what is."""

from __future__ import annotations

import pytest

from leadshare.quoting import did_you_mean, near, shown


class TestShown:
    @pytest.mark.parametrize(
        "text",
        [
            "Germany",
            "azuremarketplace",
            "contoso.invoice-robot",
            "autumn-2026",
            "in-demand generation",
            "Côte d'Ivoire",
            "sales_ready",
            "internationalisation",
        ],
    )
    def test_words(self, text):
        """What looks like words is quoted."""
        assert f'"{text}"' == shown(text)

    @pytest.mark.parametrize(
        "text",
        [
            pytest.param("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", id="webhook"),
            pytest.param("abc8Q~dEfGhIjKlMnOpQrStUvWxYz0123456789a", id="client-secret"),
            pytest.param("1000.8c4d4a5f6b7c8d9e0f1a2b3c4d5e6f70", id="refresh-token"),
            pytest.param("pat-eu1-1a2b3c4d-5e6f-7a8b-9c0d-1e2f3a4b5c6d", id="private-app"),
            pytest.param("AccountKey=Y2FuYXJ5", id="connection-string"),
            pytest.param("MfKQrGKYqrTwjUPD", id="letters-only"),
            pytest.param("sample.buyer@fabrikam.example", id="e-mail"),
            pytest.param("+4930123456", id="phone"),
            pytest.param("a\nb", id="two-lines"),
            pytest.param("a" * 61, id="long"),
            pytest.param("", id="nothing"),
        ],
    )
    def test_others(self, text):
        """What may be a secret or somebody's, or is no word, is not."""
        assert "this value" == shown(text)


class TestNear:
    KNOWN = ("appsource", "azure_marketplace", "Contoso.VM")

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            pytest.param("azuremarketplace", "azure_marketplace", id="letter-missing"),
            pytest.param("Azure Marketplace", "azure_marketplace", id="case-and-blank"),
            pytest.param("azure", "azure_marketplace", id="beginning"),
            pytest.param("contoso.vn", "Contoso.VM", id="as-it-is-written"),
            pytest.param("a", "", id="beginning-of-several"),
            pytest.param("somewhere else", "", id="not-near"),
        ],
    )
    def test_near(self, text, found):
        """What is near is found, in its own writing."""
        assert found == near(text, self.KNOWN)

    def test_question(self):
        """It is told as a question, or not at all."""
        assert '; did you mean "appsource"?' == did_you_mean("appsorce", self.KNOWN)
        assert not did_you_mean("x", self.KNOWN)
