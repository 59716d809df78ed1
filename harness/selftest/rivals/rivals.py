#!/usr/bin/env python3
"""Compares this gate with other tools: false alarms on code that does the same, and slowdowns found.

    rivals.py prepare WORK            installs the tools and builds everything (about fifteen minutes)
    rivals.py measure WORK --for 30m  adds trials, in random order, until the numbers or the time are reached
    rivals.py table                   prints the tables from the rows; with --write also to the page

All tools measure the same builds of one small crate (`subject/`) for about five seconds a trial, and judge by the same
smallest effect of 0.5 % where they have one. Rows add up over many calls in reports/selftest/rivals.csv.
"""

import argparse
import csv
import datetime
import os
import platform
import random
import re
import subprocess
import sys
import time

import builds
import tools
from table import page

ROWS = os.path.join(builds.CHECKOUT, "reports/selftest/rivals.csv")
PAGE = os.path.join(builds.CHECKOUT, "reports/selftest/rivals.md")
COLUMNS = ["date", "machine", "load", "hogs", "tool", "percent", "head", "outcome", "estimate_percent", "seconds", "note"]


def read():
    try:
        with open(ROWS, encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        return []


def add(row):
    new = not os.path.isfile(ROWS)
    with open(ROWS, "a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        text = file.read()
    value = lambda key: re.search(rf"^{key}\s*: (.*)$", text, re.MULTILINE)
    name, family, model = (value(key)[1] if value(key) else "?" for key in ("model name", "cpu family", "model"))
    return f"{name} (family {family}, model {model}), {os.cpu_count()} CPUs" if family != "?" else platform.machine()


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)([smh]?)", text).groups()
    return int(number) * {"": 1, "s": 1, "m": 60, "h": 3600}[unit]


def open_cells(options, here):
    """What is missing of every cell on this machine."""
    done = {}
    for row in read():
        if row["machine"] == here and row["hogs"] == options.hogs:
            key = row["tool"], int(row["percent"])
            done[key] = done.get(key, 0) + 1
    wanted = {0: options.null, **{percent: options.slow for percent in options.percent}}
    for tool in options.tool or tools.TOOLS:
        for percent, number in wanted.items():
            missing = min(number, tools.DETERMINISTIC.get(tool, number)) - done.get((tool, percent), 0)
            if missing > 0:
                yield tool, percent, missing, done.get((tool, percent), 0)


def measure(options):
    place = builds.Place(options.work, options.harness, options.tools)
    here, end = machine(), time.monotonic() + seconds(options.time)
    hogs = []
    if options.hogs == "each":
        loop = ["sh", "-c", "while :; do :; done"]
        hogs = [subprocess.Popen(["taskset", "-c", str(core), *loop]) for core in sorted(os.sched_getaffinity(0))]
    try:
        while time.monotonic() < end and (cells := list(open_cells(options, here))):
            tool, percent, _, done = random.choices(cells, [missing for _, _, missing, _ in cells])[0]
            heads = builds.HEADS[percent]
            variant = heads[done % len(heads)][0]
            start = time.monotonic()
            try:
                outcome, estimate = tools.TOOLS[tool](place, variant)
                note = ""
            except tools.Failed as error:
                outcome, estimate, note = "error", None, " ".join(str(error).split())[:200]
            row = {
                "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "machine": here,
                "load": f"{os.getloadavg()[0]:.2f}",
                "hogs": options.hogs,
                "tool": tool,
                "percent": percent,
                "head": variant,
                "outcome": outcome,
                "estimate_percent": "" if estimate is None else f"{estimate:.3f}",
                "seconds": f"{time.monotonic() - start:.1f}",
                "note": note,
            }
            add(row)
            print(f"{row['date']} {tool:18} {variant:19} {outcome:10} {row['estimate_percent']:>8} % {row['seconds']:>5} s {note}")
    finally:
        for hog in hogs:
            hog.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("prepare", "measure"):
        command = commands.add_parser(name)
        command.add_argument("work", help="folder of the builds, outside the checkout")
        command.add_argument("--harness", default=os.path.join(builds.CHECKOUT, "target/release/harness"))
        command.add_argument("--tools", help="folder of the installed tools [default: WORK/tools]")
        if name == "measure":
            command.add_argument("--for", dest="time", default="10m", help="begin no trial after this time")
            command.add_argument("--null", type=int, default=100, help="trials on code that does the same, for each tool")
            command.add_argument("--slow", type=int, default=30, help="trials of each slowdown, for each tool")
            command.add_argument("--percent", type=int, nargs="+", default=[2], choices=[1, 2, 5])
            command.add_argument("--hogs", choices=["none", "each"], default="none", help="a program that computes on each core")
            command.add_argument("--tool", action="append", choices=list(tools.TOOLS), help="only this one; may be given several times")
    command = commands.add_parser("table")
    command.add_argument("--write", action="store_true", help=f"also write {os.path.relpath(PAGE, builds.CHECKOUT)}")
    options = parser.parse_args()
    if options.command == "table":
        text = page(read())
        print(text, end="")
        if options.write:
            with open(PAGE, "w", encoding="utf-8") as file:
                file.write(text)
        return
    options.tools = options.tools or os.path.join(options.work, "tools")
    if not os.path.isfile(options.harness):
        sys.exit(f"{options.harness} does not exist; `cargo build --locked --release --package harness` builds it")
    if options.command == "prepare":
        builds.prepare(builds.Place(options.work, options.harness, options.tools))
    else:
        measure(options)


if __name__ == "__main__":
    main()
