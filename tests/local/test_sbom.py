"""The bill of materials of a package."""

from __future__ import annotations

import json
from email.message import Message
from zipfile import ZipFile

import pytest

from leadshare.local.deploy import package, sbom
from leadshare.local.deploy.target import APP


def packed(folder, app, **parts):
    """Return a package with the metadata of these parts."""
    path = folder / "some.zip"
    with ZipFile(path, "w") as archive:
        archive.writestr(APP, app)
        archive.writestr(f"{package.PACKAGES}/thing/METADATA", "no metadata")
        for name, more in parts.items():
            told = f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{more}\n\nText\n"
            archive.writestr(f"{package.PACKAGES}/{name}-1.0.dist-info/METADATA", told)
    return path


class TestBill:
    @pytest.mark.parametrize(
        ("app", "name"), [("app", "leadshare"), ("intake", "leadshare-intake")]
    )
    def test_written(self, tmp_path, app, name):
        """It lies beside the package and names each part, in order, by version and licence."""
        path = packed(tmp_path, app, Some_Thing="License: MIT", other="License: Apache 2.0")

        written = sbom.write(path)

        told = json.loads(written.read_text("utf-8"))
        assert tmp_path / "some.cdx.json" == written
        assert ("CycloneDX", "1.6") == (told["bomFormat"], told["specVersion"])
        assert name == told["metadata"]["component"]["name"]
        assert [
            ("pkg:pypi/other@1.0", [{"expression": "Apache-2.0"}]),
            ("pkg:pypi/some-thing@1.0", [{"expression": "MIT"}]),
        ] == [(one["purl"], one["licenses"]) for one in told["components"]]

    def test_unlicensed(self, tmp_path):
        """A part that tells no licence has none."""
        told = sbom.bill(packed(tmp_path, "app", thing=""))

        assert [
            {"type": "library", "name": "thing", "version": "1.0", "purl": "pkg:pypi/thing@1.0"}
        ] == told["components"]


class TestLicence:
    @pytest.mark.parametrize(
        ("told", "expected"),
        [
            pytest.param(
                [("License-Expression", "MIT OR ISC"), ("License", "x y")], "MIT OR ISC", id="spdx"
            ),
            pytest.param([("License", "MIT License")], "MIT", id="words"),
            pytest.param([("License", "BSD-3-Clause")], "BSD-3-Clause", id="plain"),
            pytest.param(
                [
                    ("License", "Copyright of some"),
                    ("Classifier", "License :: OSI Approved :: BSD License"),
                ],
                "BSD-3-Clause",
                id="classifier",
            ),
            pytest.param([("Classifier", "Topic :: Text")], "", id="none"),
        ],
    )
    def test_told(self, told, expected):
        """The licence is found wherever a package tells it."""
        message = Message()
        for name, value in told:
            message[name] = value

        assert expected == sbom.licence_of(message)
