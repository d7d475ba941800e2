"""AudioRouter: lets a frozen audio language model call external audio tools.

The public names are imported when they are first used, so that importing the package is cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from audiorouter.machine.privacy import switch_telemetry_off

if TYPE_CHECKING:
    from audiorouter.batch import (
        BatchOptions,
        BatchResult,
        EngineOptions,
        Row,
        arun_batch,
        run_batch,
    )
    from audiorouter.batch.ask import aask, ask
    from audiorouter.batch.session import Session
    from audiorouter.clips import AudioSource, Clip
    from audiorouter.decoding import Samples
    from audiorouter.errors import ClipError, ReasonerError, ToolError, UsageError
    from audiorouter.evaluation.compare import ComparedAnswers, compare
    from audiorouter.evaluation.comparison import Evaluation
    from audiorouter.evaluation.evaluate import EvaluateRequest, evaluate
    from audiorouter.learning.language_model.options import LanguageModelOptions
    from audiorouter.learning.objective import TrainingOptions
    from audiorouter.learning.request import TrainRequest
    from audiorouter.learning.train import Trained, train
    from audiorouter.plugins import hookimpl
    from audiorouter.providers import (
        Answer,
        AsyncReasoner,
        Evidence,
        NoOptions,
        Provider,
        Reasoner,
        Request,
    )
    from audiorouter.questions import Question, read_questions
    from audiorouter.routing import AskingRouter, Route, Router, RouteRequest, RouterFactory
    from audiorouter.store import Store
    from audiorouter.toolbox import Domain, Finding, NoArguments, SpanArguments, Tool, ToolCall
    from audiorouter.weights import HubFile, WeightFile, Weights, WheelMember

    __version__: str

switch_telemetry_off()

_HOMES = {
    "audiorouter.batch.ask": ("aask", "ask"),
    "audiorouter.batch.session": ("Session",),
    "audiorouter.batch": (
        "BatchOptions",
        "BatchResult",
        "EngineOptions",
        "Row",
        "arun_batch",
        "run_batch",
    ),
    "audiorouter.clips": ("AudioSource", "Clip"),
    "audiorouter.decoding": ("Samples",),
    "audiorouter.plugins": ("hookimpl",),
    "audiorouter.errors": ("ClipError", "ReasonerError", "ToolError", "UsageError"),
    "audiorouter.evaluation.compare": ("ComparedAnswers", "compare"),
    "audiorouter.evaluation.comparison": ("Evaluation",),
    "audiorouter.evaluation.evaluate": ("EvaluateRequest", "evaluate"),
    "audiorouter.learning.language_model.options": ("LanguageModelOptions",),
    "audiorouter.learning.objective": ("TrainingOptions",),
    "audiorouter.learning.request": ("TrainRequest",),
    "audiorouter.learning.train": ("Trained", "train"),
    "audiorouter.providers": (
        "Answer",
        "AsyncReasoner",
        "Evidence",
        "NoOptions",
        "Provider",
        "Reasoner",
        "Request",
    ),
    "audiorouter.questions": ("Question", "read_questions"),
    "audiorouter.routing": ("AskingRouter", "Route", "RouteRequest", "Router", "RouterFactory"),
    "audiorouter.store": ("Store",),
    "audiorouter.toolbox": (
        "Domain",
        "Finding",
        "NoArguments",
        "SpanArguments",
        "Tool",
        "ToolCall",
    ),
    "audiorouter.weights": ("HubFile", "WeightFile", "Weights", "WheelMember"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Answer",
    "AskingRouter",
    "AsyncReasoner",
    "AudioSource",
    "BatchOptions",
    "BatchResult",
    "Clip",
    "ClipError",
    "ComparedAnswers",
    "Domain",
    "EngineOptions",
    "EvaluateRequest",
    "Evaluation",
    "Evidence",
    "Finding",
    "HubFile",
    "LanguageModelOptions",
    "NoArguments",
    "NoOptions",
    "Provider",
    "Question",
    "Reasoner",
    "ReasonerError",
    "Request",
    "Route",
    "RouteRequest",
    "Router",
    "RouterFactory",
    "Row",
    "Samples",
    "Session",
    "SpanArguments",
    "Store",
    "Tool",
    "ToolCall",
    "ToolError",
    "TrainRequest",
    "Trained",
    "TrainingOptions",
    "UsageError",
    "WeightFile",
    "Weights",
    "WheelMember",
    "__version__",
    "aask",
    "arun_batch",
    "ask",
    "compare",
    "evaluate",
    "hookimpl",
    "read_questions",
    "run_batch",
    "train",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from audiorouter.machine.installed import installed_version

        return installed_version("audiorouter")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'audiorouter' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return __all__
