"""Hosts as network namespaces: `head` and `w1` to `w3`, each by a cable to a bridge in a namespace of its own, `switch`.

The head and the third worker have a second interface each, on a second bridge, that the run has no business on.
"""

import os
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "TinyRun"))
from tiny_run import Failure, finished  # noqa: E402

SUBNET = "10.77.3"
OTHER_SUBNET = "10.78.3"
HEAD = f"{SUBNET}.1"
HOSTS = {"head": 1, "w1": 11, "w2": 12, "w3": 13}
SECOND = ("head", "w3")
# Discard: nobody listens there.
MARKER_PORT = 9
SEND = """
import socket, sys
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(bytes.fromhex(sys.argv[2]), ("127.0.0.1", int(sys.argv[1])))
"""


def call(*words):
    finished(list(map(str, words)))


class Network:
    def __init__(self):
        # Several may be up at once; names of interfaces are short.
        self.prefix = f"ls{os.getpid() % 100000}"

    def space(self, host):
        return f"{self.prefix}-{host}"

    def on(self, host, *words):
        """A command line that runs on a host."""
        return ["ip", "netns", "exec", self.space(host), *map(str, words)]

    def up(self):
        call("ip", "netns", "add", self.space("switch"))
        self.switch("link", "set", "lo", "up")
        for bridge in ("br0", "br1"):
            self.switch("link", "add", bridge, "type", "bridge")
            self.switch("link", "set", bridge, "up")
        for host, number in HOSTS.items():
            call("ip", "netns", "add", self.space(host))
            self.host(host, "link", "set", "lo", "up")
            self.cable(host, "eth0", f"p{number}", "br0", f"{SUBNET}.{number}/24")
        for host in SECOND:
            self.cable(host, "eth1", f"q{HOSTS[host]}", "br1", f"{OTHER_SUBNET}.{HOSTS[host]}/24")

    def cable(self, host, interface, port, bridge, address):
        self.host(host, "link", "add", interface, "type", "veth", "peer", "name", port, "netns", self.space("switch"))
        self.host(host, "addr", "add", address, "dev", interface)
        self.host(host, "link", "set", interface, "up")
        self.switch("link", "set", port, "master", bridge, "up")

    def down(self):
        for host in ["switch", *HOSTS]:
            subprocess.run(["ip", "netns", "del", self.space(host)], check=False, capture_output=True)

    def switch(self, *words):
        call("ip", "-n", self.space("switch"), *words)

    def host(self, host, *words):
        call("ip", "-n", self.space(host), *words)

    def cut(self, host):
        """Nothing goes through, and neither end is told."""
        call("bridge", "-n", self.space("switch"), "link", "set", "dev", f"p{HOSTS[host]}", "state", 0)

    def heal(self, host):
        call("bridge", "-n", self.space("switch"), "link", "set", "dev", f"p{HOSTS[host]}", "state", 3)

    def link(self, host, state):
        """With the loss of the carrier, as when a machine is switched off."""
        self.switch("link", "set", f"p{HOSTS[host]}", state)

    def slow(self, host, rate):
        for space, device in [(host, "eth0"), ("switch", f"p{HOSTS[host]}")]:
            call(
                "tc", "-n", self.space(space), "qdisc", "replace", "dev", device, "root", "tbf",
                "rate", rate, "burst", "256kb", "latency", "50ms",
            )

    def fast(self, host):
        for space, device in [(host, "eth0"), ("switch", f"p{HOSTS[host]}")]:
            call("tc", "-n", self.space(space), "qdisc", "del", "dev", device, "root")

    def sockets(self, host, listening):
        """Own addresses of TCP sockets that listen, or else the peers' of those that are connected."""
        words = ["ss", "-Htnl"] if listening else ["ss", "-Htn", "state", "established"]
        output = subprocess.run(self.on(host, *words), check=True, capture_output=True, text=True).stdout
        # The state is a column of its own unless it was asked for: fourth the own address, or the peer's.
        return {line.split()[3] for line in output.splitlines() if line.strip()}

    @contextmanager
    def capture(self, host, interface, path):
        """Of TCP, by `any` interface or that of loopback, to a file that has all of it in the end."""
        words = ["tcpdump", "-i", interface, "-s", 0, "-B", 65536, "-U", "-w", path, f"tcp or udp port {MARKER_PORT}"]
        process = subprocess.Popen(self.on(host, *words), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            self.await_listening(process)
            yield
            self.mark(host, path)
        finally:
            process.terminate()
            process.communicate(timeout=30)

    @staticmethod
    def await_listening(process):
        said = []
        for line in process.stderr:
            if "listening on" in line:
                return
            said.append(line)
        raise Failure(f"tcpdump ended: {''.join(said)}")

    def mark(self, host, path):
        """Sends a datagram and waits until it is in the file: what the kernel saw before it is there, too."""
        mark = uuid.uuid4().bytes
        end = time.monotonic() + 60
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            call(*self.on(host, sys.executable, "-c", SEND, MARKER_PORT, mark.hex()))
            seen = b""
            while mark not in seen:
                if time.monotonic() > end:
                    raise Failure(f"a datagram did not get into {path}")
                # It may be cut in two by what is there of the file.
                seen = seen[-len(mark):] + file.read()
                time.sleep(0.02)
