"""What the documentation says to type is run here, or it stands below why it is not."""

import contextlib
import io
import json
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
import soundfile
import typer
from commands import run
from conftest import only_plugins
from environments import ROOT, Environment
from plugin_snippets import ONE_FILE

from audiorouter.cli.app import app
from audiorouter.cli.command import DataCommand
from audiorouter.plugins.scaffold import new_project

NOT_RUN = {
    "make": "it sets up an environment, or runs this suite: .ci/run runs them all",
    "git clone": "it needs the network",
    ".venv/bin/python -m pytest": "it runs a part of this suite",
    ".venv/bin/python tests/": "it writes a file of this suite",
    "audiorouter keys set": "it asks for a secret key",
    "audiorouter batch clips questions.csv --provider transformers:": "gigabytes from the hub",
    "audiorouter batch clips questions.csv --provider cascade:": "a gigabyte, or a model of yours",
    "audiorouter benchmarks prepare mmau": "gigabytes: test_benchmarks_by_name.py makes small ones",
    "audiorouter batch MMAU": "gigabytes: test_benchmarks_by_name.py makes small ones",
    "audiorouter models pull": "gigabytes, and for some minutes of converting",
    "audiorouter train questions.csv --policy": "hours: test_language_model_training.py is small",
    "accelerate launch": "it is for several GPUs",
    "pip install 'audiorouter[": "what is tested here is installed",
    "audiorouter batch clips questions.csv --provider openai:": "it needs a server",
    "audiorouter batch clips questions.csv --provider gemini:": "it needs a server",
    ".venv/bin/audiorouter tools bench": "tests/test_cli.py measures two tools: all take long",
    "audiorouter plugins install ./examples": "tests/test_plugin_projects.py installs them",
    "audiorouter tools run dnsmos": "tests/test_plugin_projects.py runs it",
    "inspect eval": "tests/test_inspect.py runs it, in an environment with Inspect",
    "vllm serve": "it is a server's command",
    "python -m sglang.launch_server": "it is a server's command",
    "transformers serve": "it is a server's command",
}
"""What lines begin with that are read here, and no more; and why."""
OTHERS_OPTIONS = {
    "--nproc-per-node": "torchrun",
    "--check": "benchmarks/audioqa/build.py",
    **dict.fromkeys(["--head", "--address"], "ray start"),
}
"""Options in the text that are not ours, and whose they are."""
DOCUMENTS = [
    ROOT / "README.md",
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(ROOT.glob("examples/plugins/*/README.md")),
]
REFERENCE = [str(path.relative_to(ROOT)) for path in sorted(ROOT.glob("docs/reference/*.md"))]
SPLITS = "docs/tutorials/train-a-router.md"
"""Whose Python writes the files that its commands name."""
SHORT = 2.0
"""Seconds of the clips here."""


@dataclass(frozen=True)
class Block:
    """A block of lines to type; a line is without its comment."""

    document: str
    lines: tuple[str, ...]

    @property
    def installs(self) -> bool:
        """Whether it changes the environment that it is typed in."""
        return any("plugins install" in line and not is_not_run(line) for line in self.lines)


def blocks_in(path: Path) -> Iterator[Block]:
    for text in re.findall(r"^```sh\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S):
        whole = text.replace("\\\n", " ")
        lines = [line.partition(" # ")[0].strip() for line in whole.splitlines()]
        yield Block(str(path.relative_to(ROOT)), tuple(filter(None, lines)))


def commands_beside(path: Path) -> list[str]:
    """Lines that are commands of ours where no block says that they are to be typed."""
    text = re.sub(
        r"^```(?:sh|python)\n.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S
    )
    whole = text.replace("\\\n", " ")
    lines = [line.partition(" # ")[0] for line in re.findall(r"^ *(audiorouter .+)$", whole, re.M)]
    return [line.strip() for line in lines if not set(line) & set("$|>&…`")]


def python_in(path: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.S)


def is_not_run(line: str) -> bool:
    return any(line.startswith(start) for start in NOT_RUN)


def launched(words: list[str]) -> list[str]:
    """What accelerate starts in each process, where it understands the line."""
    from accelerate.commands.launch import launch_command_parser

    given = launch_command_parser().parse_args(words)
    assert given.module, "it is started as a module: -m audiorouter"
    return [given.training_script, *given.training_script_args]


def words_of(line: str) -> tuple[dict[str, str], list[str]]:
    """The variables that a line sets, and what follows `audiorouter`."""
    words, variables = shlex.split(line), {}
    while re.match(r"[A-Z_]+=", words[0]):
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    if words[:2] == ["accelerate", "launch"]:
        words = launched(words[2:])
    program = words.pop(0).removeprefix(".venv/bin/")
    assert program == "audiorouter", f"{line}: add to NOT_RUN why it is not run"
    return variables, words


BLOCKS = [block for document in DOCUMENTS for block in blocks_in(document)]
RUN = [block for block in BLOCKS if not block.installs]
OURS = [
    line
    for block in BLOCKS
    for line in block.lines
    if not is_not_run(line)
    or line.removeprefix(".venv/bin/").startswith(("audiorouter ", "accelerate launch "))
]
GENERATED = ["cli.md"]
"""Whose commands tests/test_help.py takes."""
OURS += [
    line
    for document in DOCUMENTS
    if document.name not in GENERATED
    for line in commands_beside(document)
]


@pytest.mark.parametrize("line", OURS)
def test_every_line_is_one_that_the_command_line_understands(line):
    _, words = words_of(line)
    with patch.object(DataCommand, "invoke", lambda *_: None):
        run(*words)


def test_every_reason_for_not_running_a_line_is_one_for_some_line():
    lines = [line for block in BLOCKS for line in block.lines]
    idle = [start for start in NOT_RUN if not any(line.startswith(start) for line in lines)]
    assert not idle


@cache
def all_options() -> set[str]:
    return options_of(typer.main.get_command(app))


def options_of(command) -> set[str]:
    own = {
        name
        for parameter in command.params
        for name in (*parameter.opts, *parameter.secondary_opts)
    }
    return own.union(*map(options_of, getattr(command, "commands", {}).values()))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_option_that_a_text_names_is_there(document):
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.M | re.S)
    named = {
        option
        for code in re.findall(r"`([^`]+)`", text)
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", code)
    }
    assert not named - all_options() - {"--help", *OTHERS_OPTIONS}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder as the documents have it, with few and short clips and few questions."""
    folder = tmp_path_factory.mktemp("typed")
    (folder / "examples" / "clips").mkdir(parents=True)
    names = ("voicemail", "waltz")
    for name in names:
        samples, rate = soundfile.read(ROOT / "examples" / "clips" / f"{name}.flac")
        short = folder / "examples" / "clips" / f"{name}.flac"
        soundfile.write(short, samples[: int(SHORT * rate)], rate)
    header, *rows = (ROOT / "examples" / "questions.csv").read_text("utf-8").splitlines()
    few = [row for row in rows if row.startswith(tuple(f"{name}." for name in names))][::4]
    (folder / "examples" / "questions.csv").write_text("\n".join([header, *few]), "utf-8")
    (folder / "clips").symlink_to("examples/clips")
    (folder / "questions.csv").symlink_to("examples/questions.csv")
    (folder / "CLIP.wav").symlink_to("examples/clips/voicemail.flac")
    new_project(folder / "audiorouter-clipping")
    (folder / "my-plugins").mkdir()
    (folder / "zcr.py").write_text(ONE_FILE)
    (folder / "echo.py").write_text(python_in(ROOT / "docs" / "tutorials" / "a-provider.md")[0])
    module = folder / "audiorouter-clipping" / "audiorouter_clipping.py"
    module.rename(folder / "my-plugins" / module.name)
    return folder


@pytest.fixture
def typed(place, monkeypatch):
    """Runs lines of a document in this process."""
    monkeypatch.chdir(place)

    def type_(line: str) -> None:
        variables, words = words_of(line)
        variables = {name: value.replace("~", str(place)) for name, value in variables.items()}
        variables = only_plugins(place / "my-plugins") | variables
        run("--db", place / "store.db", *words, **variables)

    return type_


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize(
    "document", dict.fromkeys(block.document for block in RUN), ids=lambda name: name
)
def test_what_is_shown_works(document, typed, quick_cascade):
    if document == SPLITS:
        shutil.rmtree("my-router", ignore_errors=True)  # another document may have trained one
        exec(python_in(ROOT / document)[0], {})
        # Here are two clips: too few to learn from one and be measured on the other.
        for part in ("train.csv", "held-out.csv"):
            assert Path(part).read_text().startswith("audio,question")
            Path(part).write_text(Path("questions.csv").read_text())
    for block in RUN:
        if block.document == document:
            for line in block.lines:
                if not is_not_run(line):
                    typed(line)


@pytest.mark.slow
@pytest.mark.weights
@pytest.mark.parametrize("document", ["README.md", "docs/python.md", *REFERENCE])
def test_what_is_shown_of_python_works(document, place, monkeypatch, quick_cascade):
    monkeypatch.chdir(place)
    # As a script that is run: the blocks of a page are one.
    script = {"__name__": "__main__"}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        for example in python_in(ROOT / document):
            exec(compile(example, document, "exec"), script)
    count = len((place / "examples" / "questions.csv").read_text().splitlines()) - 1
    assert printed.getvalue() if document in REFERENCE else f" of {count}\n" in printed.getvalue()


@pytest.mark.slow
def test_what_is_shown_of_plugins_works_in_an_environment_of_its_own(wheel, tmp_path):
    there = Environment(tmp_path, wheel, beside=["pip", "hatchling", "editables"])
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    (tmp_path / "CLIP.wav").symlink_to("examples/clips/voicemail.flac")
    installing = [block for block in BLOCKS if block.installs]
    assert installing
    for block in installing:
        for line in block.lines:
            _, words = words_of(line)
            there.run(*words)
    left = json.loads(there.run("plugins", "list", "--json").stdout)
    assert {plugin["name"] for plugin in left if plugin["version"] != "built in"} == {"clipping"}
