"""Environment variables: those that are set, what they do, and those that nothing reads."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from audiorouter.doctor.checks import Check, Subject, ok, warning
from audiorouter.machine.called import to_type
from audiorouter.text import unknown
from audiorouter.toolbox.licences import ALLOWED_VARIABLE, allowed_weights

PREFIX = "AUDIOROUTER_"
VARIABLES = {
    "AUDIOROUTER_ALLOWED_WEIGHTS": "weights that --licence commercial lets pass",
    "AUDIOROUTER_CACHE": "folder of weights and what is made of them",
    "AUDIOROUTER_CONFIG": "folder of keys and locks",
    "AUDIOROUTER_DB": "the store",
    "AUDIOROUTER_LICENCE": "what tools and weights have to allow",
    "AUDIOROUTER_PLUGINS": "the only plugins that are loaded",
    "AUDIOROUTER_PLUGIN_DIR": "folder whose files are plugins as well",
    "AUDIOROUTER_PROFILE": "profile of audiorouter.toml",
    "AUDIOROUTER_WEIGHTS": "folder that weights are taken from before anything is downloaded",
}
"""Every variable of ours, and what it says."""


def environment(subject: Subject) -> Iterator[Check]:
    """Our variables that are set. Of unknown ones the value is not shown: it may be a secret."""
    named = sorted(name for name in os.environ if name.startswith(PREFIX))
    for name in named:
        if name in VARIABLES:
            yield ok(f"{name}={os.environ[name]} ({VARIABLES[name]})")
        else:
            said = unknown("variable", name, VARIABLES)
            yield warning(f"{said}: nothing of AudioRouter reads it", f"unset {name}, or rename it")
    if not named:
        yield ok("no variable of AudioRouter's is set")
    folder = os.environ.get("AUDIOROUTER_WEIGHTS")
    if folder and not Path(folder).is_dir():
        yield warning(
            f"AUDIOROUTER_WEIGHTS={folder} is no folder: weights would be downloaded",
            "mend the variable, or unset it",
        )
    for one in sorted(allowed_weights() - subject.registry.weights.keys()):
        said = unknown("set of weights", one, subject.registry.weights)
        yield warning(f"{ALLOWED_VARIABLE}: {said}", f"`{to_type('models', 'list')}` has the names")
