"""Settings of a project: an `audiorouter.toml`, its profiles, and which of it may be believed."""

from audiorouter.profiles.choose import Chosen, chosen
from audiorouter.profiles.project_file import FILE_NAME, ProjectFile, find_file, read_file
from audiorouter.profiles.setting import Kind, Setting

__all__ = [
    "FILE_NAME",
    "Chosen",
    "Kind",
    "ProjectFile",
    "Setting",
    "chosen",
    "find_file",
    "read_file",
]
