"""Tools that misbehave; a module of its own, because worker processes import it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import socket
import struct
import subprocess
import sys
import threading
import time
from typing import ClassVar

import numpy as np
from pydantic import field_validator

from audiorouter import Domain, Finding, NoArguments, Tool, ToolError


class HostileTool(Tool[NoArguments]):
    description = "Misbehaves."
    version = "1"
    licence = "none"
    domain = Domain.SOUND
    Arguments = NoArguments


class Segfaults(HostileTool):
    name = "segfaults"

    def run(self, clip, arguments):
        ctypes.string_at(0)


class Exits(HostileTool):
    name = "exits"

    def run(self, clip, arguments):
        os._exit(3)


class Hangs(HostileTool):
    name = "hangs"

    def run(self, clip, arguments):
        while True:
            time.sleep(60)


class Raises(HostileTool):
    name = "raises"

    def run(self, clip, arguments):
        raise RuntimeError("no luck today")


class Refuses(HostileTool):
    """Says itself what is wrong with the clip, as tools may."""

    name = "refuses"

    def run(self, clip, arguments):
        raise ToolError("there is nothing in it")


class Ponders(HostileTool):
    """Never comes to an end with what a question names."""

    name = "ponders"

    def arguments_in(self, question, choices):
        time.sleep(60)
        return {}

    def run(self, clip, arguments):
        return Finding({}, "At last.")


class Endless(NoArguments):
    level: int = 0

    @field_validator("level")
    @classmethod
    def _check(cls, level):
        time.sleep(60)


class Fussy(HostileTool):
    """Never comes to an end with checking what it is given."""

    name = "fussy"
    Arguments = Endless

    def run(self, clip, arguments):
        return Finding({}, "At last.")


class Leaks(HostileTool):
    """Keeps what it heard, each time; so much fits twice."""

    name = "leaks"
    kept: ClassVar[list] = []

    def run(self, clip, arguments):
        self.kept.append(np.ones(15_000_000))
        return Finding({}, "Never forget.")


class Needs(HostileTool):
    """Needs memory, and gives it back."""

    name = "needs"

    def run(self, clip, arguments):
        np.ones(25_000_000)
        return Finding({}, "It was enough.")


class Harms(HostileTool):
    """Leaves a process in which no file can be opened, and numbers raise."""

    name = "harms"

    def run(self, clip, arguments):
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
        with contextlib.suppress(OSError):
            while True:
                os.dup(0)
        np.seterr(all="raise")
        return Finding({}, "All well.")


class Opens(HostileTool):
    """Says of the clip that it is to blame where no file can be opened."""

    name = "opens"

    def run(self, clip, arguments):
        try:
            os.close(os.open(os.devnull, os.O_RDONLY))
        except OSError as error:
            raise ToolError(f"the clip cannot be read: {error}") from None
        return Finding({}, "It opens.")


class Divides(HostileTool):
    name = "divides"

    def run(self, clip, arguments):
        np.ones(1) / np.zeros(1)
        return Finding({}, "Infinite.")


class FailsToLoad(HostileTool):
    name = "fails_to_load"

    def load(self):
        raise OSError("no such model")

    def run(self, clip, arguments):
        return Finding({}, "never")


class GivesNan(HostileTool):
    name = "gives_nan"

    def run(self, clip, arguments):
        return Finding({"value": float("nan")}, "not a number")


class IsTooSure(HostileTool):
    name = "is_too_sure"

    def run(self, clip, arguments):
        return Finding({}, "Beyond doubt.", confidence=1.5)


class GivesArray(HostileTool):
    name = "gives_array"

    def run(self, clip, arguments):
        return Finding({"value": np.zeros(2)}, "an array")


class GivesNothing(HostileTool):
    name = "gives_nothing"

    def run(self, clip, arguments):
        return None


class CallsHome(HostileTool):
    name = "calls_home"

    def run(self, clip, arguments):
        socket.create_connection(("127.0.0.1", 9))


class CallsHomeAnyhow(HostileTool):
    """Sends a word by each way there is, to the port by which the clip is called."""

    name = "calls_home_anyhow"
    WAYS = ("Python's sendmsg", "native code", "another thread", "a child process")

    @staticmethod
    def call(host, port):
        def by_sendmsg(word):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendmsg([word.encode()], [], 0, (host, port))

        def natively(word):
            libc = ctypes.CDLL(None)
            handle = libc.socket(socket.AF_INET, socket.SOCK_DGRAM, 0)
            address = struct.pack("=H", socket.AF_INET) + struct.pack(
                "!H4s8x", port, socket.inet_aton(host)
            )
            libc.sendto(handle, word.encode(), len(word), 0, address, len(address))
            libc.close(handle)

        def by_thread(word):
            thread = threading.Thread(target=natively, args=(word,))
            thread.start()
            thread.join()

        def by_child(word):
            code = (
                "import socket, sys; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto("
                "sys.argv[1].encode(), (sys.argv[2], int(sys.argv[3])))"
            )
            subprocess.run(
                [sys.executable, "-c", code, word, host, str(port)], stderr=subprocess.DEVNULL
            )

        ways = (by_sendmsg, natively, by_thread, by_child)
        for way, word in zip(ways, CallsHomeAnyhow.WAYS, strict=True):
            with contextlib.suppress(OSError):
                way(word)

    def run(self, clip, arguments):
        self.call("127.0.0.1", int(clip.path.stem))
        return Finding({}, "It is fine.")


class Prints(HostileTool):
    """Prints in every way there is, and still finds something."""

    name = "prints"

    def run(self, clip, arguments):
        print("noise from print")
        os.write(1, b"noise from write\n")
        sys.stderr.write("noise on stderr\n")
        return Finding({"process": os.getpid()}, "It is fine.", confidence=0.25)


ALL = [
    Segfaults(), Exits(), Hangs(), Raises(), Refuses(), Ponders(), Fussy(), Leaks(), Needs(),
    FailsToLoad(), GivesNan(), IsTooSure(), GivesArray(), GivesNothing(), CallsHome(),
    CallsHomeAnyhow(), Prints(),
    Harms(), Opens(), Divides(),
]  # fmt: skip
