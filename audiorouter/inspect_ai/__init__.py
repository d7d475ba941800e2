"""AudioRouter for Inspect (`inspect_ai`): routes and findings for its tasks, and a model offline.

`solvers` add what tools found to a sample's prompt, whatever model answers; `model` has our own
reasoners answer Inspect's prompts; `tasks` makes a task of a questions file. Inspect finds all of
them by the entry point `inspect_ai`: `--solver audiorouter/router_tools`, `--model
audiorouter/cascade`, `inspect eval audiorouter/questions`. See docs/inspect.md.
"""

try:
    import inspect_ai
except ImportError as error:
    raise ImportError(
        "audiorouter.inspect_ai needs Inspect: pip install 'audiorouter[inspect]'"
    ) from error
del inspect_ai

from audiorouter.inspect_ai.model import audiorouter_models  # noqa: E402
from audiorouter.inspect_ai.solvers import router_tools, tool_findings  # noqa: E402
from audiorouter.inspect_ai.tasks import questions, questions_dataset  # noqa: E402

__all__ = [
    "audiorouter_models",
    "questions",
    "questions_dataset",
    "router_tools",
    "tool_findings",
]
