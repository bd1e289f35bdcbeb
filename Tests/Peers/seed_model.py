"""The two-branch model of `kind: slowfast-lstm`, once more, in PyTorch.

An independent yardstick: the same function and the same parameter names as the Swift implementation,
so that weights load strictly in both directions and a training step does the same arithmetic. One
model, no sharing, fast encoder `convlstm`; anything else in a config is refused by name.

Frames travel as (batch, time, channel, height, width), normalised. `prepare` makes them from what a
dataset holds, in the memory layout that a caller wants.
"""
import torch
from torch import nn
from torch.nn import functional as F

PIXEL_MEAN, PIXEL_STD = 0.45, 0.225


def normalised(clips):
    """uint8 pixels -> what a network reads."""
    return (clips.float() / 255 - PIXEL_MEAN) / PIXEL_STD


def convolution(inputs, outputs, size, stride=1):
    layer = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return layer


class ResidualBlock(nn.Module):
    """Convolutions of (size, width) in `plan`, each with batch norm; the one at `strided` strides."""

    def __init__(self, inputs, plan, strided, stride, shortcut):
        super().__init__()
        self.depth = len(plan)
        channels = inputs
        for number, (size, width) in enumerate(plan):
            step = stride if number == strided else 1
            self.add_module(f"conv{number + 1}", convolution(channels, width, size, step))
            self.add_module(f"bn{number + 1}", nn.BatchNorm2d(width))
            channels = width
        self.stride, self.missing = stride, channels - inputs
        self.downsample = None
        if shortcut == "B" and (stride > 1 or self.missing):
            self.downsample = nn.Sequential(
                convolution(inputs, channels, 1, stride), nn.BatchNorm2d(channels))

    def skip(self, x):
        if self.downsample is not None:
            return self.downsample(x)
        x = x[:, :, ::self.stride, ::self.stride]
        return F.pad(x, (0, 0, 0, 0, 0, self.missing)) if self.missing else x

    def forward(self, x):
        y = x
        for number in range(1, self.depth + 1):
            y = self.get_submodule(f"bn{number}")(self.get_submodule(f"conv{number}")(y))
            y = F.relu(y) if number < self.depth else F.relu(y + self.skip(x))
        return y


class SlowBranch(nn.Module):
    """A 2D ResNet on each frame: (frames, 3, height, width) -> (frames, features)."""

    def __init__(self, spec):
        super().__init__()
        channels = spec["width"]
        self.conv1, self.bn1 = convolution(3, channels, 7, 2), nn.BatchNorm2d(channels)
        self.stages = len(spec["layers"])
        for stage, blocks in enumerate(spec["layers"]):
            planes, row = spec["width"] << stage, nn.Sequential()
            if spec["block"] == "basic":
                plan, strided = [(3, planes), (3, planes)], 0
            else:
                plan, strided = [(1, planes), (3, planes), (1, 4 * planes)], 1
            for number in range(blocks):
                stride = 2 if stage > 0 and number == 0 else 1
                row.append(ResidualBlock(
                    channels, plan, strided, stride, spec.get("shortcut", "B")))
                channels = plan[-1][1]
            self.add_module(f"layer{stage + 1}", row)
        self.features = channels

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, stride=2, padding=1)
        for stage in range(self.stages):
            x = self.get_submodule(f"layer{stage + 1}")(x)
        return x.mean(dim=(2, 3))


class ConvLSTM(nn.Module):
    """One direction; gates i, f, o, g. The kernel reads the input's channels, then the state's.

    One convolution a frame over both. Taking the input's share out of the loop, as one convolution over
    all frames, measured slower in PyTorch (by 3 to 30 %), so the faster form is the one compared with.
    """

    def __init__(self, inputs, hidden, size=3):
        super().__init__()
        self.hidden, self.padding = hidden, size // 2
        self.weight = nn.Parameter(torch.empty(4 * hidden, inputs + hidden, size, size))
        self.bias = nn.Parameter(torch.zeros(4 * hidden))
        nn.init.xavier_normal_(self.weight)

    def forward(self, x, reverse=False):
        batch, time, _, height, width = x.shape
        cell = x.new_zeros(batch, self.hidden, height, width)
        state, outputs = torch.zeros_like(cell), [None] * time
        for moment in reversed(range(time)) if reverse else range(time):
            gates = F.conv2d(torch.cat([x[:, moment], state], dim=1), self.weight, self.bias,
                             padding=self.padding)
            admit, keep, emit, candidate = gates.chunk(4, dim=1)
            cell = keep.sigmoid() * cell + admit.sigmoid() * candidate.tanh()
            state = outputs[moment] = emit.sigmoid() * cell.tanh()
        return torch.stack(outputs, dim=1)


class Pointwise(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv, self.bn = convolution(inputs, outputs, 1), nn.BatchNorm2d(outputs)

    def forward(self, x):
        return F.avg_pool2d(F.relu(self.bn(self.conv(x))), 2)


class FastBranch(nn.Module):
    """Three pointwise layers, then a ConvLSTM over time; features of each frame."""

    def __init__(self, spec):
        super().__init__()
        channels, hidden = spec["channels"], spec["hidden"]
        directions = 2 if spec.get("bidirectional", True) else 1
        self.pointwise = nn.ModuleList(Pointwise(c, channels) for c in (3, channels, channels))
        self.lstm = nn.ModuleList(ConvLSTM(channels, hidden) for _ in range(directions))
        self.features = 4 * hidden * directions

    def forward(self, x):
        batch, time = x.shape[:2]
        x = x.flatten(0, 1)
        for layer in self.pointwise:
            x = layer(x)
        x = x.unflatten(0, (batch, time))
        maps = torch.cat([run(x, reverse=number == 1) for number, run in enumerate(self.lstm)], 2)
        return F.adaptive_avg_pool2d(maps.flatten(0, 1), 2).reshape(batch, time, -1)


class TwoBranch(nn.Module):
    def __init__(self, spec, alpha):
        super().__init__()
        self.alpha = alpha
        self.slow, self.fast = SlowBranch(spec["slow"]), FastBranch(spec["fast"])
        self.head = nn.Linear(self.slow.features + self.fast.features, spec["classes"])
        nn.init.normal_(self.head.weight, std=0.01)
        nn.init.zeros_(self.head.bias)

    def forward(self, frames):
        batch, time = frames.shape[:2]
        seen = torch.linspace(0, time - 1, time // self.alpha, dtype=torch.float64).long()
        slow = self.slow(frames[:, seen].flatten(0, 1)).unflatten(0, (batch, len(seen)))
        slow = slow.repeat_interleave(self.alpha, dim=1)
        return self.head(torch.cat([slow, self.fast(frames)], dim=2))


class SeedModel(nn.Module):
    """frames (batch, time, 3, height, width) -> logits of each frame (batch, time, classes)."""

    channels_last = torch.channels_last

    def __init__(self, spec):
        super().__init__()
        refuse_what_is_not_here(spec)
        self.spec = spec
        self.models = nn.ModuleList([TwoBranch(spec, spec["models"][0]["alpha"])])

    @staticmethod
    def prepare(clips, layout=torch.contiguous_format):
        """uint8 (batch, time, height, width, 3) -> frames, each in `layout`."""
        frames = normalised(clips).flatten(0, 1).permute(0, 3, 1, 2)
        return frames.contiguous(memory_format=layout).unflatten(0, clips.shape[:2])

    def forward(self, frames):
        return self.models[0](frames)

    def clip_logits(self, frame_logits):
        return frame_logits.mean(dim=1)

    def loss(self, frame_logits, labels):
        """Mean over the batch; weight decay is the optimiser's."""
        weight = self.spec["models"][0].get("weight", 1.0)
        if (self.spec.get("loss") or {}).get("reduce", "clip") == "frame":
            time = frame_logits.shape[1]
            return weight * F.cross_entropy(
                frame_logits.flatten(0, 1), labels.repeat_interleave(time))
        return weight * F.cross_entropy(self.clip_logits(frame_logits), labels)


def refuse_what_is_not_here(spec):
    """SystemExit naming the first part of a model section that this file does not build."""
    found = {
        "kind": (spec["kind"], "slowfast-lstm"),
        "models": (len(spec.get("models", [])), 1),
        "models[0].branches": (spec["models"][0].get("branches", "both") if spec.get("models")
                               else "none", "both"),
        "fast.encoder": (spec.get("fast", {}).get("encoder", "convlstm"), "convlstm"),
        "sharing.kind": ((spec.get("sharing") or {}).get("kind", "none"), "none"),
        "loss.ensemble": ((spec.get("loss") or {}).get("ensemble", 0), 0),
    }
    for key, (value, built) in found.items():
        if value != built:
            raise SystemExit(f"seed_model.py builds model.{key}: {built} only, not {value}")
