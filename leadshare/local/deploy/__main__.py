"""Local: the command line: python -m leadshare.local.deploy package | release | smoke."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path
from typing import Final

from leadshare.local.deploy import release, smoke

KEY: Final = "LEADSHARE_HOST_KEY"


def main(words: list[str]) -> int:
    """Do what the first of *words* names; return the exit code."""
    options = parser().parse_args(words)
    try:
        if options.command == "package":
            return _package(options.package)
        if options.command == "release":
            told = release.release(options.package, options.resource_group)
        else:
            told = smoke.run(options.url, os.environ.get(KEY, ""), options.build)
    except (release.ReleaseFailed, smoke.SmokeFailed) as error:
        print(error)
        return 1
    print(told)
    return 0


def _package(target: Path) -> int:
    # Here, for a release needs nothing but the standard library.
    from leadshare.local.deploy import package  # noqa: PLC0415 - see above

    wanted = f"{package.MACHINE} with Python {package.PYTHON}"
    python = ".".join(platform.python_version_tuple()[:2])
    here = f"{platform.system()} {platform.machine()} with Python {python}"
    if here != wanted:
        print(f"Build it on {wanted}, as the app has it in Azure, not on {here}")
        return 1
    print(package.build(target))
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the words of the command line mean."""
    parser = argparse.ArgumentParser(prog="python -m leadshare.local.deploy")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("package", help="build the package that is deployed")
    build.add_argument("package", type=Path)
    put = commands.add_parser("release", help="deploy a package with az, then smoke-test the app")
    put.add_argument("package", type=Path)
    put.add_argument("--resource-group", required=True)
    look = commands.add_parser("smoke", help=f"send a test lead; {KEY} holds a host key")
    look.add_argument("url", help="https://<app>.azurewebsites.net")
    look.add_argument("--build", default="", help="the build that must answer; any if not given")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
