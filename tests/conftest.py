"""What every test starts from: an environment in which nothing of the machine's own is seen, a
store of its own, small clips, and the examples."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import sys
import types
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
from environments import build_wheel
from forked_workers import Template
from hypothesis import settings

if TYPE_CHECKING:
    from copied_stores import FirstStore

    from audiorouter.plugins.registry import PluginState, Registry

# Hundreds of processes would otherwise compile, each of them again, what the first one compiled.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

pytest_plugins = ["hearing_fixtures", "outcome_fixtures"]

# How fast a machine is says nothing of what is right.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
WEIGHTS = {"AUDIOROUTER_CACHE", "AUDIOROUTER_WEIGHTS"}
"""Where the weights are is the one thing that tests take from the machine."""
NOWHERE = "/dev/null/nowhere"
"""The settings' folder until there is one: collecting the tests reads and writes no settings."""


LONG = frozenset({
    "test_distributed", "test_documentation", "test_ends", "test_hostile_pack", "test_inspect",
    "test_kill", "test_language_model_training", "test_librosa_ready", "test_long_clips",
    "test_notebook", "test_outcome_table", "test_plugin_projects", "test_plugin_sync",
    "test_privacy", "test_ray", "test_tool_set", "test_training", "test_wheel",
})  # fmt: skip
"""Modules with tests of tens of seconds: processes that start, stop and compile."""


def pytest_configure(config: pytest.Config) -> None:
    """Forget the machine's settings, keys and plugins, here and in every child process.

    And what a shell has the processes ignore that it starts in the background.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    for name in os.environ:
        if name.startswith("AUDIOROUTER_") and name not in WEIGHTS:
            del os.environ[name]
    os.environ |= {"AUDIOROUTER_CONFIG": NOWHERE, **only_plugins()}
    if together := config.getoption("numprocesses", None):
        # Several processes with several threads and workers each would get in each other's way.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        os.environ.setdefault("LOCAL_WORLD_SIZE", str(together))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no process is left with it at the end."""
    items.sort(key=lambda item: item.path.stem not in LONG)


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays to the end: imported libraries and the tests.

    It looks rarely, so that no batch counts what was spared to learn that it need not hold it back.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, *gc.get_threshold()[1:])


@pytest.fixture(scope="session", autouse=True)
def own_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Settings that nobody made, in a folder that pytest clears away, also after a killed run."""
    os.environ["AUDIOROUTER_CONFIG"] = str(tmp_path_factory.mktemp("settings"))


@pytest.fixture(scope="session")
def template() -> Iterator[Template]:
    """The process that the workers of this process's tests are forked from."""
    template = Template()
    yield template
    template.close()


@pytest.fixture(autouse=True)
def _forked_workers(
    request: pytest.FixtureRequest, template: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers are forked, except where a module says that how they start is at stake."""
    if not getattr(request.module, "STARTED_WORKERS", False):
        monkeypatch.setattr("audiorouter.toolbox.process.start_python", template.start_python)


@pytest.fixture(scope="session")
def first_store() -> FirstStore:
    """The store that the others of this process's tests are copies of."""
    from copied_stores import FirstStore

    return FirstStore()


@pytest.fixture(autouse=True)
def _copied_stores(
    request: pytest.FixtureRequest, first_store: FirstStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """New stores are copies, except where a module says that how they are made is at stake."""
    if not getattr(request.module, "MIGRATED_STORES", False):
        monkeypatch.setattr("audiorouter.store.migrations.migrations.apply", first_store.apply)


def only_plugins(folder: Path | None = None) -> dict[str, str]:
    """Variables by which the modules in a folder are the only plugins; without one there is none.

    What happens to be installed on the machine is never among them.
    """
    if folder is None:
        return {"AUDIOROUTER_PLUGINS": ""}
    names = ",".join(sorted(path.stem for path in folder.glob("*.py")))
    return {"AUDIOROUTER_PLUGIN_DIR": str(folder), "AUDIOROUTER_PLUGINS": names}


@pytest.fixture
def use_plugins(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Makes the modules in a folder the only plugins, here and in child processes."""

    def use(folder: Path) -> None:
        for name, value in only_plugins(folder).items():
            monkeypatch.setenv(name, value)
        # Nor is one of an earlier test that was called the same.
        monkeypatch.setattr(sys, "path", [*sys.path])
        for path in folder.glob("*.py"):
            monkeypatch.delitem(sys.modules, path.stem, raising=False)

    return use


@pytest.fixture
def with_plugins(tmp_path: Path) -> Callable[..., dict[str, str]]:
    """Writes plugins into `tmp_path / "plugins"`, each by its name; the environment that sees them.

    It sees no others. `use_plugins` is for plugins that this process is to see as well.
    """
    folder = tmp_path / "plugins"
    folder.mkdir()

    def write(**sources: str) -> dict[str, str]:
        for name, source in sources.items():
            (folder / f"{name}.py").write_text(source)
        return os.environ | only_plugins(folder)

    return write


@pytest.fixture
def add_plugin(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[PluginState, Registry]]:
    """Loads a plugin of this source alone; what became of it, and what it registered."""
    from audiorouter.plugins.manager import Loader
    from audiorouter.plugins.registry import PluginState

    def add(source: str) -> tuple[PluginState, Registry]:
        module = types.ModuleType("made_up")
        monkeypatch.setitem(sys.modules, "made_up", module)
        loader, state = Loader(), PluginState("made_up", "1.0")

        def load() -> types.ModuleType:
            exec(source, vars(module))
            return module

        loader.add(state, load)
        loader.complain_of_unregistered()
        return state, loader.registry

    return add


@pytest.fixture(autouse=True)
def _nothing_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command of an earlier test is no option of what this one is told to type."""
    monkeypatch.setattr("audiorouter.machine.called._options", ())


@pytest.fixture(scope="session")
def checkpoint(pytestconfig: pytest.Config) -> Callable[[str], Path]:
    """Gives the folder of a family's tiny checkpoint, built once until what builds it changes."""
    from checkpoints import built

    return lambda name: built(name, Path(pytestconfig.cache.mkdir("checkpoints")))


@pytest.fixture(scope="session")
def tiny_model(checkpoint: Callable[[str], Path]) -> str:
    """A reasoner that loads and computes as the large ones do, in a hundredth of their time."""
    return f"transformers:{checkpoint('qwen2_audio')}"


@pytest.fixture
def quick_cascade(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Leaves the embedded models their first layer, where it matters not what they make of it."""
    import transformers

    from audiorouter import sentence_encoder
    from audiorouter.minilm import MiniLM
    from audiorouter.providers.cascade import language_model

    @lru_cache(maxsize=1)
    def reader(folder: str, *_where: object) -> Any:
        config = transformers.AutoConfig.from_pretrained(folder)
        config.num_hidden_layers = 1
        kind = transformers.AutoModelForCausalLM
        return kind.from_pretrained(folder, config=config, dtype="float32").eval()

    @lru_cache(maxsize=1)
    def encoder(folder: Path) -> Any:
        model = MiniLM.load(folder)
        del model.encoder["layer"][1:]
        return model

    monkeypatch.setattr(language_model, "_weights", reader)
    monkeypatch.setattr(sentence_encoder, "_weights", encoder)
    # What one layer makes of a text is kept for no process that reads it with six.
    kept = tmp_path_factory.mktemp("kept")
    monkeypatch.setattr(sentence_encoder, "cache_dir", lambda: kept)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the working tree, as users install it."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where stores may be made: each time another path, of which nothing is there."""
    folder = tmp_path_factory.mktemp("stores")
    return (folder / str(number) / "store.db" for number in itertools.count())


@pytest.fixture(autouse=True)
def own_store(new_store: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    # Not in `tmp_path`: most tests need no folder, and to make and clear thousands takes its time.
    path = next(new_store)
    monkeypatch.setenv("AUDIOROUTER_DB", str(path))
    return path


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    return folder


@pytest.fixture
def tone(clips: Path) -> Callable[..., Path]:
    """Writes a sine of `seconds` at `frequency` Hz as `name` and returns its path."""

    def write(
        name: str = "tone.wav",
        frequency: float = 440.0,
        seconds: float = 1.0,
        rate: int = 16_000,
        channels: int = 1,
        subtype: str | None = None,
    ) -> Path:
        wave = 0.3 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)
        path = clips / name
        soundfile.write(path, np.stack([wave] * channels, axis=1), rate, subtype=subtype)
        return path

    return write
