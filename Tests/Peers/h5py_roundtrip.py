"""Clip datasets exchanged with h5py: checks a file of ours, or writes one for us to read.

    h5py_roundtrip.py check FILE frames|jpeg
    h5py_roundtrip.py write FILE frames|jpeg|v110 JPEGS
    h5py_roundtrip.py lzf FILE

The clips are those of Tests/ClipDatasetsTests/SampleDataset.swift; JPEGS is a file of ours to take JPEGs from.
"""
import sys

import h5py
import numpy as np

FRAMES, HEIGHT, WIDTH = 5, 6, 8


def check(path, layout):
    with h5py.File(path) as file:
        assert file.attrs["format"] == "slowfast-clips", file.attrs["format"]
        assert file.attrs["version"] == 1
        assert file.attrs["color"] == "RGB" and file.attrs["layout"] == "NTHWC"
        assert list(file["class_names"].asstr()) == ["jump", "run", "sit"]
        train = file["train"]
        assert train["labels"].dtype == np.int64 and train["labels"][:].tolist() == [0, 1, 2, 0]
        assert list(train["video_id"].asstr()) == [f"video {i}" for i in range(4)]
        assert train["fps"].dtype == np.float32 and train["group"].dtype == np.int32
        if layout == "frames":
            frames = train["frames"]
            assert frames.dtype == np.uint8 and frames.shape == (4, FRAMES, HEIGHT, WIDTH, 3)
            assert frames.compression == "gzip" and frames.chunks[0] == 1
            for index in range(4):
                want = np.arange(frames[index].size) * 7 + index * 31
                assert np.array_equal(frames[index].ravel(), want.astype(np.uint8)), index
        else:
            assert train["offsets"][:].tolist() == [0, 5, 10, 15, 20]
            images = train["jpeg"][:]
            assert len(images) == 20
            assert all(image.dtype == np.uint8 for image in images)
            assert all(bytes(image[:2]) == b"\xff\xd8" and bytes(image[-2:]) == b"\xff\xd9" for image in images)


def write(path, kind, jpegs):
    with h5py.File(path, "w", libver=("v110", "v110") if kind == "v110" else None) as file:
        file.attrs.update(format="slowfast-clips", version=1, color="RGB", layout="NTHWC")
        file["class_names"] = ["jump", "run", "Zürich"]
        file["train/labels"] = np.array([2, 0, 1], np.int64)
        file.create_dataset("train/video_id", data=["v0", "v1", "v2"], dtype=h5py.string_dtype())
        if kind == "jpeg":
            with h5py.File(jpegs) as source:
                images = source["train/jpeg"][:15]
            data = file.create_dataset("train/jpeg", (15,), dtype=h5py.vlen_dtype(np.uint8))
            for place, image in enumerate(images):
                data[place] = image
            file["train/offsets"] = np.array([0, 5, 10, 15])
        else:
            clips = np.zeros((3, FRAMES, HEIGHT, WIDTH, 3), np.uint8)
            for index in range(3):
                for frame in range(FRAMES):
                    clips[index, frame] = index * 10 + frame
            file.create_dataset("train/frames", data=clips, chunks=(1, 4, HEIGHT, WIDTH, 3), compression="gzip")


def write_lzf(path):
    with h5py.File(path, "w") as file:
        file.attrs.update(format="slowfast-clips", version=1)
        file["class_names"] = ["a"]
        file["train/labels"] = np.zeros(1, np.int64)
        file.create_dataset("train/frames", data=np.zeros((1, 4, 8, 8, 3), np.uint8),
                            chunks=(1, 4, 8, 8, 3), compression="lzf")


if __name__ == "__main__":
    {"check": check, "write": write, "lzf": write_lzf}[sys.argv[1]](*sys.argv[2:])
