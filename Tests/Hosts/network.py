"""Hosts as network namespaces: `head` and `w1` to `w3`, each by a cable to a bridge in a namespace of its own, `switch`.

The head and the third worker have a second interface each, on a second bridge, that the run has no business on.
"""

import os
import subprocess
import time

SUBNET = "10.77.3"
OTHER_SUBNET = "10.78.3"
HEAD = f"{SUBNET}.1"
HOSTS = {"head": 1, "w1": 11, "w2": 12, "w3": 13}
SECOND = ("head", "w3")


def call(*words):
    subprocess.run(list(map(str, words)), check=True, capture_output=True, text=True)


class Network:
    def __init__(self):
        # Several may be up at once; names of interfaces are short.
        self.prefix = f"ls{os.getpid() % 100000}"
        self.captures = []

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
        for capture in self.captures:
            if capture.poll() is None:
                capture.kill()
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

    def capture(self, host, interface, path):
        process = subprocess.Popen(
            self.on(host, "tcpdump", "-i", interface, "-s", 0, "-B", 65536, "-U", "-w", path, "tcp"),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )
        # It says so once it listens.
        process.stderr.readline()
        self.captures.append(process)
        return process

    def end(self, capture):
        # What the kernel holds is written before it ends.
        time.sleep(0.5)
        capture.terminate()
        capture.communicate(timeout=30)
