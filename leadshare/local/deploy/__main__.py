"""Local: the command line: python -m leadshare.local.deploy package | release | intake | ...."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path
from typing import Final

from leadshare.local import environment
from leadshare.local.deploy import intake, release, smoke, target
from leadshare.local.deploy.azure_cli import ReleaseFailed

KEY: Final = "LEADSHARE_HOST_KEY"
INTAKE_KEY: Final = "LEADSHARE_INTAKE_KEY"


def main(words: list[str]) -> int:
    """Do what the first of *words* names; return the exit code."""
    options = parser().parse_args(words)
    if options.command == "python":
        print(target.python())
        return 0
    try:
        if options.command == "package":
            return _package(options.package, target.INTAKE if options.intake else target.MAIN)
        if options.command == "release":
            result = release.release(options.package, options.resource_group)
        elif options.command == "intake":
            result = intake.deploy(options.parameters, options.resource_group)
        else:
            result = _smoke(options)
    except (ReleaseFailed, smoke.SmokeFailed) as error:
        print(error)
        return 1
    print(result)
    return 0


def _smoke(options: argparse.Namespace) -> str:
    key = os.environ.get(KEY, "")
    main = smoke.Site(options.url.rstrip("/"), key, options.build)
    door = smoke.Site(main.url, key)
    if options.intake:
        door = smoke.Site(options.intake.rstrip("/"), os.environ.get(INTAKE_KEY, ""))
    return smoke.run(main, door)


def _package(path: Path, app: str) -> int:
    # Here, for a release needs nothing but the standard library.
    with environment.inside("leadshare.local.deploy"):
        from leadshare.local.deploy import package, sbom  # noqa: PLC0415 - see above

    wanted = f"{target.MACHINE} with Python {target.python()}"
    here = f"{platform.system()} {platform.machine()} with Python {package.HERE}"
    if here != wanted:
        print(f"Build it on {wanted}, as the app has it in Azure, not on {here}")
        return 1
    print(package.build(path, app))
    print(f"What is in it: {sbom.write(path)}")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what the words of the command line mean."""
    parser = argparse.ArgumentParser(prog="python -m leadshare.local.deploy")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("package", help="build the package that is deployed")
    build.add_argument("package", type=Path)
    build.add_argument("--intake", action="store_true", help="of the intake app, not of the main")
    put = commands.add_parser("release", help="deploy a package with az, then send a test lead")
    put.add_argument("package", type=Path)
    put.add_argument("--resource-group", required=True)
    make = commands.add_parser("intake", help="deploy infra/intake.bicep with az, if it changed")
    make.add_argument("--parameters", type=Path, required=True)
    make.add_argument("--resource-group", required=True)
    look = commands.add_parser(
        "smoke", help=f"send a test lead; {KEY} and {INTAKE_KEY} hold a host key of each app"
    )
    look.add_argument("url", help="the address of the main app")
    look.add_argument("--intake", default="", help="that of the intake app, if it is another")
    look.add_argument("--build", default="", help="the build that must answer; any if not given")
    commands.add_parser("python", help="tell the Python that the app has in Azure")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
