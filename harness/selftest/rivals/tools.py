"""The tools: how each measures two builds of the same crate for about five seconds, and how it decides.

A trial returns its outcome and the estimated slowdown in percent, or None if the tool states none. All tools judge by the
same smallest effect, where they have one, so that the rates compare.
"""

import json
import math
import os
import re
import shutil
import statistics
import subprocess

EFFECT = 0.5  # percent
SECONDS = 5

RED, GREEN, UNDECIDED = "red", "green", "undecided"


class Failed(Exception):
    """A tool that ended with an error."""


def run(command, folder, statuses=(0,), **environment):
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode not in statuses:
        raise Failed(f"{command[0]}: exit status {done.returncode}: {(done.stderr or done.stdout)[-400:]}")
    return done


def harness(place, variant):
    """This harness: both revisions side by side, over random layouts, until the test decides or the budget ends."""
    run(["git", "checkout", "--quiet", variant], place.repository)
    out = os.path.join(place.scratch, "gate.json")
    command = [place.harness, "gate", "--base", "base", "--times-only", "--force-timing", "--budget", str(SECONDS)]
    command += ["--minimum-effect", str(EFFECT), "--format", "json", "--out", out]
    done = run(command, place.repository, (0, 1, 2))
    rows = [row for table in json.loads(done.stdout or "[]") for row in table["rows"] if row.get("verdict")]
    if len(rows) != 1:
        raise Failed(f"harness: {len(rows)} verdicts: {done.stderr[-400:]}")
    outcome = {"regressed": RED, "inconclusive": UNDECIDED}.get(rows[0]["verdict"], GREEN)
    return outcome, rows[0]["time_change"] * 100


def criterion(place, variant):
    """criterion: a saved run of the base, then the head against it; half of the time each."""
    half = f"{SECONDS / 2 - 0.3:.1f}"
    options = ["--bench", "--noplot", "--warm-up-time", "0.3", "--measurement-time", half, "--noise-threshold", str(EFFECT / 100)]
    home = os.path.join(place.scratch, "criterion")
    shutil.rmtree(home, ignore_errors=True)
    run([place.program("base", "criterion"), *options, "--save-baseline", "base"], place.scratch, CRITERION_HOME=home)
    done = run([place.program(variant, "criterion"), *options, "--baseline", "base"], place.scratch, CRITERION_HOME=home)
    change = re.search(r"change:\s*\[\S+ (\S+)% ", done.stdout)
    if not change:
        raise Failed(f"criterion: no change in its output: {done.stdout[-400:]}")
    return (RED if "Performance has regressed" in done.stdout else GREEN), number(change[1])


def tango(place, variant):
    """tango: both executables in turn in one process each; its test and its noise threshold decide."""
    options = ["--time", str(SECONDS), "--noise-threshold", str(EFFECT), "--fail-fast"]
    done = run([place.program(variant, "tango"), "compare", place.program("base", "tango"), *options], place.scratch, (0, 1))
    change = re.search(r"([+-]?\d+(?:\.\d+)?)%", done.stdout)
    if not change:
        raise Failed(f"tango: no change in its output: {(done.stdout + done.stderr)[-400:]}")
    return (RED if done.returncode == 1 else GREEN), number(change[1])


def perfgate(place, variant):
    """perfgate: commands in pairs; red if the difference is significant and above the smallest effect."""
    command = [place.tool("perfgate"), "paired", "--name", "work", "--warmup", "1", "--repeat", "23", "--out", "pairs.json"]
    command += ["--require-significance", "--significance-alpha", "0.05", "--fail-on-regression", str(EFFECT)]
    for side, build in (("--baseline", "base"), ("--current", variant)):
        command += [side, f"{place.program(build, 'subject')} {place.repetitions(0.1)}"]
    done = run(command, place.scratch, (0, 1, 2))
    with open(os.path.join(place.scratch, "pairs.json"), encoding="utf-8") as file:
        stats = json.load(file)["stats"]
    if done.returncode and "egression" not in done.stderr:
        raise Failed(f"perfgate: {done.stderr[-400:]}")
    change = stats["wall_diff_ms"]["mean"] / stats["baseline_wall_ms"]["mean"] * 100
    return (RED if done.returncode else GREEN), change


def hyperfine_runs(place, variant):
    """Times of both commands, in seconds: all of the base, then all of the head."""
    out = os.path.join(place.scratch, "hyperfine.json")
    command = [place.tool("hyperfine"), "--shell", "none", "--style", "none", "--warmup", "4", "--runs", "100", "--export-json", out]
    run(command + [f"{place.program(build, 'subject')} {place.repetitions(0.025)}" for build in ("base", variant)], place.scratch)
    with open(out, encoding="utf-8") as file:
        return [result["times"] for result in json.load(file)["results"]]


def hyperfine(place, variant):
    """hyperfine: "times faster" of its summary, with its standard deviation; red if the whole range is above 1."""
    base, head = hyperfine_runs(place, variant)
    mean = [statistics.mean(base), statistics.mean(head)]
    ratio = mean[1] / mean[0]
    spread = ratio * math.hypot(statistics.stdev(base) / mean[0], statistics.stdev(head) / mean[1])
    return (RED if ratio - spread > 1 else GREEN), (ratio - 1) * 100


def hyperfine_welch(place, variant):
    """hyperfine's times under a two-sided test of Welch at 5 %; at 100 runs a side t is close to normal."""
    base, head = hyperfine_runs(place, variant)
    error = math.hypot(statistics.stdev(base) / math.sqrt(len(base)), statistics.stdev(head) / math.sqrt(len(head)))
    difference = statistics.mean(head) - statistics.mean(base)
    limit = statistics.NormalDist().inv_cdf(0.975)
    change = difference / statistics.mean(base) * 100
    return (RED if difference / error > limit and change >= EFFECT else GREEN), change


def zenbench(place, variant):
    """zenbench pair: blocks of fresh processes with an A/A control; its verdict, or its interval where it declines one."""
    side = lambda name, build: {
        "id": name,
        "program": place.program(build, "subject"),
        "args": [str(place.repetitions(0.3))],
        "revision": build,
        "timeout_seconds": 30,
    }
    plan = {
        "schema": 1,
        "baseline": side("before", "base"),
        "candidates": [side("after", variant)],
        "cases": [{"id": "work", "inputs": {}}],
        "metric": {
            "extract": {"kind": "prefix", "prefix": "elapsed_ns="}, "unit": "ns", "expected": 1, "divide_by": 1, "resolution": 100
        },
        "check": {"kind": "json", "prefix": "answer=", "pointers": ["/sum"]},
        "warmup": "the program works once before it reads the clock",
        "blocks": 5,
        "aa": True,
        "deadline_seconds": 60,
        "confirmation": {
            "margin_pct": EFFECT, "control_margin_pct": 1.0, "family_confidence": 0.95, "scope": "rivals", "accept": "non_inferiority"
        },
    }
    path, out = (os.path.join(place.scratch, name) for name in ("plan.json", "zenbench"))
    with open(path, "w", encoding="utf-8") as file:
        json.dump(plan, file)
    shutil.rmtree(out, ignore_errors=True)
    done = run([place.tool("zenbench"), "pair", path, "--mode", "confirm", "--output", out, "--wait", "20"], place.scratch, (0, 1, 2))
    names = re.search(r"^case,arm,.*$", done.stdout, re.MULTILINE)
    values = re.search(r'^"work","after",.*$', done.stdout, re.MULTILINE)
    if not names or not values:
        raise Failed(f"zenbench: no comparison in its output: {done.stdout[-400:]}")
    row = dict(zip(names[0].split(","), values[0].split(",")))
    change, low = float(row["latency_change_pct"]), float(row["lower_pct"])
    if row["verdict"] == "invalid":
        # It does not confirm anything on a machine whose resources it cannot observe; its interval is sound all the same.
        return (RED if low > 0 and change >= EFFECT else GREEN), change
    return [GREEN, RED, UNDECIDED][done.returncode], change


def gungraun(place, variant):
    """gungraun: instructions of the base and the head; red above the smallest effect."""
    options = [f"--callgrind-limits=ir={EFFECT}%", "--bench"]
    path = os.pathsep.join([os.path.dirname(place.tool("gungraun-runner")), os.environ["PATH"]])
    environment = {"PATH": path, "GUNGRAUN_HOME": os.path.join(place.scratch, "gungraun")}
    folder = place.crate
    run([place.program("base", "gungraun"), "--save-baseline=base", "--bench"], folder, **environment)
    done = run([place.program(variant, "gungraun"), "--baseline=base", *options], folder, (0, 3), **environment)
    change = re.search(r"Instructions:[^\n]*\(([^)]*?)%?\)", done.stdout)
    if not change:
        raise Failed(f"gungraun: no instructions in its output: {done.stdout[-400:]}")
    return (RED if done.returncode == 3 else GREEN), 0.0 if "No change" in change[1] else number(change[1])


def number(text):
    return float(text.replace("−", "-").replace("+", ""))


TOOLS = {
    "this gate": harness,
    "zenbench pair": zenbench,
    "tango": tango,
    "perfgate paired": perfgate,
    "hyperfine": hyperfine,
    "hyperfine + Welch": hyperfine_welch,
    "criterion": criterion,
    "gungraun": gungraun,
}

# Counts repeat, so more runs of the same pair show nothing new.
DETERMINISTIC = {"gungraun": 5}
