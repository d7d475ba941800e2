"""A reasoner that hears by tools answers nothing about clips that these could not hear."""

from unittest.mock import patch

from reasoners import Listens, Opens

from audiorouter import BatchOptions, ToolCall, run_batch


class HearsSilences(Listens):
    listening_calls = (ToolCall("silences"),)


def test_where_nothing_can_be_heard_the_batch_ends_before_anything_is_asked(
    two_tools, question_file, clips
):
    reasoner = HearsSilences()
    two_tools.providers["fake"] = Opens(reasoner)
    options = BatchOptions(provider="fake", router="none")
    silences = type(two_tools.tools["silences"])
    with patch.object(silences, "missing", lambda _tool: "needs ears: pip install ears"):
        result = run_batch(clips, question_file, options, registry=two_tools)
    assert result.status == "failed" and reasoner.asked == 0
    assert "fake could not hear the clip: silences needs ears: pip install" in result.failure
    assert all(row.error for row in result.rows)

    (clips / "0.wav").write_bytes(b"RIFF")
    result = run_batch(clips, question_file, options, registry=two_tools)
    assert result.status == "finished" and reasoner.asked == 3
    assert [bool(row.error) for row in result.rows] == [True, False, False, False]
