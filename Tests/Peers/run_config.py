"""A run's YAML configuration, with the defaults of the few keys that these scripts read."""
import yaml


def overridden(path, settings):
    """The configuration as it is written, with KEY=VALUE put into it."""
    with open(path) as file:
        config = yaml.safe_load(file)
    for setting in settings:
        name, _, value = setting.partition("=")
        *sections, key = name.split(".")
        place = config
        for section in sections:
            place = place.setdefault(section, {})
        place[key] = yaml.safe_load(value)
    return config


def load(path):
    config = overridden(path, [])
    train = config.setdefault("train", {})
    train.setdefault("batch", 32)
    optimizer = train.setdefault("optimizer", {})
    adam = optimizer.setdefault("kind", "sgd") == "adam"
    defaults = {"rate": 0.001 if adam else 0.1, "decay": 1e-4}
    defaults |= ({"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8, "decoupled": True} if adam
                 else {"momentum": 0.9, "nesterov": True})
    for key, value in defaults.items():
        # YAML 1.1 reads 1e-4, which has no dot, as text.
        optimizer[key] = type(value)(optimizer.get(key, value))
    return config
