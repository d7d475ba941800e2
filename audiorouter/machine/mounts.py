"""Which file system a path lies on, where that makes a difference."""

from __future__ import annotations

import os
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
"""What is mounted where, as this process sees it; see proc(5)."""
NETWORK = frozenset([
    *("nfs", "nfs3", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "9p", "virtiofs", "davfs"),
    *("ceph", "lustre", "gpfs", "beegfs", "orangefs", "pvfs2", "panfs", "glusterfs", "gfs2"),
    *("ocfs2", "wekafs", "coda", "vboxsf", "vmhgfs"),
    *("fuse.sshfs", "fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse", "fuse.s3fs", "fuse.rclone"),
    *("fuse.gcsfuse", "fuse.goofys", "fuse.mount-s3", "fuse.juicefs", "fuse.cvmfs2", "fuse.davfs"),
    *("fuse.vmhgfs-fuse", "fuse.lustre", "fuse.beegfs", "fuse.blobfuse", "fuse.blobfuse2"),
])  # fmt: skip
"""Types of file systems that other machines, or a host, write to as well."""


def network_file_system(path: Path) -> str | None:
    """Type of the file system that `path` lies on, such as `nfs4`, where others share it.

    The path need not be there yet. None also where the system does not say.
    """
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    place = os.path.realpath(path)
    found = ("", "")
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = _unescaped(fields[4])
        holds = place == point or place.startswith(point.rstrip("/") + "/")
        # What was mounted later at the same place hides what was there.
        if holds and len(point) >= len(found[0]):
            found = (point, after.split(" ")[0])
    return found[1] if found[1] in NETWORK else None


def _unescaped(text: str) -> str:
    r"""A path of the list, in which spaces and the like stand as `\040`."""
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), text)
