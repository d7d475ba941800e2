"""Providers of reasoners, and the keys that they would find: by name, never the key."""

from __future__ import annotations

from collections.abc import Iterator

from audiorouter.doctor.checks import Check, Subject, ok, problem, warning
from audiorouter.doctor.foreign import missing_of
from audiorouter.errors import UsageError
from audiorouter.machine.called import to_type
from audiorouter.machine.credentials import HOSTS, keys_path, known_keys, variable
from audiorouter.plugins.opening import DEFAULT_PROVIDER


def providers(subject: Subject) -> Iterator[Check]:
    """What each provider still needs, and which keys are set."""
    for provider in subject.registry.providers.values():
        reason = missing_of(provider)
        if reason is None:
            yield ok(f"{provider.name}: ready")
        elif provider.name == DEFAULT_PROVIDER:
            yield problem(f"{provider.name}, the default: not ready", reason)
        else:
            yield ok(f"{provider.name}: not ready", reason)
    for offer in subject.registry.unloaded:
        if offer.kind == "provider":
            reason = offer.about.get("ready", "yes")
            yield ok(f"{offer.name}: {'ready' if reason == 'yes' else 'not ready'}", None)
    yield _keys()


def _keys() -> Check:
    try:
        keys = known_keys()
    except UsageError as error:
        return warning(f"the file of keys is not used: {error}", f"chmod 600 {keys_path()}")
    if not keys:
        wanted = ", ".join(f"${variable(name)}" for name in HOSTS.values())
        return ok(
            "no keys of servers are set", f"`{to_type('keys', 'set', 'NAME')}`, or one of {wanted}"
        )
    return ok("keys that are set: " + ", ".join(f"{key.name} ({key.source})" for key in keys))
