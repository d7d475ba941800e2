"""What the lock file names comes back as it was locked, or not at all, by the real installers."""

import base64
import hashlib
import json
import shutil
import subprocess
import zipfile

import pytest
from environments import Environment

pytestmark = pytest.mark.slow

GOOD = "WORD = 'as it was'\n"
REQUIRES = "Requires-Dist: audiorouter\nRequires-Dist: words-of-it>=1\n"


def write_wheel(folder, name, module, *, about="", plugin=False, recorded=None):
    """Write a wheel of one module; RECORD has the hash of `recorded`, where that is another."""
    folder.mkdir(exist_ok=True)
    stem = f"{name.replace('-', '_')}-1.0"
    code = f"{name.replace('-', '_')}.py"
    files = {
        code: module,
        f"{stem}.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{about}",
        f"{stem}.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if plugin:
        entry = f"[audiorouter]\n{name} = {code.removesuffix('.py')}\n"
        files[f"{stem}.dist-info/entry_points.txt"] = entry
    lines = []
    for path, content in files.items():
        claimed = recorded if path == code and recorded is not None else content
        digest = base64.urlsafe_b64encode(hashlib.sha256(claimed.encode()).digest())
        lines.append(f"{path},sha256={digest.decode().rstrip('=')},{len(claimed)}")
    record = f"{stem}.dist-info/RECORD"
    path = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name_, content in files.items():
            wheel.writestr(name_, content)
        wheel.writestr(record, "\n".join([*lines, f"{record},,"]) + "\n")
    return path


@pytest.fixture
def index(tmp_path):
    """A folder of wheels: a plugin, and what it needs."""
    folder = tmp_path / "index"
    write_wheel(folder, "words-of-it", GOOD)
    write_wheel(folder, "talk", "import words_of_it\n", about=REQUIRES, plugin=True)
    return folder


@pytest.fixture
def make_environment(wheel, tmp_path, index):
    """Makes environments that share their settings and have wheels from `index` alone.

    By pip only: uv takes no notice of distributions that are linked, and would write through the
    links into the environment of the tests.
    """
    made = []

    def make():
        folder = tmp_path / f"environment{len(made)}"
        environment = Environment(folder, wheel, beside=["pip", "hatchling"])
        made.append(environment)
        environment.variables |= {
            "AUDIOROUTER_CONFIG": str(tmp_path / "settings"),
            "PIP_FIND_LINKS": str(index),
            "PIP_CONFIG_FILE": "/dev/null",
        }
        return environment

    return make


@pytest.fixture
def lock(tmp_path):
    """Reads the lock file, and changes its only plugin."""

    def read(*, without=(), **changes):
        path = tmp_path / "settings" / "plugins.lock.json"
        content = json.loads(path.read_text())
        (plugin,) = content["plugins"].values()
        plugin.update(changes)
        for field in without:
            del plugin[field]
        path.write_text(json.dumps(content))
        return plugin

    return read


def hostile(tmp_path):
    """Code that leaves a mark where it runs."""
    return f"open({str(tmp_path / 'ran')!r}, 'w')\n"


def installed(environment, name):
    return bool(list(environment.site.glob(f"{name}-*.dist-info")))


def test_archives_with_other_bytes_are_not_installed(make_environment, lock, index, tmp_path):
    make_environment().run("plugins", "install", "talk")
    archives = lock()["archives"]
    assert archives.keys() == {"talk", "words-of-it"}
    for name, path in (("talk", "talk-1.0"), ("words-of-it", "words_of_it-1.0")):
        content = (index / f"{path}-py3-none-any.whl").read_bytes()
        assert archives[name]["sha256"] == [hashlib.sha256(content).hexdigest()]

    for name, good in (("talk", "import words_of_it\n"), ("words-of-it", GOOD)):
        about, plugin = (REQUIRES, True) if name == "talk" else ("", False)
        kept = shutil.copytree(index, tmp_path / f"kept-{name}")
        write_wheel(index, name, hostile(tmp_path), about=about, plugin=plugin, recorded=good)
        again = make_environment()
        refused = again.run("plugins", "sync", code=1).stdout
        assert "hash" in refused.lower() and name in refused
        assert not installed(again, "talk") and not installed(again, "words_of_it")
        assert "talk" not in again.run("plugins", "list").stdout
        shutil.copytree(kept, index, dirs_exist_ok=True)
        assert "talk 1.0: installed" in again.run("plugins", "sync").stdout
        assert "there already" in again.run("plugins", "sync").stdout
    assert not (tmp_path / "ran").exists()


def test_files_that_were_changed_are_brought_back_or_uninstalled(make_environment, index, tmp_path):
    environment = make_environment()
    run = environment.run
    run("plugins", "install", "talk")
    code = environment.site / "talk.py"
    good = code.read_text()
    code.unlink()
    code.write_text(hostile(tmp_path))
    assert "talk 1.0: installed" in run("plugins", "sync").stdout
    assert code.read_text() == good

    code.unlink()
    code.write_text(hostile(tmp_path))
    (index / "talk-1.0-py3-none-any.whl").unlink()
    refused = run("plugins", "sync", code=1).stdout
    assert "uninstalled, since what was there is not what was locked" in refused
    assert not installed(environment, "talk") and not code.exists()
    assert not (tmp_path / "ran").exists()


def test_the_files_of_an_earlier_version_of_the_lock_file_are_checked(
    make_environment, lock, index, tmp_path
):
    make_environment().run("plugins", "install", "talk")
    lock(without=("archives", "commit"))
    again = make_environment()
    assert "talk 1.0: installed" in again.run("plugins", "sync").stdout  # with what it needs
    assert installed(again, "words_of_it")

    write_wheel(
        index, "talk", hostile(tmp_path), about=REQUIRES, plugin=True,
        recorded="import words_of_it\n",
    )  # fmt: skip
    again = make_environment()
    assert "not those that were locked" in again.run("plugins", "sync", code=1).stdout
    assert not installed(again, "talk")
    assert "talk" not in again.run("plugins", "list").stdout
    assert not (tmp_path / "ran").exists()


def test_a_commit_is_brought_back_although_there_are_later_ones(make_environment, lock, tmp_path):
    project = tmp_path / "audiorouter-clipping"
    environment = make_environment()
    environment.run("plugins", "new", project)

    def commit(*files):
        git = ["git", "-C", project, "-c", "user.name=x", "-c", "user.email=x@x"]
        for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "x"]):
            subprocess.run([*git, *command], check=True)

    commit()
    environment.run("plugins", "install", f"git+file://{project}")
    assert lock()["commit"].startswith(f"git+file://{project}@")
    code = project / "audiorouter_clipping.py"
    code.write_text(hostile(tmp_path))
    commit()
    again = make_environment()
    assert "0.1.0: installed" in again.run("plugins", "sync").stdout
    assert "clipping" in again.run("tools", "list").stdout
    assert not (tmp_path / "ran").exists()


def test_what_was_not_locked_with_a_plugin_is_named(make_environment, lock):
    make_environment().run("plugins", "install", "talk")
    archives = lock()["archives"]
    lock(archives={"talk": archives["talk"]})
    again = make_environment()
    said = again.run("plugins", "sync", code=1).stdout
    assert "needs words-of-it>=1" in said and "install" in said
