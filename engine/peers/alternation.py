"""Alternating measurement of all engines: one model, one number of threads, engines in random order in each round."""

import random
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np

from agreement import Agreement, judge
from checkpoint import Shape
from engine import REPOSITORY, Engine, roofline
from engines import REFERENCE
from process import Failed, Process

ROOFLINE_SECONDS = 0.1  # per order of reads
WARM_TOKENS = 16  # generated before each timed slice, to warm up caches and threads


@dataclass
class Row:
    """Readings of one engine. Rates have one value per round; the list ends at a failed round."""

    engine: Engine
    decode: list[float] = field(default_factory=list)  # tokens per second
    prefill: list[float] = field(default_factory=list)  # seconds for the whole prompt
    resident: int | None = None  # bytes, after the last round
    agreement: Agreement | None = None
    failure: str | None = None


@dataclass
class Comparison:
    """Readings of all engines for one model and one number of threads."""

    shape: Shape
    threads: int
    rounds: int
    rows: list[Row]
    limits: dict[str, list[float]]  # decode tokens/s that the read bandwidth allows, by weights, by round
    bandwidth: dict[str, list[float]]  # bytes per second, by weights, by round


def prompt_of(shape: Shape, length: int) -> list[int]:
    return np.random.default_rng(7).integers(0, shape.vocab, length).tolist()


def run(shape: Shape, folder: Path, threads: int, engines: list[Engine], rounds: int, order: random.Random) -> Comparison:
    rows = [Row(engine) for engine in engines]
    kinds = {"f32": 4, "int8": 1}
    sizes = {kind: shape.weight_bytes(size) for kind, size in kinds.items() if any(e.weights == kind for e in engines)}
    comparison = Comparison(shape, threads, rounds, rows, {kind: [] for kind in sizes}, {kind: [] for kind in sizes})
    processes: dict[str, Process] = {}
    try:
        for row in rows:
            attempt(row, lambda row=row: start(row.engine, folder, threads, processes))
        for kind in list(sizes):
            try:
                start(roofline(sizes[kind], kind), folder, threads, processes)
            except Failed as failure:
                log(f"No roofline: {failure}")
                del sizes[kind]
        check(shape, folder, rows, processes)
        for index in range(rounds):
            log(f"{shape.name}, {threads} thread(s): round {index + 1} of {rounds}")
            turns = [lambda row=row: attempt(row, lambda: measure(shape, row, processes)) for row in rows]
            turns += [lambda kind=kind: measure_limit(comparison, kind, processes) for kind in sizes]
            order.shuffle(turns)
            for turn in turns:
                turn()
        for row in rows:
            if row.failure is None:
                row.resident = processes[row.engine.label].resident_bytes()
    finally:
        for process in processes.values():
            process.close()
    return comparison


def attempt(row: Row, action) -> None:
    """Runs `action`. A failure is stored in the row; the other engines continue."""
    if row.failure is None:
        try:
            action()
        except Failed as failure:
            row.failure = str(failure)
            log(row.failure)


def start(engine: Engine, folder: Path, threads: int, processes: dict[str, Process]) -> None:
    """Starts the engine and waits until it is ready, so that no two engines load at the same time."""
    log(f"starting {engine.label}")
    environment = engine.threads_environment(threads)
    processes[engine.label] = Process(engine.label, engine.command(folder, threads), environment, REPOSITORY)
    processes[engine.label].wait_until_ready()


def check(shape: Shape, folder: Path, rows: list[Row], processes: dict[str, Process]) -> None:
    """Compares the logits and greedy tokens of every engine with PyTorch's, if PyTorch is measured."""
    reference = next((row for row in rows if row.engine.label == REFERENCE and row.failure is None), None)
    if reference is None:
        return
    prompt = prompt_of(shape, shape.decode_prompt)
    request = {"prompt": prompt, "new": shape.decode_tokens + 1, "reps": 1}

    def greedy_tokens(process: Process) -> list[int]:
        return process.request(request)[0]["repetitions"][0]["tokens"]

    def expected_after(tokens: list[int]) -> list[float]:
        return processes[REFERENCE].request({"logits": prompt + tokens})[0]["logits"]

    expected_tokens = greedy_tokens(processes[REFERENCE])
    expected_logits = expected_after([])

    def check_one(row: Row) -> None:
        process = processes[row.engine.label]
        tokens = greedy_tokens(process)
        if row.engine.ours:
            logits = row.engine.logits(folder, prompt)
        else:
            logits = process.request({"logits": prompt})[0]["logits"]
        row.agreement = judge(
            row.engine.weights,
            logits,
            tokens,
            expected_logits,
            expected_tokens,
            lambda count: expected_after(expected_tokens[:count]),
        )

    for row in rows:
        if row is not reference:
            attempt(row, lambda row=row: check_one(row))


def measure(shape: Shape, row: Row, processes: dict[str, Process]) -> None:
    """Measures one slice: warm-up, decode, prefill. The value of the round is the median over the repetitions."""
    decode_prompt, prefill_prompt = prompt_of(shape, shape.decode_prompt), prompt_of(shape, shape.prefill_prompt)
    _, decode, prefill = processes[row.engine.label].request(
        {"prompt": decode_prompt, "new": WARM_TOKENS + 1, "reps": 1},
        {"prompt": decode_prompt, "new": shape.decode_tokens + 1, "reps": shape.repetitions},
        {"prompt": prefill_prompt, "new": 1, "reps": shape.repetitions},
    )
    row.decode.append(shape.decode_tokens / median(run["decode_seconds"] for run in decode["repetitions"]))
    row.prefill.append(median(run["prefill_seconds"] for run in prefill["repetitions"]))


def measure_limit(comparison: Comparison, kind: str, processes: dict[str, Process]) -> None:
    answer = processes[f"roofline {kind}"].request({"seconds": ROOFLINE_SECONDS})[0]
    shape, bandwidth = comparison.shape, answer["bytes_per_second"]
    size = shape.weight_bytes(4 if kind == "f32" else 1) + shape.cache_bytes()
    comparison.bandwidth[kind].append(bandwidth)
    comparison.limits[kind].append(bandwidth / size)


def log(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
