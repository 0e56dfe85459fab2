"""The commands of a fresh machine, as `make` and `python -m leadshare.local` have them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from leadshare.local import __main__ as local
from leadshare.local import environment

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
[PHONY] = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)


def run(*command):
    """Run *command* in the project; return its exit code and what it printed."""
    # `make test` runs these tests, and a make in a make says so in what it prints.
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(  # noqa: S603 - our own arguments
        command, cwd=ROOT, env=alone, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


class TestMake:
    def test_help(self):
        """`make help` says what each target is for, in lines that fit a terminal."""
        code, told, _ = run("make", "help")

        assert 0 == code
        lines = re.findall(r"^make (\S+) +(.+)$", told, re.MULTILINE)
        assert PHONY.split() == [name for name, _ in lines]
        assert [] == [line for line in told.splitlines() if len(line) > 80]

    def test_port(self):
        """A port that is none is told before anything is made or started."""
        code, told, error = run("make", f"PYTHON={sys.executable}", "run", "PORT=99999")

        assert (2, "") == (code, told)
        assert "--port: 99999 is no port; expected 1 to 65535\n" in error

    def test_options(self):
        """Each variable of `make run` is handed on."""
        words = ["PORT=7171", "INBOX_PORT=7172", "ONCE=1", "FRESH=1"]
        _, told, _ = run("make", "--dry-run", "run", *words)

        assert told.endswith("run --port 7171 --inbox-port 7172 --once --fresh\n")
        assert all(word.partition("=")[0] in MAKEFILE.split("run: ##")[1] for word in words)


class TestCommandLine:
    @pytest.mark.parametrize("word", ["--help", "-h", "help"])
    def test_help(self, capsys, word):
        """Who asks for help gets it, and no error, with all that there is."""
        assert 0 == local.main([word])
        told = capsys.readouterr().out
        assert {"run", "bench", *local.STEPS} <= {*re.findall(r"[a-z-]+", told)}

    @pytest.mark.parametrize("words", [[], ["rnu"]], ids=str)
    def test_slip(self, capsys, words):
        """Whoever asks for what is not there gets help as well, and an error."""
        assert 2 == local.main(words)
        assert "leadshare.local run" in capsys.readouterr().out

    def test_check(self):
        """`check` is the first part of `test`, without the tests."""
        assert local.CHECKS == local.TESTS[: len(local.CHECKS)]
        assert "pytest" not in [step[0] for step in local.CHECKS]
        assert "pytest" == local.TESTS[-1][0]

    def test_fails(self, monkeypatch, capsys):
        """What cannot be installed is told in a line, and nothing goes on."""

        def prepare(_: object) -> None:
            raise RuntimeError("no network")

        monkeypatch.setattr(environment, "prepare", prepare)

        assert [1, 1] == [local.main([word]) for word in ("run", "check")]
        assert "no network\nno network\n" == capsys.readouterr().out
