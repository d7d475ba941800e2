"""The provider of the embedded reasoner `cascade`, which needs no hub, no server and no GPU, and of
text models that take the place of its reader."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from audiorouter.errors import ReasonerError, UsageError
from audiorouter.machine.installed import absent, installed_version
from audiorouter.providers.cascade.context import CONTEXT_TOKENS
from audiorouter.providers.cascade.text_models import TEXT_MODELS
from audiorouter.providers.cascade.weighing import IDENTITY
from audiorouter.providers.cascade.wording import FINDING_LIMIT, PROMPT_VERSION
from audiorouter.providers.interface import Answer, NoOptions, Provider, Reasoner, Request
from audiorouter.providers.loading import loading
from audiorouter.providers.prompt import FINDING_LIMIT as READER_LIMIT
from audiorouter.providers.prompt import READER_VERSION, READING_VERSION
from audiorouter.toolbox.interface import ToolCall
from audiorouter.weights import State, find, fingerprint, state
from audiorouter.weights.local import remedy

if TYPE_CHECKING:
    from audiorouter.providers.cascade.int8_model import Int8Model
    from audiorouter.providers.cascade.language_model import LanguageModel
    from audiorouter.providers.cascade.letters import LetterReader
    from audiorouter.providers.cascade.reasoner import CascadeModels
    from audiorouter.providers.cascade.text_models import TextModel

MODEL = "smollm2-135m"
ENCODER = "minilm"
SCORING_VERSION = "5"
LETTERS_VERSION = "1"
GPU_BATCH = 64
"""Questions that a text model is asked at once on a GPU: there 16 are a quarter as fast."""


class CascadeOptions(NoOptions):
    """How it reads what it is given."""

    reads: Literal["bearing", "all"] = Field(
        default="bearing",
        description="Which findings `cascade` itself reads where there are more than three: those "
        "that bear on the question, or all, as other models do.",
    )
    engine: Literal["auto", "ctranslate2", "transformers"] = Field(
        default="auto",
        description="What runs cascade:MODEL: CTranslate2 in 8 bits, or transformers; auto: "
        "transformers where there is a GPU.",
    )
    revision: str | None = Field(default=None, description="Of a MODEL on the hub.")


class Cascade(Reasoner):
    """YAMNet's tags heard, SmolLM2-135M and MiniLM as readers; they load when first asked."""

    name = "cascade"
    listening_calls = (ToolCall("sound_tags", {"top": 3}),)
    batch_size = 64
    order_matters = False

    def __init__(self, options: CascadeOptions):
        self._selects = options.reads == "bearing"
        self.identity = (
            f"cascade scoring/{SCORING_VERSION} {IDENTITY} prompt/{PROMPT_VERSION}/{FINDING_LIMIT} "
            f"{fingerprint(MODEL)} {fingerprint(ENCODER)}{'' if self._selects else ' reads all'}"
        )

    @cached_property
    def _models(self) -> CascadeModels:
        from audiorouter.providers.cascade.reasoner import CascadeModels

        return CascadeModels(selects=self._selects)

    def load(self) -> None:
        """Load both readers."""
        self._models.load()

    def answer(self, requests: Sequence[Request]) -> list[Answer | ReasonerError]:
        """Score choices, or complete open questions; see `CascadeModels`."""
        return self._models.answer(requests)

    def use_threads(self, count: int) -> None:
        """Give torch `count` threads."""
        use_torch_threads(count)


class TextReasoner(Reasoner):
    """A text model reads YAMNet's tags and what tools found; it is loaded at the first answer."""

    listening_calls = Cascade.listening_calls
    batch_size = 16

    def __init__(self, name: str, model: TextModel, engine: str):
        self.name = f"cascade:{name}"
        self._model = model
        self._engine = engine
        self._threads = 1
        if engine == "transformers" and _has_gpu():
            self.batch_size = GPU_BATCH
        self.identity = (
            f"{self.name} {model.fingerprint} letters/{LETTERS_VERSION} "
            f"prompt/{READER_VERSION}/{READER_LIMIT} reading/{READING_VERSION} "
            f"{engine}/{installed_version(engine)}"
        )
        if model.context < CONTEXT_TOKENS:
            # Once such models read prompts without their beginning, where the question stands.
            self.identity += f" context/{model.context}"

    @cached_property
    def _reader(self) -> LetterReader:
        from audiorouter.providers.cascade.letters import LetterReader

        with loading(self.name):
            reader = LetterReader(self._loaded())
        if reader.remark is not None:
            self.remarks = (f"{self.name}: {reader.remark}",)
        return reader

    def _loaded(self) -> Int8Model | LanguageModel:
        from audiorouter.providers.cascade.text_models import for_transformers, in_int8

        if self._engine == "ctranslate2":
            from audiorouter.providers.cascade.int8_model import Int8Model

            return Int8Model(in_int8(self._model), threads=self._threads)
        from audiorouter.providers.cascade.language_model import LanguageModel

        model, revision = for_transformers(self._model)
        device = "cuda" if _has_gpu() else "cpu"
        return LanguageModel(model, revision=revision, device=device)

    def load(self) -> None:
        """Load the text model."""
        self._reader  # noqa: B018 - loads it

    def answer(self, requests: Sequence[Request]) -> list[Answer | ReasonerError]:
        """Answer each request; see `LetterReader`."""
        return self._reader.answer(requests)

    def use_threads(self, count: int) -> None:
        """Compute with `count` threads; CTranslate2 stays with those that it was loaded with."""
        self._threads = count
        if self._engine == "transformers":
            use_torch_threads(count)


class CascadeProvider(Provider[CascadeOptions]):
    """Opens `cascade`, and any text model in its place."""

    name = "cascade"
    description = (
        "embedded: hears by YAMNet, reads by SmolLM2 and MiniLM, offline on a CPU; or a text model "
        "of yours reads, by cascade:MODEL"
    )
    Options = CascadeOptions
    models = (*TEXT_MODELS, "*.gguf", "*/*")

    def open(self, model: str, options: CascadeOptions) -> Reasoner:
        """The embedded reasoner, or that of a text model: a folder, hub id, GGUF file or name.

        Raises:
            UsageError: there is no such model, or an option that does not go with it.
        """
        if not model:
            if options.engine != "auto" or options.revision is not None:
                raise UsageError("-P engine and -P revision go with a model: cascade:MODEL")
            return Cascade(options)
        if options.reads != "bearing":
            raise UsageError("-P reads goes with cascade alone: a text model reads all findings")
        from audiorouter.providers.cascade.text_models import locate_text_model

        engine = options.engine if options.engine != "auto" else _engine_here()
        if lacking := absent([engine]):
            raise UsageError(f"cascade:{model} needs {lacking[0]}: pip install {lacking[0]}")
        return TextReasoner(model, locate_text_model(model, options.revision), engine)

    def missing(self) -> str | None:
        """The models that have not been pulled."""
        for name in (MODEL, ENCODER):
            if (found := state(find(name))) is not State.READY:
                return f"weights {name} are {found}: {remedy(find(name))}"
        return None


def _engine_here() -> str:
    return "transformers" if _has_gpu() else "ctranslate2"


def _has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def use_torch_threads(count: int) -> None:
    """Give torch `count` threads."""
    import torch

    if torch.get_num_threads() != count:
        torch.set_num_threads(count)
