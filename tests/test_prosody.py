"""How something is said: a change that was made to one turn is the change that is told."""

import numpy as np
import pytest
import soundfile
import soxr
from conftest import EXAMPLES

from audiorouter import Clip
from audiorouter.toolbox.frontends.speaking_style import syllables
from audiorouter.toolbox.speech.prosody import Difference, Prosody

pytestmark = [pytest.mark.slow, pytest.mark.weights]


@pytest.fixture(scope="module")
def turns(tmp_path_factory):
    """How the second of three turns is unlike the others, after a change."""
    tool = Prosody()
    tool.load()
    said, rate = soundfile.read(EXAMPLES / "clips" / "voicemail.flac")
    said, pause = 0.3 * said[: 3 * rate], np.zeros(int(1.3 * rate))

    def run(change):
        path = tmp_path_factory.mktemp("prosody") / "a.wav"
        soundfile.write(path, np.concatenate([said, pause, change(said), pause, said]), rate)
        finding = tool.run(Clip(path), tool.parse({"count": 1}))
        return finding.data["turns"][1]["unlike_their_other_turns"], finding.text

    return run


def test_a_louder_turn_is_called_louder_and_nothing_else(turns):
    words, text = turns(lambda said: said * 10 ** (8 / 20))
    assert words == ["louder"] and "louder than in their other turns" in text
    assert turns(lambda said: said * 10 ** (-8 / 20))[0] == ["quieter"]


def test_a_turn_played_faster_is_higher(turns):
    words, _ = turns(lambda said: soxr.resample(said, 10_000, 7_000))
    assert "higher" in words and "faster" not in words


def test_equal_turns_differ_in_nothing(turns):
    words, text = turns(lambda said: said)
    assert words == [] and "Nobody changes their way of speaking" in text


def test_differences_are_named_from_one_on_the_clearest_first():
    assert Difference(-1.2, 2.5, 0.9).words == ["louder", "lower"]
    assert Difference(0.0, 0.0, -1.0).words == ["breathier or hoarser"]


def test_syllables_are_peaks_of_the_level():
    time = np.arange(200) / 100
    level = -30 + 10 * np.cos(2 * np.pi * 4 * (time - 0.125))
    assert syllables(level, 0.0, 2.0) == 8
    assert syllables(np.full(2, -30.0), 0.0, 0.02) == 0
