"""Reading a questions file into records: CSV and its kin, JSON, JSON Lines, parquet.

This package knows syntax only; what a record means is `audiorouter.questions`' matter.
"""

from audiorouter.questions.files.read import SUFFIXES, read_records
from audiorouter.questions.files.record import REPEATED, Record, Records

__all__ = ["REPEATED", "SUFFIXES", "Record", "Records", "read_records"]
