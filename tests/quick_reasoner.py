"""A plugin's reasoner for trainings in processes of their own; it notes what it was asked."""

PLUGIN = """
import os
from pathlib import Path
from audiorouter import Answer, NoOptions, Provider, Reasoner, hookimpl

class Quick(Reasoner):
    name = identity = "quick"
    order_matters = False

    def answer(self, requests):
        with open(Path(__file__).with_name("asked.txt"), "a") as asked:
            for r in requests:
                calls = sorted(f.call.tool for f in r.findings)
                print(os.getpid(), r.clip, r.question, calls, sep="|", file=asked)
        return [self.one(r) for r in requests]

    def one(self, request):
        tools = {f.call.tool for f in request.findings}
        right = ("loudness" if "Loud" in request.question else "silences") in tools
        return Answer(request.choices[int(not right)], int(not right))

class Opens(Provider[NoOptions]):
    name = "quick"
    description = "for a test"
    Options = NoOptions

    def open(self, model, options):
        return Quick()

@hookimpl
def register_providers(register):
    register(Opens())
"""
