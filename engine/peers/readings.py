"""The readings of comparisons as JSON: every number of every round, unrounded, and back."""

import json
from dataclasses import asdict
from pathlib import Path

from agreement import Agreement
from alternation import Comparison, Row
from checkpoint import Shape
from engine import Engine


def save(path: Path, machine: dict[str, str], comparisons: list[Comparison]) -> None:
    path.write_text(json.dumps({"machine": machine, "comparisons": [plain(each) for each in comparisons]}, indent=1))


def load(path: Path, machine: dict[str, str], engines: list[Engine]) -> list[Comparison]:
    """The comparisons in the file that were measured on this machine with these versions, of exactly these engines."""
    if not path.is_file():
        return []
    saved = json.loads(path.read_text())
    undated = [{key: value for key, value in about.items() if key != "date"} for about in (saved["machine"], machine)]
    if undated[0] != undated[1]:
        return []
    labels = [engine.label for engine in engines]
    same = [value for value in saved["comparisons"] if [row["name"] for row in value["engines"]] == labels]
    return [restored(value, engines) for value in same]


def plain(comparison: Comparison) -> dict:
    return {
        "shape": asdict(comparison.shape),
        "threads": comparison.threads,
        "rounds": comparison.rounds,
        "roofline": [
            {"weights": kind, "bytes_per_second": comparison.bandwidth[kind], "tokens_per_second": comparison.limits[kind]}
            for kind in comparison.limits
        ],
        "engines": [
            {
                "name": row.engine.label,
                "weights": row.engine.weights,
                "variant": row.engine.variant,
                "environment": row.engine.environment,
                "decode_tokens_per_second": row.decode,
                "prefill_seconds": row.prefill,
                "resident_bytes": row.resident,
                "agreement": asdict(row.agreement) if row.agreement else None,
                "failure": row.failure,
            }
            for row in comparison.rows
        ],
    }


def restored(value: dict, engines: list[Engine]) -> Comparison:
    """The inverse of `plain`, for the same engines in the same order."""
    rows = [
        Row(
            engine,
            row["decode_tokens_per_second"],
            row["prefill_seconds"],
            row["resident_bytes"],
            Agreement(**row["agreement"]) if row["agreement"] else None,
            row["failure"],
        )
        for engine, row in zip(engines, value["engines"])
    ]
    limits = {each["weights"]: each["tokens_per_second"] for each in value["roofline"]}
    bandwidth = {each["weights"]: each["bytes_per_second"] for each in value["roofline"]}
    return Comparison(Shape(**value["shape"]), value["threads"], value["rounds"], rows, limits, bandwidth)
