"""docs/commands.md is what the commands say of themselves, and its pictures are of this program."""

from __future__ import annotations

import pytest

from leadshare.commands import main
from tests.documents.command_page import PAGE, PICTURES, TAKEN, WIDTHS, page, picture, verbs


class TestPage:
    def test_written(self):
        """The page is as `make format` writes it: what `--help` says, and the pictures."""
        assert page() == PAGE.read_text(encoding="utf-8"), "`make format` writes the page anew"

    @pytest.mark.parametrize("words", verbs(), ids=" ".join)
    def test_example(self, words):
        """Every command has an example, which begins with its own words."""
        command = main.command()
        for word in words:
            command = command.commands[word]
        if getattr(command, "invoke_without_command", True):
            assert f"Example: leadshare {' '.join(words)}" in str(command.help)

    @pytest.mark.parametrize("words", verbs(), ids=" ".join)
    def test_json(self, words):
        """Every command can tell programs what it tells people."""
        command = main.command()
        for word in words:
            command = command.commands[word]
        options = {name for one in command.params for name in one.opts}
        assert "--json" in options or not getattr(command, "invoke_without_command", True)


class TestPictures:
    def test_all(self):
        """There is a picture of each at both widths, and no other."""
        named = {f"{name}-{width}.txt" for name in TAKEN for width in WIDTHS}

        assert named == {path.name for path in PICTURES.iterdir()}

    @pytest.mark.parametrize("width", WIDTHS)
    @pytest.mark.parametrize("name", TAKEN)
    def test_form(self, name, width):
        """Each begins with its command, is no wider than its terminal, and is of no failure."""
        first, *lines = picture(name, width).splitlines()

        assert first.startswith(f"$ leadshare {name}")
        assert lines
        assert max(map(len, lines)) <= width
        assert "does not answer" not in "".join(lines)

    @pytest.mark.parametrize("name", TAKEN)
    def test_heads(self, name):
        """At both widths it is a picture of the same: the same words, however they are broken."""
        narrow, wide = ({*picture(name, width).split()} for width in WIDTHS)

        assert len(narrow & wide) > len(wide) / 2
