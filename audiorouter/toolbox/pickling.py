"""Tools and audio sources as bytes, for worker processes to make them of again.

What is defined in a module is named, and imported there. What is defined in the script that is run,
or in a cell of a notebook, nobody can import: it is sent as it is, with the functions, classes and
values of the script that it uses (by cloudpickle).
"""

from __future__ import annotations

import pickle

_SCRIPT = "__main__"
"""The module that a script and a notebook are."""


def sent_by_name(item: object) -> bool:
    """Whether a worker imports the class of the item, rather than being sent it."""
    return type(item).__module__ != _SCRIPT


def pickled(item: object) -> bytes:
    """The item as bytes for `pickle.loads`; raises whatever its parts raise that cannot be sent."""
    if sent_by_name(item):
        by_name = pickle.dumps(item)
        if _SCRIPT.encode() not in by_name:
            return by_name
    import cloudpickle

    by_value: bytes = cloudpickle.dumps(item)
    return by_value
