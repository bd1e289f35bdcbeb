"""How long a run took to come back from each signal, and for each step, from its metrics."""

import json
import math
import statistics


def events(run):
    with open(run / "metrics.jsonl", encoding="utf-8") as lines:
        for line in lines:
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                # A coordinator that was killed may leave half a line.
                continue


def steps(run):
    """Seconds of each step."""
    return [event["seconds"] for event in events(run) if event.get("kind") == "step"]


def show_joins(run, before=50, after=20):
    """Of each worker that joined in mid-run, until the run was stopped: the longest step of those that ended next."""
    times, joined = [], []
    for event in events(run):
        if event.get("event") == "stopping":
            break
        if event.get("kind") == "step":
            times.append(event["seconds"])
        elif event.get("event") == "joined" and len(times) >= before:
            joined.append((event["detail"].split(" joined")[0], len(times)))
    for worker, step in joined:
        usual, longest = statistics.median(times[step - before : step]), max(times[step : step + after])
        print(
            f"{worker} joined: longest of the next {after} steps {1000 * longest:.0f} ms, {longest / usual:.1f} times "
            f"the median of {1000 * usual:.0f} ms before"
        )


def latencies(run, signals):
    """Of each of the moments: to its loss, from the loss to the next generation, from the signal to the next commit."""
    happened = list(events(run))
    losses = [e["time"] for e in happened if e.get("event") == "lost"]
    begins = [e["time"] for e in happened if e.get("event") == "began"]
    commits = [e["time"] for e in happened if e.get("kind") == "step"]
    table = {"signal to detection": [], "detection to abort": [], "signal to next commit": []}
    for moment, following in zip(signals, [*signals[1:], math.inf]):
        lost = next((t for t in losses if moment <= t < following), None)
        if lost is None:
            continue
        begun = next((t for t in begins if t >= lost - 1e-3), None)
        commit = next((t for t in commits if t > lost), None)
        table["signal to detection"].append(lost - moment)
        if begun is not None:
            table["detection to abort"].append(max(0, begun - lost))
        if commit is not None:
            table["signal to next commit"].append(commit - moment)
    return table


def show(table):
    print(f"{'seconds':24} {'n':>5} {'median':>8} {'p99':>8} {'worst':>8}")
    for name, values in table.items():
        if values:
            print(
                f"{name:24} {len(values):5} {statistics.median(values):8.3f} "
                f"{percentile(values, 0.99):8.3f} {max(values):8.3f}"
            )


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
