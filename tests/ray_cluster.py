"""A Ray cluster of nodes with one core each on this machine, in a process of its own.

It prints its address, and then does what it is told on stdin: `kill-node` ends the last node as a
power cut does; the end of stdin ends all of it.
"""

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager

QUICK = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_failure_threshold": 3,
}


def main(nodes: int) -> None:
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_memory_monitor_refresh_ms": "0"}
    from ray.cluster_utils import Cluster

    each = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args={**each, "_system_config": QUICK})
    try:
        others = [cluster.add_node(**each) for _ in range(nodes - 1)]
        print(cluster.address, flush=True)
        for line in sys.stdin:
            if line.strip() == "kill-node":
                cluster.remove_node(others.pop(), allow_graceful=False)
                print("killed", flush=True)
    finally:
        cluster.shutdown()


@contextmanager
def running_cluster(nodes: int = 2, **environment: str):
    """The process of a cluster, with its `address`."""
    # Sockets lie there, and their paths must be short.
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp", ignore_cleanup_errors=True) as own:
        process = subprocess.Popen(
            [sys.executable, __file__, str(nodes)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=os.environ | {"RAY_TMPDIR": own} | environment, start_new_session=True,
        )  # fmt: skip
        try:
            process.address = process.stdout.readline().strip()
            assert process.address
            yield process
        finally:
            process.stdin.close()
            process.wait(60)


def told(process: subprocess.Popen, word: str) -> None:
    """Have the cluster do something, and wait until it has."""
    process.stdin.write(f"{word}\n")
    process.stdin.flush()
    assert process.stdout.readline()


if __name__ == "__main__":
    main(int(sys.argv[1]))
