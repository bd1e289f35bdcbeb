"""Clip datasets as these scripts need them: centred clips read, and noise written."""
import io

import h5py
import numpy as np


def read_centred(file, split, rows, frames, size):
    """Clips `rows` of a split as evaluation sees them: the window and the crop in the middle.

    Returns uint8 (clips, frames, size, size, 3) and int64 labels. Odd margins round down.
    """
    group = file[split]
    clips = np.empty((len(rows), frames, size, size, 3), np.uint8)
    for place, row in enumerate(rows):
        clips[place] = centre(stored_clip(group, row), frames, size)
    return clips, group["labels"][rows.start:rows.stop]


def stored_clip(group, row):
    """One clip as it is stored, (time, height, width, 3), raw or as one JPEG a frame."""
    if "frames" in group:
        return group["frames"][row]
    from PIL import Image
    first, end = group["offsets"][row:row + 2]
    images = [Image.open(io.BytesIO(np.asarray(data, np.uint8).tobytes()))
              for data in group["jpeg"][first:end]]
    return np.stack([np.asarray(image.convert("RGB")) for image in images])


def centre(clip, frames, size):
    corner = [(have - want) // 2 for have, want in zip(clip.shape, (frames, size, size))]
    if min(corner) < 0:
        raise SystemExit(f"a stored clip of {clip.shape[:3]} is smaller than the model's input "
                         f"({frames}, {size}, {size})")
    t, y, x = corner
    return clip[t:t + frames, y:y + size, x:x + size]


def write_noise(path, frames, size, classes, counts):
    """A dataset of random pixels; `counts` maps a split to its number of clips."""
    generator = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        file.attrs.update(format="slowfast-clips", version=1, color="RGB", layout="NTHWC")
        names = [f"class {number}" for number in range(classes)]
        file.create_dataset("class_names", data=names, dtype=h5py.string_dtype())
        for split, count in counts.items():
            shape = (count, frames, size, size, 3)
            data = file.create_dataset(f"{split}/frames", shape, np.uint8,
                                       chunks=(1, min(frames, 8), size, size, 3))
            for row in range(count):
                data[row] = generator.integers(0, 256, shape[1:], np.uint8)
            file[f"{split}/labels"] = np.arange(count, dtype=np.int64) % classes
