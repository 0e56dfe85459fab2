"""Packages of npm: made whole, once, whoever else makes them at the same moment."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadshare.local import installing, npm


@pytest.fixture(name="made")
def _made(monkeypatch, tmp_path):
    """The folders that npm was told to make packages in, where it makes one file of each."""
    made = []

    def with_npm(_command, words, _doing):
        folder = Path(words[words.index("--prefix") + 1])
        made.append(folder)
        file = folder / "node_modules" / "@some" / "thing" / "package.json"
        file.parent.mkdir(parents=True)
        file.write_text(f"{len(made)}")

    monkeypatch.setattr(npm, "ROOT", tmp_path)
    monkeypatch.setattr(installing, "with_npm", with_npm)
    return made


def left(tmp_path):
    """Return the folders that lie where packages do."""
    return [path.name for path in (tmp_path / ".leadshare").iterdir()]


def test_once(made, tmp_path):
    """What is there already is not made again; another version is."""
    first = npm.install("@some/thing", "1.0.0")

    assert "1" == (first / "package.json").read_text()
    assert first == npm.install("@some/thing", "1.0.0")
    assert first != npm.install("@some/thing", "2.0.0")
    assert 2 == len(made)
    assert {"thing-1.0.0", "thing-2.0.0"} == {*left(tmp_path)}


def test_two(made, tmp_path, monkeypatch):
    """Two that make it at once make it in folders of their own, and the first one's is kept."""
    alone = installing.with_npm

    def beside(*words):
        monkeypatch.setattr(installing, "with_npm", alone)
        npm.install("@some/thing", "1.0.0")
        alone(*words)

    monkeypatch.setattr(installing, "with_npm", beside)
    folder = npm.install("@some/thing", "1.0.0")

    assert "1" == (folder / "package.json").read_text()
    assert 2 == len({*made})
    assert ["thing-1.0.0"] == left(tmp_path)


def test_half(made, tmp_path, monkeypatch):
    """What failed on its way leaves nothing that the next one could take for whole."""

    def fail(*_words):
        raise RuntimeError("no network")

    with monkeypatch.context() as patch:
        patch.setattr(installing, "with_npm", fail)
        with pytest.raises(RuntimeError, match="no network"):
            npm.install("@some/thing", "1.0.0")
    assert [] == left(tmp_path)
    assert (npm.install("@some/thing", "1.0.0") / "package.json").exists()
    assert 1 == len(made)
