"""A config's model, its first weights and its optimiser in PyTorch."""
import torch
from safetensors.torch import save_file
from torch import nn

from paper_model import PaperModel
from seed_model import SeedModel


def build(spec):
    return PaperModel(spec) if spec["kind"] == "slowfast" else SeedModel(spec)


def write_weights(spec, path):
    """First weights for all contenders, as PyTorch draws them, in a safetensors file."""
    torch.manual_seed(0)
    state = build(spec).state_dict()
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, path)


def optimizer_of(model, settings):
    """The config's `train.optimizer`, with its defaults; no decay on batch norm."""
    norms = (nn.BatchNorm2d, nn.BatchNorm3d)
    spared = {id(p) for module in model.modules() if isinstance(module, norms)
              for p in module.parameters()}
    decayed = [p for p in model.parameters() if id(p) not in spared]
    free = [p for p in model.parameters() if id(p) in spared]
    groups = [{"params": decayed, "weight_decay": settings["decay"]},
              {"params": free, "weight_decay": 0.0}]
    if settings["kind"] == "adam":
        method = torch.optim.AdamW if settings["decoupled"] else torch.optim.Adam
        return method(groups, lr=settings["rate"], eps=settings["epsilon"],
                      betas=(settings["beta1"], settings["beta2"]))
    return torch.optim.SGD(groups, lr=settings["rate"], momentum=settings["momentum"],
                           nesterov=settings["nesterov"])
