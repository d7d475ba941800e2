"""`audiorouter doctor`: what is installed, ready, missing or slow here, and what to do about it.

One module a kind of thing that is looked at; `examination` puts them together.
"""

from audiorouter.doctor.checks import Check, Verdict
from audiorouter.doctor.examination import Examination, examine

__all__ = ["Check", "Examination", "Verdict", "examine"]
