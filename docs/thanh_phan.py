"""Renew what tells of the program's parts: `python docs/thanh_phan.py`.

Writes `docs/sbom.cdx.json` (CycloneDX) and `docs/licences.md` of what `requirements.lock` installs,
with a new environment of the Python that runs this and the command `cyclonedx-py` (package
cyclonedx-bom), which has to be on the path.  To be run where a lock file has changed;
`tests/test_supply_chain.py` fails until then.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
BILL = ROOT / "docs" / "sbom.cdx.json"
LICENCES = ROOT / "docs" / "licences.md"
# What a new environment has of its own.
_TOOLS = frozenset(("pip", "setuptools", "wheel"))
_HEAD = """\
# Licences

What the program needs to run, as `requirements.lock` installs it, and on what terms. Nothing of it
is contained in the project: it comes from its makers through the package registry. Renewed by
`docs/thanh_phan.py`; the same in a form for machines: `sbom.cdx.json`.

| Package | Version | Licence | Needed by |
|---|---|---|---|
"""


def canonical(name: str) -> str:
    """Return the name of a package as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def bill_of(python: Path) -> dict[str, Any]:
    """Return the bill of materials of an environment."""
    command = ["cyclonedx-py", "environment", str(python), "--pyproject", "pyproject.toml"]
    command += ["--output-reproducible", "--of", "JSON"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    bill: dict[str, Any] = json.loads(done.stdout)
    own = {each["bom-ref"] for each in bill["components"] if canonical(each["name"]) in _TOOLS}
    bill["components"] = [each for each in bill["components"] if each["bom-ref"] not in own]
    # Homes and chats change, and say nothing of what is installed.
    for each in (*bill["components"], *bill["metadata"]["tools"]["components"]):
        each.pop("externalReferences", None)
    bill["dependencies"] = [each for each in bill["dependencies"] if each["ref"] not in own]
    return bill


def licence_of(component: dict[str, Any]) -> str:
    """Return the licence of a part as its makers declare it."""
    found = []
    for each in component.get("licenses", ()):
        licence = each.get("license", {})
        found.append(each.get("expression") or licence.get("id") or licence.get("name", ""))
    return "; ".join(text.removeprefix("License :: OSI Approved :: ") for text in found)


def table(bill: dict[str, Any]) -> str:
    """Return the list for people."""
    names = {each["bom-ref"]: each["name"] for each in bill["components"]}
    by: dict[str, list[str]] = {}
    for each in bill["dependencies"]:
        for needed in each.get("dependsOn", ()):
            by.setdefault(needed, []).append(names.get(each["ref"], "danvan-site"))
    rows = []
    for each in sorted(bill["components"], key=lambda each: canonical(each["name"])):
        needed = ", ".join(sorted(by.get(each["bom-ref"], ())))
        rows.append(f"| {each['name']} | {each['version']} | {licence_of(each)} | {needed} |\n")
    return _HEAD + "".join(rows)


def main() -> None:
    """Make a new environment, and write what it is made of."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder, "Scripts" if sys.platform == "win32" else "bin", "python")
        install = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes"]
        subprocess.run([*install, "--only-binary", ":all:", "-r", str(LOCK)], check=True)
        bill = bill_of(python)
    BILL.write_text(json.dumps(bill, indent=1, sort_keys=True) + "\n", "utf-8", newline="\n")
    LICENCES.write_text(table(bill), "utf-8", newline="\n")


if __name__ == "__main__":
    main()
