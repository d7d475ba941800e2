"""The benchmarks that are known by name. Facts are from their authors' pages and repositories."""

from __future__ import annotations

from audiorouter.benchmarks.description import Benchmark, Source
from audiorouter.benchmarks.layouts import (
    air_bench_rows,
    mmau_rows,
    muchomusic_rows,
    voicebench_rows,
)
from audiorouter.scoring import AuthorsRule

_OURS = "here the question and its lettered choices (docs/replies.md)"

MMAU = Benchmark(
    name="mmau:test-mini",
    title="MMAU, the 1,000 questions with public answers",
    questions=1_000,
    size="1,000; the answers of the other 9,000 are withheld",
    paper="https://arxiv.org/abs/2410.19168",
    licence="not stated in the authors' repository: see the source",
    fetch=(
        "mmau-test-mini.json from https://github.com/Sakshi113/MMAU and the test-mini clips that "
        "its README links",
        "or the parquet files of https://huggingface.co/datasets/gamma-lab-umd/MMAU-test-mini, "
        "which hold questions and clips",
    ),
    layout="mmau-test-mini.json, test-mini-audios/ID.wav; or parquet files",
    prompt=f"the authors leave it to each model: see the paper; {_OURS}",
    rule=AuthorsRule.STRING_MATCH,
    scorer="evaluation.py of the repository, on the text of the chosen choice; its README says "
    "that it reads `model_prediction`, answers files here have `model_output`",
    published="paper, main table; https://sakshi113.github.io/mmau_homepage/ by version",
    sources=(
        Source(("mmau-test-mini.json",), frozenset({"audio_id", "question", "choices"})),
        Source(
            ("*.parquet",),
            frozenset({"context", "instruction", "choices", "other_attributes"}),
            mmau_rows,
            parts=True,
            version="v05.15.25",
        ),
    ),
    notes=(
        "Version v05.15.25 revised about 25% of the questions and 5% of the clips: figures of "
        "different versions cannot be compared. The parquet files of the Hub are taken to be "
        "that version; which one a JSON file is, it does not say: note whence it is, and its hash.",
    ),
)
MMAR = Benchmark(
    name="mmar",
    title="MMAR, reasoning about speech, sound, music and mixtures",
    questions=1_000,
    size="1,000",
    paper="https://arxiv.org/abs/2505.13032",
    licence="CC BY-NC 4.0 (card on the Hub)",
    fetch=(
        "MMAR-meta.json and mmar-audio.tar.gz, unpacked, from "
        "https://huggingface.co/datasets/BoJack/MMAR",
    ),
    layout="MMAR-meta.json, clips where `audio_path` says",
    prompt=f"see the source; {_OURS}",
    rule=AuthorsRule.STRING_MATCH,
    scorer="evaluation.py of https://github.com/ddlBoJack/MMAR, modified from MMAU's; its README "
    "says that it reads `model_prediction`, answers files here have `answer_prediction`",
    published="paper, table of results",
    sources=(Source(("MMAR-meta.json",), frozenset({"audio_path", "question", "choices"})),),
)
MMSU = Benchmark(
    name="mmsu",
    title="MMSU, spoken language, how it is said as well",
    questions=5_000,
    size="5,000 in 47 tasks",
    paper="https://arxiv.org/abs/2506.04779",
    licence="MIT by what is said of its card on the Hub: see the source",
    fetch=("everything of https://huggingface.co/datasets/ddwang2000/MMSU",),
    layout="question/mmsu.jsonl, clips where `audio_path` says",
    prompt="mmsu_inference.py of https://github.com/dingdongwang/MMSU_Bench: to choose among A to "
    f"D and say nothing else, the question, four lettered choices; {_OURS}",
    rule=AuthorsRule.LETTER,
    scorer="mmsu_evaluation.py there; an empty reply is given the letter of the one before it, "
    "here it does not count",
    published="https://github.com/dingdongwang/MMSU, table of its README; paper, main table",
    sources=(Source(("mmsu.jsonl",), frozenset({"question", "choice_a", "answer_gt"})),),
)
AIR_BENCH = Benchmark(
    name="air-bench:foundation",
    title="AIR-Bench, foundation: speech, sound and music",
    questions=None,
    size="about 19,000 in 19 tasks",
    paper="https://arxiv.org/abs/2402.07729",
    licence="Apache-2.0; the clips are of other data sets",
    fetch=("the folder Foundation of https://huggingface.co/datasets/qyang1021/AIR-Bench-Dataset",),
    layout="Foundation_meta.json, clips in TASK_DATASET/, those of Audio_Grounding as .flac",
    prompt="`Choose the most suitable answer from options A, B, C, and D …`, then question and "
    f"choices, four also where there are fewer; {_OURS}",
    rule=AuthorsRule.LETTER,
    scorer="score_foundation.py of https://github.com/OFA-Sys/AIR-Bench",
    published="paper, table of the foundation benchmark",
    sources=(
        Source(
            ("Foundation_meta.json",),
            frozenset({"path", "question", "choice_a", "answer_gt", "task_name", "dataset_name"}),
            air_bench_rows,
        ),
    ),
)
MUCHOMUSIC = Benchmark(
    name="muchomusic",
    title="MuChoMusic, music knowledge and reasoning",
    questions=1_187,
    size="1,187: 858 about clips of MusicCaps, 329 of the Song Describer Dataset",
    paper="https://arxiv.org/abs/2408.01337",
    licence="questions CC BY-SA 4.0, code MIT; the clips have licences of their own",
    fetch=(
        "muchomusic.csv from https://zenodo.org/record/12709974",
        "the clips of the Song Describer Dataset (ID.2min.mp3) and of MusicCaps "
        "([YTID]-[START-END].wav, or YTID.wav), anywhere in the folder",
    ),
    layout="muchomusic.csv, sdd/audio/…/ID.2min.mp3, musiccaps/audio/[YTID]-[START-END].wav",
    prompt="`Question: … Options: (A) … (D) … The correct answer is:`, choices shuffled, without "
    f"a seed; {_OURS}, shuffled once and always alike",
    rule=AuthorsRule.LETTER_OR_TEXT,
    scorer="muchomusic_eval/scoring.py of https://github.com/mulab-mir/muchomusic",
    published="paper, table of results",
    sources=(
        Source(
            ("muchomusic.csv",),
            frozenset({"question", "correct_answer", "distractor_1_answer", "dataset_identifier"}),
            muchomusic_rows,
        ),
    ),
)
CLOTHO_AQA = Benchmark(
    name="clotho-aqa:test",
    title="Clotho-AQA, open-ended with answers of one word",
    questions=None,
    size="a row each for what three people answered to a question",
    paper="https://arxiv.org/abs/2204.09634",
    licence="see LICENSE.txt beside the files; the clips have licences of their own",
    fetch=(
        "clotho_aqa_test.csv and audio_files.zip, unpacked, from "
        "https://zenodo.org/records/6473207",
    ),
    layout="clotho_aqa_test.csv, audio_files/",
    prompt="none: the authors train classifiers; here the question, to be answered briefly",
    rule=AuthorsRule.EXACT,
    scorer="the authors count the class of an answer: the same word; `--measure contains` also "
    "lets sentences count in which it stands",
    published="paper: classifiers; models that write are in later papers, by rules of their own",
    sources=(Source(("clotho_aqa_test.csv",), frozenset({"file_name", "QuestionText", "answer"})),),
    notes=(
        "Many papers keep only questions on which all three agree, or ask an answer of one word: "
        "say which you did.",
    ),
)


def _voicebench(part: str, questions: int, files: tuple[str, ...]) -> Benchmark:
    return Benchmark(
        name=f"voicebench:{part}",
        title=f"VoiceBench, {part}: questions and choices are spoken",
        questions=questions,
        size=f"{questions:,}",
        paper="https://arxiv.org/abs/2410.17196",
        licence="Apache-2.0 (card on the Hub)",
        fetch=(f"the folder {part} of https://huggingface.co/datasets/hlt-lab/voicebench",),
        layout=f"{part}/*.parquet, which hold questions and clips",
        prompt="the recording alone; here also one sentence, that it asks a question and reads "
        "out its choices, and their letters",
        rule=AuthorsRule.CHOICE,
        scorer="src/evaluator/mcq.py of https://github.com/MatthewCYM/VoiceBench (`--evaluator "
        "mcq`), which looks for many wordings; here replies are read as docs/replies.md says",
        published="https://github.com/MatthewCYM/VoiceBench, leaderboard of its README",
        sources=(
            Source(files, frozenset({"audio", "prompt", "reference"}), voicebench_rows, parts=True),
        ),
    )


BENCHMARKS: tuple[Benchmark, ...] = (
    MMAU,
    MMAR,
    MMSU,
    AIR_BENCH,
    MUCHOMUSIC,
    CLOTHO_AQA,
    _voicebench("openbookqa", 455, ("openbookqa/*.parquet", "openbookqa*.parquet")),
    _voicebench("mmsu", 3_074, ("mmsu/*.parquet", "mmsu*.parquet")),
)
