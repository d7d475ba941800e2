"""Tools that show where they run and when; a module of its own, because workers import it."""

import os
import time

from audiorouter import Domain, Finding, NoArguments, Tool


class ProcessOf(Tool[NoArguments]):
    """Says in which process it runs."""

    name, description, version, licence = "process", "Says its process.", "1", "MIT"
    domain = Domain.SOUND
    Arguments = NoArguments

    def run(self, clip, arguments):
        return Finding({"process": os.getpid()}, f"It is {os.getpid()}.")


class Waits(ProcessOf):
    """Says that it was reached by making a file, and waits until something stands in it."""

    name = "waits"

    def __init__(self, mark):
        self.mark = mark

    def run(self, clip, arguments):
        with self.mark.open("a"):
            pass
        while not self.mark.read_text():
            time.sleep(0.01)
        return Finding({}, "It waited.")


class TakesItsTime(ProcessOf):
    """Takes a third of a second."""

    name = "slow"

    def run(self, clip, arguments):
        time.sleep(0.3)
        return Finding({}, "It is a sound.")


class NotCommercial(ProcessOf):
    """The same, under another licence."""

    name, licence = "not_commercial", "CC-BY-NC-4.0"
