"""Signatures: an event is Partner Center's only if every step of the proof holds."""

from __future__ import annotations

from base64 import b64encode
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from leadshare.errors import Unreachable, Unsigned
from leadshare.partner_center.signature import ROOTS, Signatures, microsoft_roots
from leadshare.partner_center.signers import DEEPEST, KEPT, TRIED
from tests.builders import NOW
from tests.microsoft import (
    ISSUER_NAME,
    ISSUER_URL,
    ROOT_NAME,
    URL,
    Web,
    certificate,
    event,
    headers,
    issuing,
    key,
    leaf,
    name,
    root,
    web,
)

BODY = event()


def signatures(found: Web) -> Signatures:
    """What verifies, with our own root in the place of Microsoft's."""
    return Signatures.under(found.client(), [root()])


async def refusal(found: Web | None = None, body: bytes = BODY, **changes: str) -> str:
    """The reason why an event is refused."""
    with pytest.raises(Unsigned) as caught:
        await signatures(found or web()).verify(headers(BODY, **changes), body, NOW)
    return caught.value.reason


class TestRight:
    @pytest.mark.parametrize("bits", ["256", "384", "512"])
    async def test_algorithms(self, bits):
        """What is rightly signed passes, under each algorithm that still holds."""
        await signatures(web()).verify(headers(BODY, bits), BODY, NOW)

    @pytest.mark.parametrize(
        "changes",
        [
            pytest.param({"x_ms_signature_algorithm": "RSA-SHA256"}, id="case-of-the-algorithm"),
            pytest.param(
                {"x_ms_signature": headers(BODY)["authorization"], "authorization": ""},
                id="header-of-its-own",
            ),
            pytest.param(
                {
                    "x_ms_signature": headers(BODY)["authorization"].removeprefix("Signature "),
                    "authorization": "Bearer x",
                },
                id="bare-in-a-header-of-its-own",
            ),
            pytest.param(
                {"authorization": headers(BODY)["authorization"].replace("Sig", "sig")},
                id="case-of-the-scheme",
            ),
        ],
    )
    async def test_forms(self, changes):
        """Both headers that a signature may come in are read, whatever their case."""
        await signatures(web()).verify(headers(BODY, **changes), BODY, NOW)

    @pytest.mark.parametrize("encoding", [Encoding.DER, Encoding.PEM], ids=["binary", "text"])
    async def test_certificate_forms(self, encoding):
        """A certificate may be binary or text."""
        found = web()
        found.put(URL, leaf(), encoding)

        await signatures(found).verify(headers(BODY), BODY, NOW)

    async def test_nothing_between(self):
        """A signer that the root itself vouches for needs nobody between."""
        found = web()
        found.put(URL, leaf(issuer=ROOT_NAME, signer=key("root")))

        await signatures(found).verify(headers(BODY), BODY, NOW)

        assert [URL] == found.asked

    async def test_asked_once(self):
        """Certificates that held are not asked for again for a while, and then they are."""
        found = web()
        proof = signatures(found)
        for moment in (timedelta(0), KEPT - timedelta(seconds=1)):
            await proof.verify(headers(BODY), BODY, NOW + moment)

        assert [URL, ISSUER_URL] == found.asked

        await proof.verify(headers(BODY), BODY, NOW + KEPT)

        assert [URL, ISSUER_URL] * 2 == found.asked

    async def test_kept_no_longer_than_valid(self):
        """What is kept ends with the first certificate of the chain that does."""
        found = web()
        found.put(URL, leaf(days=(-1, 1 / 24)))
        proof = signatures(found)
        await proof.verify(headers(BODY), BODY, NOW)

        with pytest.raises(Unsigned) as caught:
            await proof.verify(headers(BODY), BODY, NOW + timedelta(hours=2))

        assert "certificate_untrusted" == caught.value.reason

    async def test_kept_by_address(self):
        """That one signer is known says nothing about another's signature."""
        found = web()
        proof = signatures(found)
        await proof.verify(headers(BODY), BODY, NOW)

        with pytest.raises(Unsigned):
            await proof.verify(headers(BODY, signer="other"), BODY, NOW)


class TestWrongSignature:
    async def test_body(self):
        """A body of which one byte was changed is refused."""
        changed = BODY.replace(b"created", b"updated")

        assert "signature_wrong" == await refusal(body=changed)

    async def test_another_signer(self):
        """A signature of anybody else is refused."""
        told = headers(BODY, signer="other")["authorization"]

        assert "signature_wrong" == await refusal(authorization=told)

    async def test_another_algorithm(self):
        """A signature of another algorithm than the header names is refused."""
        assert "signature_wrong" == await refusal(x_ms_signature_algorithm="rsa-sha512")

    async def test_another_padding(self):
        """A signature of another padding is refused."""
        padding = PSS(MGF1(SHA256()), PSS.MAX_LENGTH)
        told = b64encode(key("leaf").sign(BODY, padding, SHA256())).decode()

        assert "signature_wrong" == await refusal(authorization=f"Signature {told}")

    @pytest.mark.parametrize(
        ("told", "reason"),
        [
            pytest.param("", "signature_missing", id="none"),
            pytest.param("Signature", "signature_missing", id="scheme-only"),
            pytest.param("Signature ", "signature_missing", id="scheme-and-space"),
            pytest.param("Bearer AAAA", "signature_missing", id="another-scheme"),
            pytest.param("AAAA", "signature_missing", id="no-scheme"),
            pytest.param("Signature !!!!", "signature_unreadable", id="no-base64"),
            pytest.param("Signature AAAAA", "signature_unreadable", id="cut-off"),
            pytest.param(
                "Signature \u00e4\u00e4\u00e4\u00e4", "signature_unreadable", id="umlauts"
            ),
            pytest.param("Signature AAAA", "signature_wrong", id="short"),
            pytest.param(f"Signature {'AAAA' * 400}", "signature_wrong", id="long"),
        ],
    )
    async def test_header(self, told, reason):
        """What is no signature is refused before anything is asked."""
        found = web()

        assert reason == await refusal(found, authorization=told)
        assert [] == found.asked

    @pytest.mark.parametrize(
        "algorithm",
        ["", "none", "rsa-sha1", "RSA-SHA1", "rsa-md5", "sha256", "rsa", "hmac-sha256", "rsa-sha2"],
    )
    async def test_algorithm(self, algorithm):
        """An algorithm that can be forged, or that is unknown, is refused before anything is
        asked.
        """
        found = web()

        assert "algorithm_refused" == await refusal(found, x_ms_signature_algorithm=algorithm)
        assert [] == found.asked

    async def test_forgeable(self):
        """A right signature over SHA-1 is refused."""
        told = b64encode(key("leaf").sign(BODY, PKCS1v15(), SHA1())).decode()  # noqa: S303 - what must be refused

        reason = await refusal(
            authorization=f"Signature {told}", x_ms_signature_algorithm="rsa-sha1"
        )

        assert "algorithm_refused" == reason


class TestCertificateUrl:
    @pytest.mark.parametrize(
        "url",
        [
            pytest.param("", id="none"),
            pytest.param("x", id="no-address"),
            pytest.param(URL.replace("https", "http"), id="http"),
            pytest.param(URL.replace("https", "ftp"), id="ftp"),
            pytest.param("file:///etc/passwd", id="file"),
            pytest.param("https://evil.example/cert/a.cer", id="another-host"),
            pytest.param("https://evil.blob.core.windows.net/cert/a.cer", id="another-account"),
            pytest.param("https://evilmicrosoft.com/a.cer", id="ends-alike"),
            pytest.param("https://www.microsoft.com.evil.example/a.cer", id="begins-alike"),
            pytest.param("https://www.microsoft.com@evil.example/a.cer", id="user"),
            pytest.param("https://evil.example\\@www.microsoft.com/a.cer", id="backslash"),
            pytest.param("https://evil.example#@www.microsoft.com/a.cer", id="fragment-first"),
            pytest.param("https://user:p@www.microsoft.com/a.cer", id="user-at-microsoft"),
            pytest.param(URL.replace(".net/", ".net:8443/"), id="port"),
            pytest.param(URL.replace(".net/", ".net:443/"), id="usual-port"),
            pytest.param(URL.replace(".net/", ".net:/"), id="empty-port"),
            pytest.param(URL.replace(".net/", ".net:x/"), id="no-port"),
            pytest.param(URL.replace(".net/", ".net./"), id="dot-at-the-end"),
            pytest.param(f"{URL}?to=https://evil.example", id="query"),
            pytest.param(f"{URL}#a", id="fragment"),
            pytest.param(f" {URL}", id="space"),
            pytest.param(f"{URL}\n", id="newline"),
            pytest.param(URL.replace("cert", "ce\trt"), id="tab"),
            pytest.param(URL.upper(), id="upper-case"),
            pytest.param("https://.microsoft.com/a.cer", id="no-name"),
            pytest.param("https://microsoft.com/a.cer", id="domain-itself"),
            pytest.param("https://www.microsoft.com", id="no-path"),
            pytest.param("https://www.microsoft.com/", id="root-path"),
            pytest.param("https://127.0.0.1/a.cer", id="loopback"),
            pytest.param("https://[::1]/a.cer", id="loopback-6"),
            pytest.param("https://[::1/a.cer", id="broken"),
            pytest.param("https://169.254.169.254/metadata", id="metadata"),
            pytest.param(URL.replace("cert/", "cert/../cert/"), id="upwards"),
            pytest.param(URL.replace("cert/", "cert/%2E%2e/cert/"), id="upwards-encoded"),
            pytest.param(URL.replace("cert/", "cert/%zz/"), id="no-encoding"),
            pytest.param(f"{URL}{'r' * 2048}", id="long"),
            pytest.param("https://w\uff57w.microsoft.com/a.cer", id="other-letters"),
        ],
    )
    async def test_refused(self, url):
        """An address that is not plainly one of Microsoft's is refused, and never called."""
        found = web()

        assert "certificate_url_refused" == await refusal(found, x_ms_certificate_url=url)
        assert [] == found.asked


BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"days": (-30, -1)}, "certificate_untrusted"),
    "not-yet-valid": ({"days": (1, 30)}, "certificate_untrusted"),
    "another-organisation": (
        {"subject": name("pcnotifications.microsoft.com", "Evil Inc")},
        "organisation_wrong",
    ),
    "organisation-alike": (
        {"subject": name("x", "Microsoft Corporation Ltd")},
        "organisation_wrong",
    ),
    "organisation-in-the-name": (
        {"subject": name("O=Microsoft Corporation")},
        "organisation_wrong",
    ),
    "two-organisations": (
        {"subject": name("x", "Evil Inc", "Microsoft Corporation")},
        "organisation_wrong",
    ),
    "another-name": ({"names": ("www.evil.example",)}, "subject_wrong"),
    "name-alike": ({"names": ("evilmicrosoft.com",)}, "subject_wrong"),
    "any-name": ({"names": ("*.microsoft.com",)}, "subject_wrong"),
    "no-name": ({"names": ()}, "subject_wrong"),
    "signed-by-itself": (
        {
            "issuer": name("pcnotifications.microsoft.com", "Microsoft Corporation"),
            "signer": key("leaf"),
        },
        "certificate_untrusted",
    ),
    "signed-by-nobody": ({"signer": key("other")}, "certificate_untrusted"),
    "another-issuer": ({"issuer": name("Nobody")}, "certificate_untrusted"),
    "no-issuer-to-be-had": ({"issuer_url": ""}, "certificate_untrusted"),
    "issuer-elsewhere": ({"issuer_url": "http://evil.example/a.crt"}, "certificate_untrusted"),
    "issuer-by-no-http": ({"issuer_url": "ldap://www.microsoft.com/a"}, "certificate_untrusted"),
    "another-use": ({"usage": ExtendedKeyUsageOID.CODE_SIGNING}, "certificate_untrusted"),
    "no-rsa": ({"own": ec.generate_private_key(ec.SECP256R1())}, "certificate_without_rsa"),
}


class TestCertificate:
    @pytest.mark.parametrize(("changes", "reason"), BROKEN.values(), ids=BROKEN)
    async def test_leaf(self, changes, reason):
        """A signer whose certificate has one thing wrong is refused, however right the signature
        is.
        """
        found = web()
        found.put(URL, leaf(**changes))

        assert reason == await refusal(found)

    @pytest.mark.parametrize(
        "made",
        [
            pytest.param(lambda: issuing(days=(-30, -1)), id="expired"),
            pytest.param(
                lambda: certificate(ISSUER_NAME, key("issuing"), ISSUER_NAME, key("issuing")),
                id="unknown-root",
            ),
            pytest.param(
                lambda: certificate(ISSUER_NAME, key("issuing"), ROOT_NAME, key("other")),
                id="root-alike",
            ),
            pytest.param(
                lambda: certificate(
                    ISSUER_NAME, key("issuing"), ROOT_NAME, key("root"), names=("a.microsoft.com",)
                ),
                id="no-authority",
            ),
        ],
    )
    async def test_issuer(self, made):
        """A chain with a broken link between root and signer is refused."""
        found = web()
        found.put(ISSUER_URL, made())

        assert "certificate_untrusted" == await refusal(found)

    async def test_endless(self):
        """A chain that goes on and on is not followed for long."""
        found = web()
        found.put(
            ISSUER_URL,
            certificate(
                ISSUER_NAME, key("issuing"), ISSUER_NAME, key("issuing"), issuer_url=ISSUER_URL
            ),
        )

        assert "certificate_untrusted" == await refusal(found)
        assert 1 + DEEPEST == len(found.asked)

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"x",
            b"-----BEGIN CERTIFICATE-----\nx",
            b"<html>",
            root().public_bytes(Encoding.DER)[:-9],
        ],
        ids=["empty", "text", "broken-text", "page", "cut-off"],
    )
    async def test_unreadable(self, content):
        """What is no certificate is refused."""
        found = web()
        found.pages[URL] = httpx.Response(200, content=content)

        assert "certificate_unreadable" == await refusal(found)

    async def test_missing(self):
        """A certificate that is not there is refused."""
        found = web()
        del found.pages[URL]

        assert "certificate_missing" == await refusal(found)

    @pytest.mark.parametrize("url", [URL, ISSUER_URL], ids=["signer", "issuer"])
    @pytest.mark.parametrize(
        "answer",
        [
            pytest.param(httpx.Response(503), id="out-of-order"),
            pytest.param(httpx.Response(302, headers={"location": "https://x"}), id="elsewhere"),
            pytest.param(httpx.ConnectError("x"), id="no-connection"),
            pytest.param(httpx.ReadTimeout("x"), id="no-answer"),
        ],
    )
    async def test_out_of_reach(self, url, answer):
        """Where a certificate cannot be had, nothing is proven either way, and it is asked for
        again, minutes later.
        """
        found = web()
        before, found.pages[url] = found.pages[url], answer
        proof = signatures(found)

        with pytest.raises(Unreachable):
            await proof.verify(headers(BODY), BODY, NOW)

        found.pages[url] = before

        await proof.verify(headers(BODY), BODY, NOW + TRIED)


class TestRoots:
    def test_known(self):
        """The roots that Microsoft issues under are among those that come with the client."""
        found = [
            root.subject.get_attributes_for_oid(NameOID.COMMON_NAME) for root in microsoft_roots()
        ]

        assert sorted(ROOTS) == sorted(str(names[0].value) for names in found)

    async def test_ours_is_not_among_them(self):
        """Under Microsoft's roots an event that is signed under ours is refused."""
        with pytest.raises(Unsigned) as caught:
            await Signatures.under(web().client(), microsoft_roots()).verify(
                headers(BODY), BODY, NOW
            )

        assert "certificate_untrusted" == caught.value.reason
