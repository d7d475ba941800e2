"""Reading a questions file into records: CSV and its kin, JSON, parquet; or of a folder.

This package knows syntax only; what a record means is `audiorouter.questions`' matter.
"""

from audiorouter.questions.files.dataset import is_answers_file, is_dataset, shards_of
from audiorouter.questions.files.read import SUFFIXES, read_records
from audiorouter.questions.files.record import REPEATED, Record, Records

__all__ = [
    "REPEATED",
    "SUFFIXES",
    "Record",
    "Records",
    "is_answers_file",
    "is_dataset",
    "read_records",
    "shards_of",
]
