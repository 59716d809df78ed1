"""One row of the comparison: an engine with a setting, and the command that starts it for a number of threads."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from process import Failed

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
RUST_PEERS = HERE / "rust"
EXAMPLE = ["cargo", "run", "--quiet", "--release", "-p", "engine", "--example"]


@dataclass(frozen=True)
class Engine:
    """One row of the table. Rows of the same name are settings of one engine, of which the faster one counts."""

    name: str
    weights: str  # storage of the matrices: f32 or int8
    command: Callable[[Path, int], list[str]]
    setting: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    build: Callable[[], None] = lambda: None  # compiles the program, once
    prepare: Callable[[Path], None] = lambda folder: None  # converts the checkpoint before the engines start
    variant: str | None = None  # of our engine; None for a peer

    @property
    def label(self) -> str:
        return f"{self.name}, {self.setting}" if self.setting else self.name

    @property
    def ours(self) -> bool:
        return self.variant is not None

    def threads_environment(self, threads: int) -> dict[str, str]:
        """Environment with the number of threads in the variables of all libraries; peers also set it through their own
        interface."""
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS", "RTEN_NUM_THREADS")
        return {**{name: str(threads) for name in names}, **self.environment}

    def logits(self, folder: Path, tokens: list[int]) -> list[float]:
        """Logits after `tokens` by the example `logits` of our engine. Peers compute theirs on request."""
        listed = ",".join(map(str, tokens))
        command = [*EXAMPLE, "logits", "--", "--model", str(folder), "--tokens", listed, "--variant", self.variant]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"{self.label}, example `logits`: {done.stderr.strip()[-300:]}")
        return json.loads(done.stdout)[-1]  # one array per position


def script(name: str, *extra: str) -> Callable[[Path, int], list[str]]:
    """Command of a peer in Python: FOLDER THREADS and `extra`."""
    return lambda folder, threads: [sys.executable, str(HERE / name), str(folder), str(threads), *extra]


def rust_program(name: str, setting: str) -> Callable[[Path, int], list[str]]:
    """Command of a peer in Rust: FOLDER THREADS and its setting."""
    program = str(REPOSITORY / "target" / "peers" / "release" / name)
    return lambda folder, threads: [program, str(folder), str(threads), setting]


def build_rust_peers() -> None:
    """Builds the programs in their folder, where cargo finds their own configuration."""
    subprocess.run(["cargo", "build", "--locked", "--release"], cwd=RUST_PEERS, check=True)


def our_engine(name: str, weights: str, variant: str) -> Engine:
    def command(folder: Path, threads: int) -> list[str]:
        return [
            *(*EXAMPLE, "generate", "--", "--serve"),
            *("--model", str(folder), "--threads", str(threads), "--variant", variant),
        ]

    return Engine(name, weights, command, build=build_ours, variant=variant)


def build_ours() -> None:
    """Builds the examples, so that `cargo run` does not build during the measurement."""
    command = ["cargo", "build", "--release", "-p", "engine", "--examples"]
    subprocess.run(command, cwd=REPOSITORY, check=True)


def roofline(size: int, weights: str) -> Engine:
    return Engine(
        f"roofline {weights}",
        weights,
        lambda _folder, threads: [sys.executable, str(HERE / "peer_roofline.py"), str(size), str(threads)],
    )
