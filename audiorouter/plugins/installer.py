"""pip, or uv where it made the environment: the commands, and what an installation brought."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from packaging.utils import canonicalize_name

from audiorouter.errors import UsageError
from audiorouter.plugins.lock import Archive

_ALONE = ("--no-deps", "--force-reinstall")


class Came(NamedTuple):
    """A distribution that an installation brought, and how to have the very same again."""

    archive: Archive | None = None
    """The file that it was made of."""
    commit: str | None = None
    """What to install for one from version control, with its commit."""


def install_command(specs: Sequence[str], *, editable: bool = False) -> list[str]:
    """The command that installs `specs`; of pip's output `came` is read.

    Raises:
        UsageError: the environment has neither pip nor uv.
    """
    changes = [part for spec in specs for part in (["-e", spec] if editable else [spec])]
    report = [] if _uv() else ["--quiet", "--report", "-"]
    return [*_command("install"), *report, *changes]


def uninstall_command(distributions: Sequence[str]) -> list[str]:
    """The command that uninstalls distributions.

    Raises:
        UsageError: the environment has neither pip nor uv.
    """
    return [*_command("uninstall"), *distributions]


def install(specs: Sequence[str], *, editable: bool = False) -> dict[str, Came]:
    """Install `specs` and what they need; what came, by name.

    Raises:
        UsageError: it cannot be installed.
    """
    before = versions()
    output = run(install_command(specs, editable=editable))
    importlib.invalidate_caches()
    if not _uv():
        return came(output)
    return _came_by_uv([name for name, now in versions().items() if before.get(name) != now])


def install_alone(spec: str, *, editable: bool = False) -> None:
    """Install `spec` in the place of what is there of it, without what it needs.

    Raises:
        UsageError: it cannot be installed.
    """
    changes = ["-e", spec] if editable else [spec]
    run([*_command("install"), *_ALONE, *changes])
    importlib.invalidate_caches()


def install_archives(archives: Mapping[str, Archive]) -> None:
    """Install these files and nothing else; what has another hash is not even unpacked.

    Raises:
        UsageError: one has another hash, or cannot be had.
    """
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        lines = [archive.requirement(name) for name, archive in archives.items()]
        listed.write_text("\n".join(lines) + "\n", encoding="utf-8")
        run([*_command("install"), *_ALONE, "--require-hashes", "-r", str(listed)])
    importlib.invalidate_caches()


def run(command: Sequence[str], *, given: str | None = None) -> str:
    """Run it with `given` on its stdin; what it prints.

    Raises:
        UsageError: it failed; the message has the end of what it said.
    """
    done = subprocess.run(
        command, capture_output=True, input=given or "", encoding="utf-8", errors="replace"
    )
    if done.returncode != 0:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise UsageError(f"`{' '.join(command)}` failed:\n  " + "\n  ".join(lines[-8:]))
    return done.stdout


def versions() -> dict[str, str]:
    """Versions of all distributions that are installed, by name."""
    return {
        canonicalize_name(distribution.name): distribution.version
        for distribution in importlib.metadata.distributions()
        if distribution.name  # what an interrupted installation leaves has none
    }


def came(report: str) -> dict[str, Came]:
    """What pip's installation report says was installed, by name."""
    return {
        canonicalize_name(item["metadata"]["name"]): _came(
            item["download_info"], item["metadata"]["version"], direct=item["is_direct"]
        )
        for item in json.loads(report)["install"]
    }


def _came(source: dict[str, Any], version: str, *, direct: bool) -> Came:
    """By a "direct URL" (PEP 610), which says where a distribution was had from."""
    url = str(source["url"])
    if "vcs_info" in source:
        kind, commit = source["vcs_info"]["vcs"], source["vcs_info"]["commit_id"]
        inner = f"#subdirectory={source['subdirectory']}" if "subdirectory" in source else ""
        return Came(commit=f"{kind}+{url}@{commit}{inner}")
    sha256 = source.get("archive_info", {}).get("hashes", {}).get("sha256")
    if sha256 is None:
        return Came()
    return Came(Archive(version=version, sha256=[sha256], url=url if direct else None))


def _came_by_uv(names: Sequence[str]) -> dict[str, Came]:
    """What uv installed: it says of each where from, and of files which hashes they may have."""
    found: dict[str, Came] = {}
    asked: dict[str, str | None] = {}
    for name in names:
        text = importlib.metadata.distribution(name).read_text("direct_url.json")
        source = None if text is None else json.loads(text)
        if source is not None and "archive_info" not in source:
            found[name] = _came(source, "", direct=True)
        else:
            asked[name] = None if source is None else str(source["url"])
    now = versions()
    lines = [f"{name} @ {url}" if url else f"{name}=={now[name]}" for name, url in asked.items()]
    settings = ["--no-deps", "--no-header", "--no-annotate", "--generate-hashes", "-"]
    command = [str(_uv()), "pip", "compile", "--quiet", "--python", sys.executable, *settings]
    output = run(command, given="\n".join(lines)) if lines else ""
    for requirement in output.replace("\\\n", "").splitlines():
        name = canonicalize_name(re.split(r"\s*(?:==|@)", requirement, maxsplit=1)[0].strip())
        if name in asked and (hashes := re.findall(r"--hash=sha256:([0-9a-f]{64})", requirement)):
            archive = Archive(version=now[name], sha256=sorted(hashes), url=asked[name])
            found[name] = Came(archive)
    return found


def _command(action: str) -> list[str]:
    """What installs or uninstalls here; neither asks questions."""
    if uv := _uv():
        return [uv, "pip", action, "--python", sys.executable]
    if importlib.util.find_spec("pip") is not None:
        pip = [sys.executable, "-m", "pip", action, "--disable-pip-version-check"]
        return [*pip, "--yes"] if action == "uninstall" else pip
    raise UsageError(f"{sys.prefix} has neither pip nor uv to install with")


def _uv() -> str | None:
    """uv, where it made the environment and is there."""
    config = Path(sys.prefix) / "pyvenv.cfg"
    if config.is_file() and re.search(rb"^uv\s*=", config.read_bytes(), re.MULTILINE):
        return shutil.which("uv")
    return None
