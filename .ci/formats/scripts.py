"""Runs the scripts of the action and of the files that `harness init --ci` writes, as a CI system would.

Stand-ins take the place of the harness, cargo and the package manager. Checked is what the scripts are for: the exit status
of the gate arrives, and its results are where the next step looks for them.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "harness/src/init/templates"
NOTHING = "#!/bin/sh\nexit 0\n"
SUDO = '#!/bin/sh\nexec "$@"\n'
# Writes the files that the options name, and ends with the status that the test wants.
HARNESS = """#!/usr/bin/env python3
import os, pathlib, sys
words = sys.argv[1:]
def write(path, text):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
for option, value in zip(words, words[1:]):
    if option == "--export":
        name, path = value.split("=", 1)
        write(path, f"{name} of {words[0]}\\n")
    if option == "--out":
        write(value, "{}")
        write(value.removesuffix(".json") + ".flame-graphs.html", "graphs")
    if option == "--site":
        write(value + "/index.html", "site")
sys.exit(int(os.environ["STATUS_OF_HARNESS"]) if words[0] in ("gate", "run") else 0)
"""


class Machine:
    """A folder with the stand-ins, in which scripts run."""

    def __init__(self, status):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.work = self.folder / "work"
        programs = self.folder / "programs"
        for folder in (self.work, programs):
            folder.mkdir()
        stand_ins = {"harness": HARNESS, "sudo": SUDO, "apt-get": NOTHING, "cargo": NOTHING, "valgrind": NOTHING}
        for name, text in stand_ins.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "STATUS_OF_HARNESS": str(status),
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "RUNNER_TEMP": str(self.folder),
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": "0123",
        }

    def run(self, script, **more):
        """The exit status and the output of a script, in the shell that GitHub and GitLab use for bash."""
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script.replace("INSTALL", "cargo install")]
        done = subprocess.run(command, cwd=self.work, env={**self.environment, **more}, capture_output=True, text=True)
        self.output = done.stdout + done.stderr
        return done.returncode

    def text(self, name):
        path = self.folder / name
        return path.read_text() if path.exists() else ""


def expect(found, expected, what):
    if found != expected:
        raise SystemExit(f"{what}: {found!r} in place of {expected!r}")


def github(name, status):
    """Every step of a workflow that has a script."""
    (job,) = yaml.safe_load((TEMPLATES / "github" / name).read_text())["jobs"].values()
    machine = Machine(status)
    for step in job["steps"]:
        if "run" in step:
            judges = "harness " in step["run"]
            expect(machine.run(step["run"]), status if judges else 0, f"{name}: {step['name']}")
    expect("github-summary of" in machine.text("summary"), True, f"{name}: the step summary")
    kept = [step["with"]["path"] for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
    for path in kept:
        expect((machine.work / path).exists(), True, f"{name}: {path}")


def gitlab(status):
    """Every job that is no template."""
    jobs = yaml.safe_load((TEMPLATES / "gitlab/harness.yml").read_text())
    for name in (name for name in jobs if not name.startswith(".")):
        machine = Machine(status)
        expect(machine.run("\n".join(jobs[".harness"]["before_script"])), 0, f"{name}: before")
        expect(machine.run("\n".join(jobs[name]["script"])), status, name)
        artifacts = jobs[name]["artifacts"]
        for path in [*artifacts["paths"], *artifacts["reports"].values()]:
            expect((machine.work / path).exists(), True, f"{name}: {path}")


def action(status):
    """The steps of the action that have a script."""
    steps = yaml.safe_load((ROOT / "action.yml").read_text())["runs"]["steps"]
    scripts = {step["name"]: step["run"] for step in steps if "run" in step}
    machine = Machine(status)
    given = {"BASE": "HEAD^1", "COMMAND": "", "OPTIONS": "--strict --margin 2", "NUMBER": "17"}
    expect(machine.run(scripts["Install the harness"]), 0, "action: install")
    expect(machine.run(scripts["Gate against the base"], **given), 0, f"action: gate: {machine.output}")
    outputs = dict(line.split("=", 1) for line in machine.text("output").splitlines())
    expect(outputs["status"], str(status), "action: status")
    for output, name in (("folder", "comment.md"), ("folder", "results.json"), ("folder", "pull-request")):
        expect((pathlib.Path(outputs[output]) / name).exists(), True, f"action: {name}")
    expect(pathlib.Path(outputs["page"]).exists(), True, "action: page")
    expect("github-annotations of gate" in machine.output, True, "action: annotations are printed")
    expect(machine.run(scripts["Verdict"], STATUS=outputs["status"]), status, "action: verdict")


def main():
    for status in (0, 1, 2):
        github("gate.yml", status)
        github("nightly.yml", status)
        gitlab(status)
        action(status)
    print("the exit status and the results of each script arrive")


if __name__ == "__main__":
    sys.exit(main())
