"""A fresh machine installs the versions that were tested: constraints.txt is whole, and used."""

import importlib.metadata
import shutil
import subprocess
import tomllib

import pytest
from environments import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LINES = (ROOT / "constraints.txt").read_text().splitlines()
PINS = {
    canonicalize_name(name): version
    for name, _, version in (line.partition("==") for line in LINES if not line.startswith("#"))
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def unmet(requirements):
    """Those that no pin satisfies."""
    return [
        str(requirement)
        for requirement in map(Requirement, requirements)
        if (requirement.marker is None or requirement.marker.evaluate({"extra": ""}))
        and (
            (version := PINS.get(canonicalize_name(requirement.name))) is None
            or not requirement.specifier.contains(version, prereleases=True)
        )
    ]


def test_all_that_the_project_asks_for_is_pinned_in_a_version_that_it_allows():
    project = PROJECT["project"]
    # Inspect pins older versions than others need: tests have it in an environment of its own.
    wanted = project["optional-dependencies"].items()
    extras = [one for name, extra in wanted if name != "inspect" for one in extra]
    asked = [*project["dependencies"], *extras, *PROJECT["build-system"]["requires"], "pip"]
    assert not unmet(one for one in asked if Requirement(one).name != project["name"])
    assert all(version and " " not in version and "+" not in version for version in PINS.values())


def test_what_the_pinned_versions_need_is_pinned_as_well():
    here = {canonicalize_name(one.name): one for one in importlib.metadata.distributions()}
    looked_at = [
        name for name, version in PINS.items() if name in here and here[name].version == version
    ]
    assert {name: gaps for name in looked_at if (gaps := unmet(here[name].requires or ()))} == {}


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("target", ["setup", "newest"])
def test_make_installs_what_was_tested_and_newest_what_there_is(target):
    command = ["make", "--dry-run", "--always-make", target]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    installs = [line for line in done.stdout.splitlines() if "pip install" in line]
    assert len(installs) >= 2
    if target == "setup":
        assert all("--constraint constraints.txt" in line for line in installs)
        assert any("--build-constraint constraints.txt" in line for line in installs)
    else:
        assert not any("constraint" in line for line in installs)
        assert all(line.startswith(".venv-newest/") for line in installs)
