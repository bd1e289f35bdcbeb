"""The network of `kind: slowfast` once more in PyTorch: Feichtenhofer et al., "SlowFast Networks for
Video Recognition" (2019), bottleneck blocks, with the parameter names of PySlowFast's checkpoints.

A yardstick like `seed_model.py`. Frames travel as (batch, channel, time, height, width), normalised.
"""
import torch
from torch import nn
from torch.nn import functional as F

from seed_model import normalised


def convolution(inputs, outputs, extent, stride=(1, 1, 1)):
    padding = [size // 2 for size in extent]
    layer = nn.Conv3d(inputs, outputs, extent, stride, padding, bias=False)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return layer


class Layers(nn.Module):
    """Convolutions, each with its batch norm: `a` and `a_bn`; just `bn` where there is one pair."""

    def __init__(self, **layers):
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)
            norm = f"{name}_bn" if len(layers) > 1 else "bn"
            self.add_module(norm, nn.BatchNorm3d(layer.out_channels))


class Block(nn.Module):
    def __init__(self, inputs, inner, outputs, time_extent, stride, projects):
        super().__init__()
        space = (1, stride, stride)
        if projects:
            self.branch1 = convolution(inputs, outputs, (1, 1, 1), space)
            self.branch1_bn = nn.BatchNorm3d(outputs)
        self.branch2 = Layers(
            a=convolution(inputs, inner, (time_extent, 1, 1)),
            b=convolution(inner, inner, (1, 3, 3), space),
            c=convolution(inner, outputs, (1, 1, 1)))

    def forward(self, x):
        main = self.branch2
        y = F.relu(main.a_bn(main.a(x)))
        y = F.relu(main.b_bn(main.b(y)))
        skip = self.branch1_bn(self.branch1(x)) if hasattr(self, "branch1") else x
        return F.relu(main.c_bn(main.c(y)) + skip)


class PaperModel(nn.Module):
    """frames (batch, 3, time, height, width) -> logits (batch, classes), for training."""

    channels_last = torch.channels_last_3d

    def __init__(self, spec):
        super().__init__()
        self.alpha = spec["alpha"]
        self.depth = spec.get("layers", [3, 4, 6, 3])
        slow = spec.get("width", 64)
        ratio, kernel = spec.get("fusion_ratio", 2), spec.get("fusion_kernel", 7)
        width = [slow, slow // spec.get("beta_inverse", 8)]
        self.s1 = nn.ModuleDict({
            f"pathway{path}_stem": Layers(conv=convolution(3, width[path], (time, 7, 7), (1, 2, 2)))
            for path, time in enumerate((1, 5))})
        channels = list(width)
        for stage, blocks in enumerate(self.depth):
            lateral = convolution(
                channels[1], channels[1] * ratio, (kernel, 1, 1), (self.alpha, 1, 1))
            self.add_module(f"s{stage + 1}_fuse", Layers(conv_f2s=lateral))
            channels[0] += channels[1] * ratio
            residual = nn.ModuleDict()
            for path in (0, 1):
                inner = width[path] << stage
                time_extent = 3 if path == 1 or stage >= 2 else 1
                for number in range(blocks):
                    residual[f"pathway{path}_res{number}"] = Block(
                        channels[path], inner, 4 * inner, time_extent,
                        2 if stage > 0 and number == 0 else 1, projects=number == 0)
                    channels[path] = 4 * inner
            self.add_module(f"s{stage + 2}", residual)
        projection = nn.Linear(sum(channels), spec["classes"])
        nn.init.normal_(projection.weight, std=0.01)
        nn.init.zeros_(projection.bias)
        self.head = nn.ModuleDict({"projection": projection})

    @staticmethod
    def prepare(clips, layout=torch.contiguous_format):
        """uint8 (batch, time, height, width, 3) -> frames in `layout`."""
        return normalised(clips).permute(0, 4, 1, 2, 3).contiguous(memory_format=layout)

    def forward(self, frames):
        time = frames.shape[2]
        seen = torch.linspace(0, time - 1, time // self.alpha, dtype=torch.float64).long()
        paths = [frames[:, :, seen], frames]
        for path in (0, 1):
            stem = self.s1[f"pathway{path}_stem"]
            paths[path] = F.max_pool3d(
                F.relu(stem.bn(stem.conv(paths[path]))), (1, 3, 3), (1, 2, 2), (0, 1, 1))
        for stage, blocks in enumerate(self.depth):
            fuse = self.get_submodule(f"s{stage + 1}_fuse")
            paths[0] = torch.cat([paths[0], F.relu(fuse.bn(fuse.conv_f2s(paths[1])))], dim=1)
            residual = self.get_submodule(f"s{stage + 2}")
            for path in (0, 1):
                for number in range(blocks):
                    paths[path] = residual[f"pathway{path}_res{number}"](paths[path])
        features = torch.cat([path.mean(dim=(2, 3, 4)) for path in paths], dim=1)
        return self.head["projection"](features)

    def clip_logits(self, output):
        return output

    def loss(self, logits, labels):
        return F.cross_entropy(logits, labels)
