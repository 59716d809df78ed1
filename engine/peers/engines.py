"""The compared engines, with the commands that start them for a number of threads."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from process import Failed

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
EXAMPLE = ["cargo", "run", "--quiet", "--release", "-p", "engine", "--example"]
REFERENCE = "PyTorch + transformers"


@dataclass(frozen=True)
class Engine:
    """One row of the table."""

    name: str
    weights: str  # storage of the matrices: f32 or int8
    command: Callable[[Path, int], list[str]]
    environment: dict[str, str] = field(default_factory=dict)
    prepare: Callable[[Path], None] = lambda folder: None  # converts the checkpoint before the engines start
    variant: str | None = None  # of our engine; None for a peer

    @property
    def ours(self) -> bool:
        return self.variant is not None

    def threads_environment(self, threads: int) -> dict[str, str]:
        """Environment with the number of threads in the variables of all libraries; peers also set it through their own
        interface."""
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
        return {**{name: str(threads) for name in names}, **self.environment}

    def logits(self, folder: Path, tokens: list[int]) -> list[float]:
        """Logits after `tokens` by the example `logits` of our engine. Peers compute theirs on request."""
        listed = ",".join(map(str, tokens))
        command = [*EXAMPLE, "logits", "--", "--model", str(folder), "--tokens", listed, "--variant", self.variant]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"{self.name}, example `logits`: {done.stderr.strip()[-300:]}")
        return json.loads(done.stdout)[-1]  # one array per position


def script(name: str, *extra: str) -> Callable[[Path, int], list[str]]:
    return lambda folder, threads: [sys.executable, str(HERE / name), str(folder), str(threads), *extra]


def our_engine(name: str, weights: str, variant: str) -> Engine:
    def command(folder: Path, threads: int) -> list[str]:
        return [
            *(*EXAMPLE, "generate", "--", "--serve"),
            *("--model", str(folder), "--threads", str(threads), "--variant", variant),
        ]

    return Engine(name, weights, command, variant=variant)


def roofline(size: int, weights: str) -> Engine:
    return Engine(
        f"roofline {weights}",
        weights,
        lambda _folder, threads: [sys.executable, str(HERE / "peer_roofline.py"), str(size), str(threads)],
    )


def to_onnx(folder: Path) -> None:
    import onnx_graph  # imported here, because its package is needed only for this peer

    onnx_graph.build(folder)


def to_ctranslate2(folder: Path) -> None:
    import ctranslate2_format

    ctranslate2_format.convert(folder)


def all_engines(f32_variant: str, int8_variant: str) -> list[Engine]:
    """All engines. CTranslate2 appears with each of its two matrix libraries; the faster one depends on CPU and
    threads."""

    def ctranslate2(name: str, weights: str, compute_type: str, use_mkl: str) -> Engine:
        command = script("peer_ctranslate2.py", compute_type)
        return Engine(name, weights, command, {"CT2_USE_MKL": use_mkl}, to_ctranslate2)

    return [
        our_engine("this engine", "f32", f32_variant),
        Engine(REFERENCE, "f32", script("peer_torch.py")),
        Engine("ONNX Runtime", "f32", script("peer_onnxruntime.py"), prepare=to_onnx),
        ctranslate2("CTranslate2, oneDNN", "f32", "float32", "0"),
        ctranslate2("CTranslate2, MKL", "f32", "float32", "1"),
        our_engine("this engine, int8", "int8", int8_variant),
        ctranslate2("CTranslate2 int8, oneDNN", "int8", "int8", "0"),
        ctranslate2("CTranslate2 int8, MKL", "int8", "int8", "1"),
    ]


def build_ours() -> None:
    """Builds the examples, so that `cargo run` does not build during the measurement."""
    command = ["cargo", "build", "--release", "-p", "engine", "--examples"]
    subprocess.run(command, cwd=REPOSITORY, check=True)
