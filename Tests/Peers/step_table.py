"""The results of `step_throughput.py` as Markdown tables."""
import statistics

# What is wanted of ratios; of a whole step, each setting says.
OVER_DDP, OVER_AUTOCAST, MEMORY, EVENNESS = 1.6, 1.2, 0.7, 0.1
# Relative, of the first loss from the same weights and clips: float32 in other orders.
SAME_LOSS = 1e-4


def summarise(table, results, multiply_adds_per_clip, peak):
    """One row a contender; ratios to the fastest PyTorch in one process are taken within rounds."""
    rates = {name: [r["clips_per_second"] for r in rows] for name, rows in results.items()}
    rival = fastest(table, rates, "PyTorch")
    rows = []
    for contender in table:
        values = rates[contender.name]
        median = statistics.median(values)
        gigaflops = 2 * multiply_adds_per_clip * median / 1e9
        rows.append({
            "contender": contender.name, "kind": contender.kind, "clips_per_second": median,
            "lowest": min(values), "highest": max(values), "rounds": values,
            "ratio_to_faster_pytorch": statistics.median(ratios(values, rates[rival])),
            "peak_bytes": max(r["peak_bytes"] for r in results[contender.name]),
            "gigaflops": gigaflops, "share_of_sgemm": gigaflops / peak,
            "first_loss": results[contender.name][0]["losses"][0],
        })
    return rows


def fastest(table, rates, kind):
    """The name of the contender of a kind with the highest median; None where there is none."""
    names = [contender.name for contender in table if contender.kind == kind]
    return max(names, key=lambda name: statistics.median(rates[name]), default=None)


def ratios(values, others):
    return [mine / theirs for mine, theirs in zip(values, others)]


def print_rows(rows):
    print("| contender | clips/s, median | min to max | beside the faster PyTorch "
          "| GFLOP/s | of sgemm, % | peak memory, MB | loss, step 1 |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for row in rows:
        print(f"| {row['contender']} | {row['clips_per_second']:.2f} "
              f"| {row['lowest']:.2f} to {row['highest']:.2f} "
              f"| {row['ratio_to_faster_pytorch']:.2f} | {row['gigaflops']:.0f} "
              f"| {100 * row['share_of_sgemm']:.0f} "
              f"| {row['peak_bytes'] / 1e6:.0f} | {row['first_loss']:.4f} |")


def goals(title, rows, over_pytorch, precision):
    """What is wanted of one setting, each with what came out: rows for `print_goals`."""
    best = {kind: max((row for row in rows if row["kind"] == kind),
                      key=lambda row: row["clips_per_second"], default=None)
            for kind in ("ours", "ours distributed", "PyTorch", "DDP")}
    one, many, torch, ddp = best.values()
    if one is None:
        return []
    bf16 = precision == "bf16"
    found = [
        at_least(f"{title}: one process, speed beside PyTorch's faster layout", one, torch,
                 OVER_AUTOCAST if bf16 else over_pytorch),
        at_most(f"{title}: one process, memory beside it", one, torch)]
    if ddp:
        found += [at_least(f"{title}: a worker a core, speed beside DDP + Gloo", many, ddp, OVER_DDP),
                  at_most(f"{title}: a worker a core, memory beside it", many, ddp)]
    return found + [even(f"{title}: one process beside a worker a core", one, many)]


def goal(what, values, limits, wanted):
    value = statistics.median(values)
    low, high = limits
    return {"what": what, "value": value, "lowest": min(values), "highest": max(values),
            "wanted": wanted, "met": low <= value <= high}


def at_least(what, mine, theirs, least):
    return goal(what, ratios(mine["rounds"], theirs["rounds"]), (least, float("inf")),
                f"at least {least}")


def at_most(what, mine, theirs):
    return goal(what, [mine["peak_bytes"] / theirs["peak_bytes"]], (0, MEMORY), f"at most {MEMORY}")


def even(what, mine, other):
    return goal(what, ratios(mine["rounds"], other["rounds"]), (1 - EVENNESS, 1 + EVENNESS),
                f"{1 - EVENNESS} to {1 + EVENNESS}")


def same_loss(title, losses):
    """How far the first losses of ours and PyTorch's lie apart, relatively."""
    apart = [abs(mine - theirs) / abs(theirs) for mine, theirs in zip(*losses.values())]
    return goal(f"{title}: first loss, relative difference from PyTorch's", apart[:1],
                (0, SAME_LOSS), f"at most {SAME_LOSS:.0e}")


def print_losses(losses):
    print("Losses of the first steps, same weights and clips, one slot, no augmentation: " + "; ".join(
        f"{name} {', '.join(f'{value:.5f}' for value in values)}" for name, values in losses.items())
        + ".", flush=True)


def print_goals(found):
    print("| what | median | min to max | wanted | met |")
    print("| --- | --- | --- | --- | --- |")
    for row in found:
        number = (lambda value: f"{value:.0e}") if row["value"] < 0.01 else (lambda value: f"{value:.2f}")
        print(f"| {row['what']} | {number(row['value'])} "
              f"| {number(row['lowest'])} to {number(row['highest'])} "
              f"| {row['wanted']} | {'yes' if row['met'] else 'no'} |")
