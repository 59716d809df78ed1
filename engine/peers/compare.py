"""Compares this engine with other inference engines on the same random GPT-2 checkpoints.

Prints Markdown tables on stdout and progress on stderr. Exit status: 0 if all engines ran and agreed, 1 if the logits
or tokens of an engine disagree with PyTorch's, 2 if an engine could not be measured. README.md describes the method.
"""

import argparse
import platform
import random
import signal
import sys
import tempfile
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path

import checkpoint
import alternation
import readings
import table
from engines import all_engines

PACKAGES = ("torch", "transformers", "onnxruntime", "openvino", "ctranslate2", "numpy")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="3 rounds and 16 tokens per slice, to test the set-up")
    parser.add_argument("--models", nargs="+", choices=checkpoint.SHAPES, default=list(checkpoint.SHAPES))
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2], metavar="N")
    parser.add_argument("--rounds", type=int, default=9, help="number of rounds; 9 give an interval of 96 %% confidence (default: 9)")
    parser.add_argument("--only", nargs="+", metavar="TEXT", help="only rows whose name contains one of these")
    parser.add_argument("--list", action="store_true", help="print the names of all rows and measure nothing")
    parser.add_argument("--variant", default="optimized", help="our variant with f32 weights (default: optimized)")
    parser.add_argument("--int8-variant", default="optimized,weights=int8", help="our variant with int8 weights")
    parser.add_argument(
        "--work",
        type=Path,
        default=Path(tempfile.gettempdir()) / "engine-peers",
        metavar="DIR",
        help="folder of the checkpoints, about 4 GB with their conversions (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the order of the engines in each round")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the tables to FILE")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all values of all rounds to FILE, after each table")
    parser.add_argument("--resume", action="store_true", help="measure only the tables that FILE of --json does not contain")
    args = parser.parse_args()
    if args.resume and not args.json:
        parser.error("--resume needs --json FILE")
    return args


def machine() -> dict[str, str]:
    """Machine and software versions, for the report."""
    cpu, flags = platform.processor() or platform.machine(), ""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                cpu = value.strip()
            if key.strip() == "flags":
                flags = value
    except OSError:
        pass  # no /proc: only the name that Python reports is available
    isa = next((name for name in ("avx512f", "avx2") if name in flags.split()), "neither AVX2 nor AVX-512")
    packages = {name: version(name) for name in PACKAGES}
    return {"cpu": f"{cpu} ({isa})", "date": date.today().isoformat(), "python": platform.python_version(), **packages}


def exit_on_signal(number: int, _frame) -> None:
    """Exits with the usual clean-up, which ends the engines' processes; they may be stopped and would remain for ever.
    A second signal (`timeout` sends two) must not interrupt it."""
    signal.signal(number, signal.SIG_IGN)
    sys.exit(128 + number)


def main() -> int:
    args = arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, exit_on_signal)
    engines = all_engines(args.variant, args.int8_variant)
    if args.only:
        engines = [engine for engine in engines if any(text in engine.label for text in args.only)]
    if args.list or not engines:
        print("\n".join(engine.label for engine in engines) or "No row has such a name; --list prints all names.")
        return 0 if engines else 2
    for build in {engine.build for engine in engines}:
        build()
    about = machine()
    comparisons = readings.load(args.json, about, engines) if args.resume else []
    for name in args.models:
        shape = checkpoint.SHAPES[name]
        if args.quick:
            shape = replace(shape, decode_tokens=16)
        rounds = 3 if args.quick else args.rounds
        missing = [threads for threads in args.threads if not contains(comparisons, shape, threads, rounds)]
        if not missing:
            continue
        folder = args.work / name
        checkpoint.write(shape, folder)
        for prepare in {engine.prepare for engine in engines}:
            prepare(folder)
        for threads in missing:
            comparisons.append(alternation.run(shape, folder, threads, engines, rounds, random.Random(args.seed)))
            if args.json:
                readings.save(args.json, about, comparisons)
    described = "; ".join(f"{key} {value}" for key, value in about.items())
    report = "\n".join([f"{described}\n", *map(table.markdown, comparisons)])
    print(report)
    if args.markdown:
        args.markdown.write_text(report)
    rows = [row for each in comparisons for row in each.rows]
    if any(row.failure for row in rows):
        return 2
    return 1 if any(row.agreement and not row.agreement.agrees for row in rows) else 0


def contains(comparisons: list[alternation.Comparison], shape: checkpoint.Shape, threads: int, rounds: int) -> bool:
    wanted = (shape, threads, rounds)
    return any((each.shape, each.threads, each.rounds) == wanted for each in comparisons)


if __name__ == "__main__":
    sys.exit(main())
