#!/usr/bin/env python3
"""Looks at the page of a real run as a person would, in headless Chromium.

    python3 Tests/Dashboard/page.py --programs .build/release --pictures /tmp/pictures

Starts a small run with local workers, watches its curves move, kills a worker and finds it red with the reason, looks at the page on a
phone and in the dark, ends the run and sees the page say so. The console must have had nothing to complain of before that. Pictures are
kept where --pictures says. It ends with status 1 and the reason where something is not as it should be.
"""

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import browser  # noqa: E402

CONFIGURATION = """
name: page
seed: 5
model:
  kind: slowfast-lstm
  classes: 4
  input: {frames: 4, size: 16}
  models: [{name: f1, alpha: 2}]
  slow: {block: basic, layers: [1, 1], width: 4, shortcut: B}
  fast: {channels: 4, hidden: 4, encoder: convlstm, bidirectional: true}
data: {path: clips.h5}
train:
  batch: 9
  slots: 4
  epochs: 100000
  optimizer: {kind: sgd, rate: 0.05, momentum: 0.9, nesterov: true, decay: 1.0e-4}
  checkpoint_every: 100 epochs
  evaluate_every_epochs: 5
"""


def children(process):
    """Processes that a process started and that run."""
    text = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True).stdout
    return [int(word) for word in text.split()]


def luminance(color):
    red, green, blue = map(int, re.findall(r"\d+", color)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def check(truth, text):
    if not truth:
        raise AssertionError(text)
    print("ok  ", text, flush=True)


LIVE = "document.getElementById('link').textContent === 'live'"
STEP = "Number(document.getElementById('steps').textContent.replaceAll(',', '').match(/step (\\d+)/)?.[1] ?? 0)"
CURVE = "document.querySelector('#loss .curve.train')?.getAttribute('d') ?? ''"
# Everything that is wider than what holds it: on a phone nothing may be.
WIDE = "[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1).length"


def look(page, url, run, picture):
    page.open(url)
    page.wait(f"{LIVE} && {STEP} > 2")
    first, step = page.evaluate(CURVE), page.evaluate(STEP)
    page.wait(f"{STEP} > {step} && ({CURVE}) !== {first!r}")
    check(True, "the step counts on and the curve moves without a reload")
    page.wait("document.querySelector('#loss .curve.val')", timeout=60)
    check(True, "evaluations are on the curves")
    page.wait("document.querySelectorAll('#timeline rect.compute').length > 4")
    check(page.evaluate("document.querySelectorAll('tr.member').length") == 2, "both workers are there")
    page.evaluate("document.getElementById('loss').dispatchEvent(new PointerEvent('pointermove', {clientX: 300, clientY: 300}))")
    check("step" in page.evaluate("document.querySelector('#loss .tip').textContent"), "a point of the curve is told")
    picture("wide")

    victim = children(run.pid)[-1]
    os.kill(victim, signal.SIGKILL)
    page.wait("document.querySelector('tr.lost')")
    row = page.evaluate("document.querySelector('tr.lost').textContent")
    check(str(victim) in row and "killed by signal 9" in row, f"the killed worker is told with its reason: {row}")
    red = page.evaluate("getComputedStyle(document.querySelector('tr.lost .who')).color")
    check(re.match(r"rgb\((1[6-9]|2)\d\d?, \d\d?, \d\d?\)", red), f"and is red: {red}")
    page.wait("[...document.querySelectorAll('#events .bad .detail')].some((one) => one.textContent.includes('killed by signal 9'))")
    page.wait("document.querySelectorAll('tr.member').length === 2")
    check(True, "its loss is among the events, and another one took its seat")
    picture("lost")

    page.open(url, dark=True)
    page.wait(LIVE)
    check(luminance(page.evaluate("getComputedStyle(document.body).backgroundColor")) < 40, "it is dark in the dark")
    picture("dark")
    page.open(url, width=390, height=844, phone=True)
    page.wait(f"{LIVE} && document.querySelector('tr.lost')")
    check(page.evaluate(WIDE) == 0, "nothing is wider than a phone")
    picture("phone")
    page.open(url, width=320, height=600, phone=True, dark=True)
    page.wait(LIVE)
    check(page.evaluate(WIDE) == 0, "nor than a small one")

    check(page.complaints == [], f"the console complains of nothing {page.complaints or ''}")
    run.send_signal(signal.SIGINT)
    run.wait(timeout=60)
    page.wait(f"!({LIVE})")
    check(page.evaluate("document.getElementById('phase').textContent") == "ended", "the page tells that the run has ended")
    reason = page.evaluate("document.getElementById('reason').textContent")
    check("interrupted" in reason, f"and why: {reason}")
    picture("end")


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--programs", required=True, help="the folder of coordinator and worker")
    options.add_argument("--pictures", help="a folder for pictures of the page")
    options = options.parse_args()
    coordinator = os.path.join(options.programs, "coordinator")
    if options.pictures:
        os.makedirs(options.pictures, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lockstep-page-") as folder:
        config, data = folder + "/page.yaml", folder + "/clips.h5"
        pathlib.Path(config).write_text(CONFIGURATION)
        subprocess.run([coordinator, "dataset", "synthesize", data, "--classes-appearance", "2", "--classes-motion", "2",
                        "--train", "6", "--val", "3", "--test", "0", "--frames", "6", "--size", "20"],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        run = subprocess.Popen(
            [coordinator, "start", "--config", config, "--data", data, "--run", folder + "/run", "--local-workers", "2",
             "--dashboard", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
        try:
            url = None
            for line in run.stdout:
                if "dashboard: " in line:
                    url = line.split("dashboard: ", 1)[1].strip()
                    break
            if url is None:
                raise AssertionError("the coordinator did not say where its page is")
            with open(folder + "/log", "w") as log:
                # Its further lines must not fill the pipe.
                drain = subprocess.Popen(["cat"], stdin=run.stdout, stdout=log)
            with browser.Browser() as page:
                def picture(name):
                    if options.pictures:
                        page.picture(os.path.join(options.pictures, name + ".png"))
                try:
                    look(page, url, run, picture)
                except (AssertionError, TimeoutError, RuntimeError) as error:
                    picture("failed")
                    print("NOT ", error, page.complaints)
                    return 1
        finally:
            if run.poll() is None:
                run.send_signal(signal.SIGINT)
                try:
                    run.wait(timeout=60)
                except subprocess.TimeoutExpired:
                    run.kill()
            drain.wait(timeout=10)
    return 0


if __name__ == "__main__":
    sys.exit(main())
