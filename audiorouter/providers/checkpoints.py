"""Where a checkpoint is and which one exactly: a cache key must not mean two sets of weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from audiorouter.errors import UsageError
from audiorouter.machine.hub import HubError, hub_file

_HOW = ("_implementation", "_implementation_internal")
"""Endings of the names of entries that say by which code something is computed."""
_LONGEST_HEADER = 100_000_000
"""Bytes; what safetensors takes."""
_NOTES = "__metadata__"
_INDEX = ".index.json"
"""Ending of the name of a file that says in which files the weights stand."""
_WEIGHTS = ("model.safetensors", "pytorch_model.bin", "adapter_model.safetensors")
"""What transformers loads: the first that is there, or its index."""
_SMALL = 50_000_000
"""Bytes up to which a file's content is hashed; larger ones count by name, size and time."""


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint on disk or on the hub; `revision` is a commit there, None for a folder."""

    model: str
    revision: str | None
    model_type: str
    fingerprint: str
    config: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """The values of its `config.json`."""


def locate(model: str, revision: str | None) -> Checkpoint:
    """Find a checkpoint by folder or hub id, and pin its revision.

    Raises:
        UsageError: no such folder, hub id or revision, or it cannot be read.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        if revision is not None:
            raise UsageError(f"{folder} is a folder: a revision makes no sense there")
        config = _read(folder / "config.json")
        model_type = _model_type(config, model)
        for path in _weights(folder, config):
            if path.suffix == ".safetensors":
                _check_whole(path)
        return Checkpoint(str(folder), None, model_type, _fingerprint(folder), config)
    owner = model.partition("/")[0]
    if owner and model.count("/") == 1 and Path(owner).is_dir():
        raise UsageError(
            f"{model}: there is no such folder in {owner}; it is not looked for on the hub, since "
            f"there is a folder {owner} here"
        )
    if model.startswith((".", "/", "~")) or model.count("/") != 1:
        raise UsageError(f"{model}: neither a folder nor a hub id such as Qwen/Qwen2.5-Omni-3B")
    return _on_hub(model, revision)


def _on_hub(model: str, revision: str | None) -> Checkpoint:
    """The hub's commit; where the hub cannot be reached, the one in its cache."""
    try:
        path = hub_file(model, "config.json", revision)
    except HubError as error:
        raise UsageError(f"{model}: not to be had from the hub or its cache: {error}") from None
    commit = path.parent.name
    config = _read(path)
    return Checkpoint(model, commit, _model_type(config, model), commit, config)


def _read(path: Path) -> dict[str, Any]:
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"{path.parent}: no checkpoint: it holds no {path.name}") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: not readable: {error}") from None
    config = config if isinstance(config, dict) else {}
    _refuse_code(path, config)
    return config


def _refuse_code(path: Path, config: dict[str, Any]) -> None:
    """Refuse a configuration by which transformers would fetch and run code from the hub.

    It takes `owner/name` for a kernel to be fetched where it names how something is computed, also
    in parts of the configuration and when it is told another one as the model is loaded. A list of
    other configuration files would be read in place of what is looked at here.
    """
    left: list[tuple[str, Any]] = list(config.items())
    while left:
        name, value = left.pop()
        if isinstance(value, dict):
            # The values of one that says it by part bear its name.
            own = name if name.endswith(_HOW) else None
            left.extend((own or key, item) for key, item in value.items())
        elif isinstance(value, list):
            left.extend((name, item) for item in value)
        elif name.endswith(_HOW) and isinstance(value, str) and "/" in value:
            raise UsageError(
                f"{path}: its {name} is {value!r}, code that would be fetched and run; take that "
                "entry out"
            )
    if "configuration_files" in config:
        raise UsageError(f"{path}: it names other configuration_files, which are not read")


def _model_type(config: dict[str, Any], model: str) -> str:
    model_type = config.get("model_type")
    if not isinstance(model_type, str):
        raise UsageError(f"{model}: its config.json names no model_type")
    return model_type


def _weights(folder: Path, config: Mapping[str, Any]) -> list[Path]:
    """The files that transformers would load; others beside them are nobody's business.

    Raises:
        UsageError: some are not there.
    """
    named = config.get("transformers_weights")
    usual = [name + ending for name in _WEIGHTS for ending in ("", _INDEX)]
    names = [named] if isinstance(named, str) else usual
    found = next((folder / name for name in names if (folder / name).is_file()), None)
    if found is None:
        raise UsageError(f"{folder}: it holds no weights, such as {names[0]}")
    if not found.name.endswith(_INDEX):
        return [found]
    try:
        places = json.loads(found.read_text(encoding="utf-8"))["weight_map"].values()
        parts = sorted({folder / name for name in places})
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise UsageError(f"{found}: damaged ({error}); fetch it again") from None
    lacking = [path.name for path in parts if not path.is_file()]
    if lacking or not parts:
        what = f"{lacking[0]} is missing, which" if lacking else "no weights are what"
        raise UsageError(f"{folder}: {what} its {found.name} names; fetch it again")
    return parts


def _check_whole(path: Path) -> None:
    """See that a file of weights has as many bytes as its header says, as one cut off has not.

    It begins with the length of a JSON object, which names each tensor's place after it.
    """
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length)) if length <= min(size, _LONGEST_HEADER) else {}
        ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != _NOTES]
        whole = size == 8 + length + max(ends, default=0)
    except OSError as error:
        raise UsageError(f"{path}: not readable: {error}") from None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        whole = False
    if not whole:
        raise UsageError(
            f"{path}: damaged or cut off: its {size:,} bytes are not the weights that it says it "
            "holds; fetch it again"
        )


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        status = path.stat()
        digest.update(f"{path.relative_to(folder)} {status.st_size} ".encode())
        if status.st_size <= _SMALL:
            digest.update(path.read_bytes())
        else:
            digest.update(str(status.st_mtime_ns).encode())
    return digest.hexdigest()[:16]
