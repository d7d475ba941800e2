"""One look of `audiorouter doctor`, by children that are told what to say and not started."""

from dataclasses import dataclass, field

from audiorouter.doctor import Check, Verdict
from audiorouter.doctor.checks import Subject
from audiorouter.doctor.children import Told
from audiorouter.plugins import load_registry

WELL = {
    "torch": {"built_for": None, "capability": "AVX2", "devices": []},
    "soundfile": {"version": "1.2", "lacks": []},
    "av": {"version": "62", "lacks": []},
    "sandbox": {"by_kernel": True, "refused": True},
}


@dataclass
class FakeChildren:
    """Children that say what they are told to, and are not started."""

    say: dict[str, Told] = field(default_factory=dict)

    def told(self, *question: str) -> Told:
        return self.say.get(question[-1], Told(WELL.get(question[-1], {})))


def look(kind, tmp_path, *, store=None, **say: Told) -> list[Check]:
    """What one kind of look finds here."""
    registry = load_registry(listing=True)
    return list(kind(Subject(registry, store or tmp_path / "store.db", FakeChildren(say))))


def worst(checks: list[Check]) -> Verdict:
    order = [Verdict.OK, Verdict.WARNING, Verdict.PROBLEM]
    return max((check.verdict for check in checks), key=order.index)


def said(checks: list[Check]) -> str:
    return "\n".join(f"{c.verdict} {c.found} {c.remedy}" for c in checks)
