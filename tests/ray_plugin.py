"""A tool that writes down each call that it was at, and a reasoner that may take its process along.

What they do is told by the folder of their clips: `calls.log` lies beside it.
"""

import os
import time

from audiorouter import (
    Answer,
    Domain,
    Finding,
    NoArguments,
    NoOptions,
    Provider,
    Reasoner,
    Tool,
    hookimpl,
)


class Noted(Tool[NoArguments]):
    name = "noted"
    description = "Writes down that it was called."
    version = "1"
    licence = "none"
    domain = Domain.SOUND
    Arguments = NoArguments

    def run(self, clip, arguments):
        if "kills-tool" in clip.path.name:
            os._exit(3)
        time.sleep(0.15)
        with (clip.path.parents[1] / "calls.log").open("a") as log:
            log.write(f"{clip.path.name}\n")
        return Finding({"name": 1}, "It was noted.")


class Steady(Reasoner):
    name, identity, batch_size, order_matters = "steady", "steady 1", 4, False

    def answer(self, requests):
        if any("kills-node" in request.clip.name for request in requests):
            os._exit(4)
        return [Answer(request.choices[0], 0) for request in requests]


class SteadyProvider(Provider[NoOptions]):
    name = "steady"
    description = "Takes the first choice."
    Options = NoOptions

    def open(self, model, options):
        return Steady()


@hookimpl
def register_tools(register):
    register(Noted())


@hookimpl
def register_providers(register):
    register(SteadyProvider())
