"""What a file of settings may do that nobody named, and who may have written it."""

import json
import os

import pytest
from commands import run

from audiorouter.profiles.trust import why_not_ours

pytest_plugins = ["profile_projects"]


REACHING = [
    'plugin = ["evil.py"]',
    'db = "elsewhere.db"',
    'provider = "openai:a"',
    'provider = "cascade:owner/name"',
    'base_url = "http://127.0.0.1:1/v1"',
    'provider_option = {reads = "all"}',
    'router = "hub:owner/name"',
    'judge = "cascade"',
    'judge_option = {reads = "all"}',
    "allow_outside = true",
    "verbatim = true",
]


@pytest.mark.parametrize("text", REACHING)
def test_what_reaches_out_holds_only_once_it_is_trusted(project, text, options, tmp_path):
    (tmp_path / "project" / "evil.py").write_text("raise SystemExit(99)")
    path = project(text)
    name = text.partition(" ")[0]
    batch = ("batch", "clips", "q.csv", "--plan")
    refused = run(*batch, code=2, AUDIOROUTER_DB="").stderr
    assert f"{path} sets {name}" in refused and "profiles trust" in refused

    shown = run("profiles", "trust").stdout
    assert name in shown
    if name != "plugin":
        options("batch", AUDIOROUTER_DB="")
    path.write_text(path.read_text() + "\nworkers = 2\n")
    if name != "plugin":
        assert options("batch", AUDIOROUTER_DB="").workers == 2
    path.write_text('provider = "transformers:x/y"\n')
    assert "sets provider" in run(*batch, code=2).stderr


def test_a_profile_that_is_named_trusts_nothing(project):
    project('[profile.a]\nplugin = ["evil.py"]')
    assert "sets plugin" in run("--profile", "a", "tools", "list", code=2).stderr
    assert "sets plugin" in run("tools", "list", code=2, AUDIOROUTER_PROFILE="a").stderr
    run("tools", "list", "--json")


@pytest.mark.slow
def test_a_file_that_is_named_is_trusted_and_its_plugins_are_loaded(project, tmp_path):
    folder = tmp_path / "project" / "plugins"
    folder.mkdir()
    (folder / "loud.py").write_text(
        "from audiorouter import hookimpl\n\n@hookimpl\ndef register_routers(register):\n    pass\n"
    )
    path = project('plugin = ["plugins"]')
    listed = run("--settings", path, "plugins", "list", "--json")
    assert "loud" in {plugin["name"] for plugin in json.loads(listed.stdout)}
    assert f"settings of {path}: plugin" in listed.stderr


def test_no_plugins_holds_for_the_file_as_well(project, tmp_path):
    (tmp_path / "project" / "evil.py").write_text("raise SystemExit(99)")
    path = project('plugin = ["evil.py"]')
    run("--no-plugins", "tools", "list")
    listed = run("--no-plugins", "--settings", path, "plugins", "list", "--json")
    assert "evil" not in listed.stdout


def test_a_file_that_others_can_write_is_left_out_and_said(project, options):
    path = project("workers = 1")
    path.chmod(0o666)
    assert options("batch").workers is None
    said = run("store", "path").stderr
    assert "is not used: others can write" in said and f"--settings {path}" in said
    assert options("--settings", path, "batch").workers == 1
    assert "others can write" in run("--profile", "a", "store", "path", code=2).stderr
    path.chmod(0o644)
    path.parent.chmod(0o777)
    assert "others can write" in run("store", "path").stderr
    path.parent.chmod(0o1777)
    assert run("store", "path").stderr == ""


def test_a_file_of_another_user_is_not_ours(project, monkeypatch):
    path = project("workers = 1")
    assert why_not_ours(path) is None
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    if path.stat().st_uid != 0:
        assert "belongs to another user" in why_not_ours(path)


HIDING = r"""
base_url = "http://a/v1\nproject: base_url = \"http://b/v1\""
plugin = ["a.py, b.py", "c.py"]

[provider_option]
"seed = 1, x" = "2, y 3"

[profile."(project)"]
base_url = "http://127.0.0.1/v1"

[profile."project: db ="]
db = "/tmp/x\u200b.db"
"""


def test_what_is_trusted_is_shown_whole_and_nothing_in_the_file_can_hide_or_imitate_it(project):
    path = project(HIDING)
    folder = path.parent
    expected = [
        r'project: base_url = "http://a/v1\nproject: base_url = \"http://b/v1\""',
        f'project: plugin = ["{folder}/a.py, b.py", "{folder}/c.py"]',
        'project: provider_option = {"seed = 1, x": "2, y 3"}',
        'profile "(project)": base_url = "http://127.0.0.1/v1"',
        r'profile "project: db =": db = "/tmp/x\u200b.db"',
    ]
    for command in ("list", "trust"):
        assert run("profiles", command).stdout.splitlines() == expected
    assert expected[0].partition("= ")[2] in run("profiles", "show").stdout


def test_a_link_in_a_folder_of_others_makes_no_file_of_mine_the_project_s(project, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("workers = 1")
    link = project("").with_name("audiorouter.toml")
    link.unlink()
    link.symlink_to(own)
    assert why_not_ours(link) is None
    link.parent.chmod(0o777)
    assert why_not_ours(link) == f"others can write {link.parent}"


def test_a_folder_further_up_that_everybody_can_change_is_not_ours(project, tmp_path):
    path = project("workers = 1")
    tmp_path.chmod(0o777)
    assert why_not_ours(path) == f"others can write {tmp_path}"
    tmp_path.chmod(0o1777)
    assert why_not_ours(path) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_link_or_its_folder_that_is_somebody_else_s_is_not_ours(project, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text("workers = 1")
    link = project("")
    link.unlink()
    link.symlink_to(own)
    for place in (link, link.parent):
        os.chown(place, 12345, -1, follow_symlinks=False)
        assert why_not_ours(link) == f"{place} belongs to another user"
        os.chown(place, 0, -1, follow_symlinks=False)
