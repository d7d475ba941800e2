"""Which text model `cascade:MODEL` means, and where it is in the form that an engine loads."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from audiorouter.errors import UsageError
from audiorouter.machine.installed import installed_version
from audiorouter.machine.paths import cache_dir
from audiorouter.providers.cascade.context import CONTEXT_TOKENS, context_of
from audiorouter.providers.checkpoints import Checkpoint
from audiorouter.providers.checkpoints import locate as locate_checkpoint
from audiorouter.weights import CATALOGUE, State, Weights, fingerprint
from audiorouter.weights import locate as locate_weights
from audiorouter.weights.converted import make
from audiorouter.weights.local import folder_of, remedy, state_of_files

TEXT_MODELS = tuple(weights.name for weights in CATALOGUE if weights.optional)
"""Names in the catalogue: fetched by name only."""
_ENCODERS = (
    *("albert", "bert", "camembert", "deberta", "deberta-v2", "distilbert", "electra"),
    *("modernbert", "mpnet", "roberta", "xlm-roberta"),
)
"""Types of models that read a text from both ends."""
_WRITE = (
    *("ForCausalLM", "LMHeadModel", "ForConditionalGeneration"),
    *("ModelWithLMHead", "GenerationDecoder"),  # of Reformer and BERT
)
"""With what the names of architectures end that write."""
_MADE_PLAIN = "plain"
"""What files for transformers are made as."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TextModel:
    """A causal language model: weights of the catalogue, a GGUF file, a folder or a hub id."""

    source: Weights | Path | Checkpoint
    fingerprint: str
    context: int = CONTEXT_TOKENS
    """Tokens that it takes at once, as far as that is known before it is loaded."""


def locate_text_model(name: str, revision: str | None) -> TextModel:
    """Find a model by its name in the catalogue, its file or folder, or its hub id.

    Raises:
        UsageError: there is none, or it has to be fetched first; the message says how.
    """
    if name in TEXT_MODELS:
        weights = next(weights for weights in CATALOGUE if weights.name == name)
        if (condition := state_of_files(weights)) is not State.READY:
            raise UsageError(f"the weights {name} are {condition}: {remedy(weights)}")
        return TextModel(weights, fingerprint(weights))
    path = Path(name).expanduser()
    if path.suffix == ".gguf":
        if not path.is_file():
            raise UsageError(f"{path}: no such file")
        return _gguf_model(path)
    try:
        checkpoint = locate_checkpoint(name, revision)
    except UsageError as error:
        if beside := sorted(path.glob("*.gguf")):
            raise UsageError(f"{path}: name the file in it: cascade:{beside[0]}") from None
        known = ", ".join(TEXT_MODELS)
        raise UsageError(f"{error} (or a .gguf file, or one of: {known})") from None
    _refuse_encoder(checkpoint, name)
    return TextModel(checkpoint, checkpoint.fingerprint, context_of(checkpoint.config))


def _gguf_model(path: Path) -> TextModel:
    """The model of a GGUF file, which is looked through unless it was converted before.

    Raises:
        UsageError: it is no such file, damaged, or cannot be read.
    """
    status = path.stat()
    model = TextModel(path.absolute(), f"{path.name} {status.st_size} {status.st_mtime_ns}")
    if any(_folder_of(model, made_by).is_dir() for made_by in (_made_int8(), _MADE_PLAIN)):
        return model
    from audiorouter.providers.cascade.gguf_file import is_whole

    try:
        whole = is_whole(path)
    except OSError as error:
        raise UsageError(f"{path}: it cannot be read ({error.strerror})") from error
    if not whole:
        raise UsageError(f"{path}: it is no GGUF file, or damaged: fetch it again")
    return model


def _refuse_encoder(checkpoint: Checkpoint, name: str) -> None:
    """Refuse what reads texts from both ends, or was never made to go on with one.

    transformers would put a head of random weights on it and answer.
    """
    config = checkpoint.config
    listed = config.get("architectures")
    made_for = [str(part) for part in listed] if isinstance(listed, list) else []
    other = bool(made_for) and not any(part.endswith(_WRITE) for part in made_for)
    encoder = checkpoint.model_type in _ENCODERS and config.get("is_decoder") is not True
    if other or encoder:
        kind = ", ".join(made_for) or checkpoint.model_type
        raise UsageError(
            f"{name}: it is a {kind}, which does not write: take a causal language model"
        )


def in_int8(model: TextModel) -> Path:
    """Folder of the model in 8 bits for CTranslate2, converted when it is first wanted."""
    from audiorouter.providers.cascade.convert import gguf_to_int8, to_int8

    source = model.source
    if isinstance(source, Weights):
        return locate_weights(source)
    if isinstance(source, Path):
        return _converted(model, _made_int8(), lambda target: gguf_to_int8(source, target))
    return _converted(model, _made_int8(), lambda to: to_int8(source.model, source.revision, to))


def for_transformers(model: TextModel) -> tuple[str, str | None]:
    """Folder or hub id of the model, and its revision there."""
    from audiorouter.providers.cascade.convert import gguf_to_safetensors

    source = model.source
    if isinstance(source, Checkpoint):
        return source.model, source.revision
    place = folder_of(source) if isinstance(source, Weights) else source
    assert place is not None
    return str(
        _converted(model, _MADE_PLAIN, lambda target: gguf_to_safetensors(place, target))
    ), None


def _converted(model: TextModel, made_by: str, convert: Callable[[Path], None]) -> Path:
    """Folder in the cache of what `convert` writes, once a machine, and again if it is damaged."""
    source = model.source
    name = source.model if isinstance(source, Checkpoint) else source.name

    def write(into: Path) -> None:
        _log.warning("%s: being converted, once a machine (%s)", name, made_by)
        convert(into)

    target = _folder_of(model, made_by)
    make(target, write)
    return target


def _folder_of(model: TextModel, made_by: str) -> Path:
    """Where in the cache a model is that was converted."""
    key = hashlib.sha256(f"{model.fingerprint} {made_by}".encode()).hexdigest()[:16]
    return cache_dir() / "text-models" / key


def _made_int8() -> str:
    """What files for CTranslate2 are made as, in its version here."""
    return f"int8 ctranslate2/{installed_version('ctranslate2')}"
