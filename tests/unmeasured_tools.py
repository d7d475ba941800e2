"""Tools of others, never measured, that share a front end; worker processes import them."""

from __future__ import annotations

import time

from audiorouter import Domain, Finding, NoArguments, Tool

FRONT_END_SECONDS = 0.2


class _Unmeasured(Tool[NoArguments]):
    description = "Hears how loud it is."
    version = "1"
    licence = "none"
    domain = Domain.SOUND
    Arguments = NoArguments

    def run(self, clip, arguments):
        clip.shared("slow", lambda: time.sleep(FRONT_END_SECONDS))
        return Finding({}, f"{self.name} heard it.")


class One(_Unmeasured):
    name = "one"


class Other(_Unmeasured):
    name = "other"


class Missing(_Unmeasured):
    name = "missing"

    def run(self, clip, arguments):
        raise RuntimeError("no luck today")


ALL = (One(), Other(), Missing())
