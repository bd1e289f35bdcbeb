"""Known pieces of what a run sends, and whether a capture of the wire holds them."""

import json
import mmap
import struct

PIECE = 24
PIECES = 60


def varied(data, count, start=0):
    """Pieces at even distances that are no run of few values, as the background of a picture would be."""
    step = max(PIECE, (len(data) - start) // (4 * count))
    found = []
    for place in range(start, len(data) - PIECE, step):
        piece = bytes(data[place : place + PIECE])
        if len(set(piece)) >= PIECE // 2:
            found.append(piece)
        if len(found) == count:
            break
    return found


class Pieces:
    """Of clips, configuration, weights and envelopes of a run, and of another of the same configuration and weights."""

    def __init__(self, dataset, *runs):
        weights = (runs[0] / "final/model.safetensors").read_bytes()
        header = struct.unpack("<Q", weights[:8])[0]
        self.all = {
            "clips": varied(dataset.read_bytes(), PIECES, 4096),
            "weights": varied(weights, PIECES, 8 + header),
            "configuration": [b"slowfast-lstm", b"bidirectional", b"checkpoint_every"],
            # The run's number is in every message, also before every chunk of a gradient.
            "envelopes": [self.number(run) for run in runs] + [b"awaiting commit"],
        }

    @staticmethod
    def number(run):
        with open(run / "journal", encoding="utf-8") as journal:
            for line in journal:
                record = json.loads(line.split("\t")[0])
                if "run" in record:
                    run_number = record["run"]
                    value = int(run_number, 16) if isinstance(run_number, str) else run_number
                    return struct.pack("<Q", value)
        raise ValueError("a journal without a run")


def search(paths, pieces):
    """How many of each kind are in any of the captures, and of how many."""
    found = {kind: set() for kind in pieces.all}
    for path in paths:
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for kind, several in pieces.all.items():
                found[kind] |= {piece for piece in several if data.find(piece) >= 0}
    return {kind: (len(found[kind]), len(several)) for kind, several in pieces.all.items()}
