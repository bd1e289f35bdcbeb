#!/usr/bin/env python3
"""Looks at the page of a real run as a person would, in headless Chromium.

    python3 Tests/Dashboard/page.py --pictures /tmp/pictures

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

import browser

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "TinyRun"))
from tiny_run import Failure, TinyRun, expect  # noqa: E402

ADDRESS = re.compile(r"dashboard: (http\S+)$", re.MULTILINE)
# Curves of something that is learnt and evaluated, and few events of saved states among the others.
SETTINGS = ["data.flip=false", "train.evaluate_every_epochs=1", "train.checkpoint_every=100 epochs"]


def children(process):
    """Processes that a process started and that run."""
    text = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True).stdout
    return [int(word) for word in text.split()]


def luminance(color):
    red, green, blue = map(int, re.findall(r"\d+", color)[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


LIVE = "document.getElementById('link').textContent === 'live'"
STEP = "Number(document.getElementById('steps').textContent.replaceAll(',', '').match(/step (\\d+)/)?.[1] ?? 0)"
CURVE = "document.querySelector('#loss .curve.train')?.getAttribute('d') ?? ''"
# Everything that is wider than what holds it: on a phone nothing may be.
WIDE = "[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1).length"


def look(page, url, tiny, picture):
    page.open(url)
    page.wait(f"{LIVE} && {STEP} > 2")
    first, step = page.evaluate(CURVE), page.evaluate(STEP)
    page.wait(f"{STEP} > {step} && ({CURVE}) !== {first!r}")
    expect(True, "the step counts on and the curve moves without a reload")
    page.wait("document.querySelector('#loss .curve.val')", timeout=60)
    expect(True, "evaluations are on the curves")
    page.wait("document.querySelectorAll('#timeline rect.compute').length > 4")
    expect(page.evaluate("document.querySelectorAll('tr.member').length") == 2, "both workers are there")
    page.evaluate("document.getElementById('loss').dispatchEvent(new PointerEvent('pointermove', {clientX: 300, clientY: 300}))")
    expect("step" in page.evaluate("document.querySelector('#loss .tip').textContent"), "a point of the curve is told")
    picture("wide")

    victim = children(tiny.coordinator.pid)[-1]
    os.kill(victim, signal.SIGKILL)
    page.wait("document.querySelector('tr.lost')")
    row = page.evaluate("document.querySelector('tr.lost').textContent")
    expect(str(victim) in row and "killed by signal 9" in row, f"the killed worker is told with its reason: {row}")
    red = page.evaluate("getComputedStyle(document.querySelector('tr.lost .who')).color")
    expect(re.match(r"rgb\((1[6-9]|2)\d\d?, \d\d?, \d\d?\)", red), f"and is red: {red}")
    page.wait("[...document.querySelectorAll('#events .bad .detail')].some((one) => one.textContent.includes('killed by signal 9'))")
    page.wait("document.querySelectorAll('tr.member').length === 2")
    expect(True, "its loss is among the events, and another one took its seat")
    picture("lost")

    page.open(url, dark=True)
    page.wait(LIVE)
    expect(luminance(page.evaluate("getComputedStyle(document.body).backgroundColor")) < 40, "it is dark in the dark")
    picture("dark")
    page.open(url, width=390, height=844, phone=True)
    page.wait(f"{LIVE} && document.querySelector('tr.lost')")
    expect(page.evaluate(WIDE) == 0, "nothing is wider than a phone")
    picture("phone")
    page.open(url, width=320, height=600, phone=True, dark=True)
    page.wait(LIVE)
    expect(page.evaluate(WIDE) == 0, "nor than a small one")

    expect(page.complaints == [], f"the console complains of nothing {page.complaints or ''}")
    tiny.stop()
    page.wait(f"!({LIVE})")
    expect(page.evaluate("document.getElementById('phase').textContent") == "ended", "the page tells that the run has ended")
    expect(page.evaluate("document.querySelectorAll('tr.member').length") == 0, "and that its workers left with it")
    reason = page.evaluate("document.getElementById('reason').textContent")
    expect("interrupted" in reason, f"and why: {reason}")
    picture("end")


def watch(page, tiny, pictures):
    def picture(name):
        if pictures:
            page.picture(os.path.join(pictures, name + ".png"))

    try:
        look(page, ADDRESS.search(tiny.said()).group(1), tiny, picture)
    except (Failure, TimeoutError, RuntimeError):
        picture("failed")
        print("the console:", page.complaints)
        raise


def main():
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("--programs", help="the folder of coordinator and worker")
    options.add_argument("--pictures", help="a folder for pictures of the page")
    options = options.parse_args()
    if options.pictures:
        os.makedirs(options.pictures, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lockstep-page-") as folder:
        tiny = TinyRun(folder, programs_folder=options.programs)
        try:
            tiny.prepare(size=16)
            tiny.launch(tiny.starting("--local-workers", 2, "--dashboard", "127.0.0.1:0", settings=SETTINGS))
            tiny.wait("the address of the page", lambda: ADDRESS.search(tiny.said()))
            with browser.Browser() as page:
                watch(page, tiny, options.pictures)
        except (Failure, TimeoutError, RuntimeError) as error:
            sys.exit(f"NOT   {error}")
        finally:
            tiny.end()


if __name__ == "__main__":
    main()
