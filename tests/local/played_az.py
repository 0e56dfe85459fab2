"""The Azure CLI as a script plays it: what it is to answer, and what it was asked."""

from __future__ import annotations

import json
import sys
from zipfile import ZipFile

from leadshare.intake.build import BUILD
from leadshare.local.deploy import prover, release, smoke, target

GROUP = "--resource-group our-group"


def app(name, service):
    """One app as Azure lists it."""
    host = {"defaultHostName": f"{name}-made-up.example"}
    return {"name": name, "tags": service and {"leadshare": service}, "properties": host}


MAIN, INTAKE = app("leadshare-a1", "app"), app("door-a1", "intake")
OTHER = app("another", None)
WHOLE = "/subscriptions/s/resourceGroups/our-group"
RULES = [
    {"name": "leadshare-prod-lost", "id": "/rules/lost"},
    {"name": "somebody-elses", "id": "/rules/other"},
    {"name": "leadshare-prod-urgent", "id": "/rules/urgent"},
]
ON_METRICS = [
    {"name": "somebody-elses", "id": "/alerts/other"},
    {"name": "leadshare-prod-unreachable", "id": "/alerts/unreachable"},
]
LISTED = [f"resource list {GROUP} --resource-type {kind}" for kind in release.RULES]
AZ = """#!{python}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
words = sys.argv[1:]
with (here / "calls").open("a") as out:
    print(json.dumps(words), file=out)
if "--file" in words:
    (here / "filed").write_text(pathlib.Path(words[words.index("--file") + 1]).read_text())
answers = json.loads((here / "answers").read_text())
answer = next(found for start, found in answers.items() if " ".join(words).startswith(start))
sys.exit("no such thing") if answer == "fail" else answer is None or print(json.dumps(answer))
"""


class Az:
    """What az is to answer, by how the command begins, and what it was asked."""

    def __init__(self, folder):
        self.folder, self.proves = folder, True
        runtime = {"runtime": {"name": "python", "version": "3.13"}}
        self.answers = {
            **dict(zip(LISTED, (RULES, ON_METRICS), strict=True)),
            "rest --method get": {"value": [OTHER, MAIN, INTAKE]},
            "functionapp deployment": None,
            "resource show": {"properties": {"functionAppConfig": runtime}},
            "keyvault secret list": [{"name": "identity-key"}],
            "keyvault secret set": {"value": "the prover's"},
            "functionapp function keys list": {"default": "x", prover.KEY: "the prover's"},
            "functionapp keys": {"functionKeys": {"default": "a key"}, "masterKey": "its master"},
            "group show": {"id": WHOLE},
            "tag update": {"id": f"{WHOLE}/providers/Microsoft.Resources/tags/default"},
            "resource patch": None,
        }
        script = folder / "az"
        script.write_text(AZ.format(python=sys.executable))
        script.chmod(0o755)

    def pack(self, service="app"):
        """A package of one of the apps."""
        (self.folder / "answers").write_text(json.dumps(self.answers))
        path = self.folder / "leadshare.zip"
        with ZipFile(path, "w") as archive:
            archive.writestr(target.APP, service)
            archive.writestr(BUILD, "a-build")
            archive.writestr(target.PYTHON, "3.13")
        return path

    def release(self, service="app"):
        """Release a package; return what is told, and remember what the smoke test was given."""
        return release.release(self.pack(service), "our-group", self.prove)

    def prove(self, main, intake):
        """Remember the apps, and tell that it is proven, unless it is not."""
        self.proven = (main, intake)
        if not self.proves:
            raise smoke.SmokeFailed("never seen")
        return "proven"

    @property
    def calls(self):
        """The commands, each as one text."""
        lines = (self.folder / "calls").read_text().splitlines()
        return [" ".join(json.loads(line)) for line in lines]

    @property
    def filed(self):
        """What was in the last file that a command named."""
        path = self.folder / "filed"
        return path.read_text() if path.exists() else ""

    @property
    def of_intake(self):
        """The commands that name the intake app."""
        return [call for call in self.calls if "door" in call or "intake" in call]
