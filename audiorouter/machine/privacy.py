"""What libraries do behind one's back, switched off in every process that imports this package.

Set when the package is imported, which comes before any import of the libraries, and inherited by
every process that is started from here. It holds whatever the environment said before: that nothing
leaves the machine is a promise, and no shell profile or base image undoes it.
"""

from __future__ import annotations

import os

TELEMETRY_OFF = {
    # onnxruntime 1.29 and later, on Linux: a device id and a queue of events in the user's cache
    # folder, sent to its makers.
    "ORT_DISABLE_TELEMETRY": "1",
    # pyannote.audio: which pipelines are used, and on how long a clip.
    "PYANNOTE_METRICS_ENABLED": "0",
    # huggingface_hub, hf_xet and transformers: what is installed here, sent along with every
    # download; how downloads went; which program runs this one, by a list asked for once a day.
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # transformers: of a model on the hub without safetensors, another server is told, with the
    # user's token, to convert it.
    "DISABLE_SAFETENSORS_CONVERSION": "1",
    # By convention (donottrack.sh), for those of whom nothing is known yet.
    "DO_NOT_TRACK": "1",
}
"""Environment variables by which libraries are told to report and ask nothing of their own accord,
with their values."""


def switch_telemetry_off() -> None:
    """Set the variables for this process and for those that it starts."""
    os.environ.update(TELEMETRY_OFF)
