"""Builds of the subject: the base, heads that do the same, and heads that are slower by a known share."""

import json
import os
import shutil
import subprocess
import sys
import time

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "subject")
CHECKOUT = os.path.abspath(os.path.join(SOURCE, "../../../.."))
LINES = 2000

# Rounds of code that is never called. Each number moves the rest of the program to other addresses.
MOVES = [0, 3, 9, 21, 40]

# The heads by their slowdown in percent: name, percent of the work that is done again, rounds. The cause is the same in all
# five heads of a slowdown, and the place in memory differs, as it does between real commits.
HEADS = {percent: [(f"slower-{percent}-moved-{moved}", percent, moved) for moved in MOVES] for percent in (0, 1, 2, 5)}
ALL = {"base": (0, 0), **{name: (percent, moved) for heads in HEADS.values() for name, percent, moved in heads}}

AUTHOR = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "a"), ("EMAIL", "a@example.org"))}


class Place:
    """The folder of all builds."""

    def __init__(self, folder, harness, tools):
        self.folder = os.path.abspath(folder)
        self.repository = os.path.join(self.folder, "repository")
        self.crate = os.path.join(self.folder, "crate")
        self.scratch = os.path.join(self.folder, "scratch")
        self.harness = os.path.abspath(harness)
        self.tools = os.path.abspath(tools)
        for one in (self.crate, self.scratch):
            os.makedirs(one, exist_ok=True)

    def tool(self, name):
        return os.path.join(self.tools, "bin", name)

    def program(self, variant, name):
        return os.path.join(self.folder, "programs", variant, name)

    def repetitions(self, seconds):
        """How often the program of the base must work to take about this long."""
        with open(os.path.join(self.folder, "seconds"), encoding="utf-8") as file:
            return max(1, round(seconds / float(file.read())))


def source(variant, folder):
    """Writes the crate of a variant."""
    percent, rounds = ALL[variant]
    values = {
        "{again}": str(LINES * percent // 100),
        "{checkout}": CHECKOUT,
        "{unusual}": "\n    ".join(f"x = x.rotate_left({n % 63 + 1}) ^ std::hint::black_box({n});" for n in range(rounds)) or "x += 1;",
    }
    for where, _, files in os.walk(SOURCE):
        for name in files:
            with open(os.path.join(where, name), encoding="utf-8") as file:
                text = file.read()
            for key, value in values.items():
                text = text.replace(key, value)
            to = os.path.join(folder, os.path.relpath(where, SOURCE), name)
            os.makedirs(os.path.dirname(to), exist_ok=True)
            with open(to, "w", encoding="utf-8") as file:
                file.write(text)


def prepare(place):
    """Makes every build that is missing. Fails if the answers of two builds differ."""
    install(place)
    answers = set()
    for variant in ALL:
        if not os.path.isfile(place.program(variant, "complete")):
            print(f"building {variant}", file=sys.stderr)
            source(variant, place.crate)
            build(place, variant)
        printed = subprocess.run([place.program(variant, "subject"), "20"], capture_output=True, text=True, check=True).stdout.split()
        answers.add(printed[1])
        if variant == "base":
            with open(os.path.join(place.folder, "seconds"), "w", encoding="utf-8") as file:
                file.write(str(int(printed[0].split("=")[1]) / 20e9))
    if len(answers) != 1:
        raise SystemExit(f"the builds have different answers: {', '.join(sorted(answers))}")
    commits(place)


def install(place):
    for name, version, features in (
        ("hyperfine", "1.20.0", ""), ("perfgate-cli", "0.17.0", ""), ("zenbench", "0.1.11", "cli"), ("gungraun-runner", "0.20.0", "")
    ):
        if not os.path.isfile(place.tool(name.removesuffix("-cli"))):
            command = ["cargo", "install", "--locked", "--root", place.tools, f"{name}@{version}"]
            subprocess.run(command + (["--features", features] if features else []), check=True)


def build(place, variant):
    """Builds all programs of a variant in the same folder, and copies them."""
    to = os.path.join(place.folder, "programs", variant)
    os.makedirs(to, exist_ok=True)
    command = ["cargo", "build", "--profile", "bench", "--bins", "--benches", "--message-format", "json-render-diagnostics"]
    made = subprocess.run(command, cwd=place.crate, stdout=subprocess.PIPE, text=True, check=True).stdout
    for message in map(json.loads, made.splitlines()):
        program = message.get("executable")
        # The benches of the library and of the program are tests without a name of their own.
        if program and (message["target"]["kind"] == ["bench"] or not message["profile"]["test"]):
            shutil.copy2(program, os.path.join(to, message["target"]["name"]))
    open(os.path.join(to, "complete"), "w", encoding="utf-8").close()


def commits(place):
    """Makes a commit of each variant, and lets the gate build and link all of them before any trial."""
    git = lambda *arguments: subprocess.run(["git", *arguments], cwd=place.repository, env={**os.environ, **AUTHOR}, check=True)
    if not os.path.isdir(os.path.join(place.repository, ".git")):
        os.makedirs(place.repository, exist_ok=True)
        git("init", "--quiet", "--initial-branch", "base")
        with open(os.path.join(place.repository, ".gitignore"), "w", encoding="utf-8") as file:
            file.write("target\nrecords\nreports\n")
        for variant in ALL:
            if variant != "base":
                git("checkout", "--quiet", "-b", variant, "base")
            source(variant, place.repository)
            if variant == "base":
                subprocess.run(["cargo", "generate-lockfile", "--quiet"], cwd=place.repository, check=True)
            git("add", "--all")
            git("commit", "--quiet", "--allow-empty", "--message", variant)
    for variant in [name for name in ALL if name != "base"]:
        start = time.monotonic()
        git("checkout", "--quiet", variant)
        command = [place.harness, "gate", "--base", "base", "--times-only", "--force-timing", "--budget", "1"]
        done = subprocess.run(command, cwd=place.repository, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1, 2) or "error:" in done.stderr:
            raise SystemExit(f"the gate does not judge {variant}: {done.stderr[-800:]}")
        print(f"gate of {variant}: {time.monotonic() - start:.0f} s", file=sys.stderr)
