"""What models hear is decoded in worker processes, within bounds: no file harms the host."""

import asyncio
import os
import tracemalloc

import numpy as np
import pytest
import soundfile
from audio_readers import WhoReads
from audio_server import AudioServer, Behaviour
from reasoners import Opens

from audiorouter import BatchOptions, Clip, Reasoner, run_batch
from audiorouter.clips import FileStamp
from audiorouter.errors import ClipError, ReasonerError
from audiorouter.plugins import load_registry
from audiorouter.providers import Answer
from audiorouter.providers.audio import heard, wav_base64
from audiorouter.providers.openai.room import Room
from audiorouter.toolbox.frontends import energy, yamnet
from audiorouter.toolbox.isolation import IsolatedWorker


class Hears(Reasoner):
    """Says how many samples it hears; `before` may do something to the file first."""

    name = identity = "hears"

    def __init__(self, before=lambda request: None):
        self.before = before

    def answer(self, requests):
        answers = []
        for request in requests:
            self.before(request)
            try:
                heard = request.open_clip().mono(16_000)
            except ClipError as error:
                answers.append(ReasonerError(str(error)))
            else:
                answers.append(Answer("[]" if request.tools else f"{len(heard)} samples"))
        return answers


class HearsWhatIsGiven(Hears):
    """Takes what models are given."""

    def answer(self, requests):
        try:
            return [Answer(f"{len(heard(r.open_clip(), 16_000, None))} samples") for r in requests]
        except ClipError as error:
            return [ReasonerError(str(error)) for _ in requests]


def rows(clips, tmp_path, reasoner, registry=None, **options):
    """Rows by clip, one for each clip of the folder."""
    questions = tmp_path / "q.csv"
    questions.write_text("question\nHow much?\n")
    registry = registry or load_registry(third_party=False)
    registry.providers["fake"] = Opens(reasoner)
    result = run_batch(
        clips, questions,
        BatchOptions(**{"provider": "fake", "router": "none", "workers": 1, **options}),
        registry=registry,
    )  # fmt: skip
    assert result.status == "finished"
    return {row.question.audio: row for row in result.rows}


@pytest.fixture
def worker():
    return IsolatedWorker(sources={}, verbose=False)


@pytest.mark.slow
def test_a_batch_decodes_nothing_in_its_own_process(clips, tmp_path, monkeypatch, tone):
    registry = load_registry(third_party=False)
    monkeypatch.setitem(registry.sources, ".mine", WhoReads())
    (clips / "a.mine").write_bytes(b"anything")
    tone("b.wav")
    monkeypatch.setattr(
        "audiorouter.clips.clip.decoded", lambda *_: pytest.fail("decoded in the host")
    )
    found = rows(clips, tmp_path, Hears(), registry)
    assert {row.prediction for row in found.values()} == {"16000 samples"}
    readers = (clips / "a.readers").read_text().split()
    assert readers and str(os.getpid()) not in readers


def test_a_model_hears_while_a_tool_waits_for_what_it_says(clips, tmp_path, tone):
    """The only worker of the tools is with the clip until the model has said which to call."""
    tone("a.wav")
    tone("b.wav", frequency=880)
    found = rows(clips, tmp_path, Hears(), router="prompted", answer_timeout=60)
    assert {row.prediction for row in found.values()} == {"16000 samples"}


def test_what_comes_over_is_what_would_be_decoded_here(tone, worker):
    path = tone(rate=44_100, channels=2, seconds=0.7)
    clip = Clip(path)

    async def both(rate, longest):
        return await worker.read(path, FileStamp.of(path), rate, longest, 60)

    async def everything():
        assert np.array_equal((await both(None, None)).audio, clip.samples.audio)
        for rate, longest in ((16_000, None), (44_100, None), (16_000, 0.2), (16_000, 5.0)):
            audio, at = await both(rate, longest)
            assert at == rate and audio.shape[0] == 1 and not audio.flags.writeable
            assert np.array_equal(audio[0], clip.mono(rate, longest=longest))
        await worker.close()

    asyncio.run(everything())
    assert len(clip.mono(16_000, longest=0.2)) == 3_200


def test_a_file_that_changes_before_a_model_hears_it_is_not_taken_for_the_one_before(
    clips, tmp_path, tone
):
    tone("a.wav")
    reasoner = Hears(lambda request: tone("a.wav", seconds=2.0))
    row = rows(clips, tmp_path, reasoner)["a.wav"]
    assert "changed" in row.error and row.prediction is None


@pytest.mark.slow
def test_hours_of_silence_in_a_small_file_cost_their_own_row(clips, tmp_path, tone):
    tone("b.wav")
    with soundfile.SoundFile(clips / "a.flac", "w", 8_000, 1) as file:
        for _ in range(10 * 60):
            file.write(np.zeros(60 * 8_000, np.int16))
    assert (clips / "a.flac").stat().st_size < 1 << 20
    # The worker holds less than it decodes; what a model gets is bounded by itself.
    found = rows(clips, tmp_path, HearsWhatIsGiven(), memory=0.5)
    assert "600 minutes are more than a model is given at once" in found["a.flac"].error
    assert found["b.wav"].prediction == "16000 samples"


def slow_clip(path, minutes):
    """A small file that is long, since its rate is the lowest there is."""
    soundfile.write(path, np.zeros(round(minutes * 60 * 500), np.int16), 500)
    return Clip(path)


def test_what_is_resampled_is_bounded_as_what_is_decoded_is(clips):
    clip = slow_clip(clips / "a.wav", minutes=50)
    assert clip.path.stat().st_size < 4 << 20
    with pytest.raises(ClipError, match=r"0\.8 h are too long to be heard at 384000 Hz"):
        clip.mono(384_000)


@pytest.mark.slow
def test_a_model_is_given_an_hour_at_once_and_no_day(clips, caplog):
    clip = slow_clip(clips / "a.wav", minutes=80)
    with pytest.raises(ClipError, match="80 minutes are more than a model is given at once"):
        wav_base64(clip)
    assert len(wav_base64(clip, longest=1.0)) < 50_000
    assert "hears the first 1 s" in caplog.text


def test_a_clip_that_is_too_long_to_be_sent_costs_its_own_row(clips, tmp_path, tone):
    slow_clip(clips / "a.wav", minutes=80)
    tone("b.wav", frequency=880)
    (tmp_path / "q.csv").write_text("question,choices\nHigh or low?,high|low\n")
    with AudioServer(Behaviour()) as running:
        options = BatchOptions(
            provider="openai:ears", provider_options={"base_url": running.url}, router="none"
        )
        result = run_batch(
            clips, tmp_path / "q.csv", options, registry=load_registry(third_party=False)
        )
    found = {row.question.audio: row for row in result.rows}
    assert "a.wav: 80 minutes" in found["a.wav"].error and found["a.wav"].prediction is None
    assert found["b.wav"].prediction == "high"


def test_no_more_is_on_its_way_to_a_server_than_there_is_room_for():
    most, inside, entered = 10, [], []

    async def send(room, size):
        async with room.of(size):
            inside.append(size)
            entered.append(size)
            assert sum(inside) <= most or inside == [30]
            await asyncio.sleep(0.01)
            inside.remove(size)

    async def everything():
        room = Room(most)
        sending = [asyncio.create_task(send(room, size)) for size in (4, 5, 3, 30, 1, 10, 2)]
        await asyncio.sleep(0)
        sending[4].cancel()  # whoever gives up takes no room
        return await asyncio.gather(*sending, return_exceptions=True)

    outcomes = asyncio.run(asyncio.wait_for(everything(), 10))
    assert [type(one) for one in outcomes if one] == [asyncio.CancelledError]
    assert entered == [4, 5, 3, 30, 10, 2]  # a large one is passed by nobody


def peak_of(work):
    """Most bytes of Python and NumPy at once that `work` needs."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.weights
def test_what_a_long_clip_takes_is_a_few_times_its_samples(clips, monkeypatch):
    soundfile.write(clips / "a.flac", np.zeros(10 * 60 * 16_000, np.int16), 16_000)
    clip, network = Clip(clips / "a.flac"), yamnet.yamnet()
    size = clip.samples.audio.nbytes
    assert peak_of(lambda: clip.facts) < 1.5 * size
    assert peak_of(lambda: energy.levels(clip.mono(16_000))) < 3 * size
    monkeypatch.setattr(network, "_logits", lambda patch: np.zeros(521))
    assert peak_of(lambda: network.probabilities(clip.mono(16_000))) < 3 * size
