"""Queries two Parquet files with DuckDB: a million rows of the generator, and the history of this repository."""

import csv
import sys
import time
from pathlib import Path

import duckdb

COLUMNS = (
    "commit time workload phase metric value unit low high instrument isa threads machine key definition answer source"
    " file"
).split()


def check(condition, message):
    if not condition:
        sys.exit(f"NOT VALID: {message}")


million, history = sys.argv[1:]
start = time.monotonic()
query = duckdb.connect().sql
rows, workloads = query(f"select count(*), count(distinct workload) from '{million}'").fetchall()[0]
check((rows, workloads) == (1_000_000, 50), f"{rows} rows of {workloads} workloads")
trend = query(
    f"select workload, phase, median(value), count(*) from '{million}' where metric = 'time' group by all"
).fetchall()
check(len(trend) == 200 and all(count == 500 for *_, count in trend), "a trend lacks records")
intervals = query(f"select count(*) from '{million}' where low <= value and value <= high").fetchall()[0][0]
check(intervals == 300_000, f"{intervals} intervals contain their value")
print(f"queried a million rows in {time.monotonic() - start:.2f} s")

names = [name for name, *_ in query(f"describe select * from '{history}'").fetchall()]
check(names == COLUMNS, f"columns {names}")
layout = query(f"select value from parquet_kv_metadata('{history}') where key = 'harness.layout'").fetchall()[0]
check(layout == (b"1",), f"layout {layout}")

# The newest stored counts, row by row.
for path in Path("baselines").glob("*/counts.csv"):
    with path.open() as file:
        next(file)
        stored = {
            (row["workload"], row["phase"]): int(row["value"]) / int(row["per_run"])
            for row in csv.DictReader(line for line in file if not line.startswith("#"))
            if row["count"] == "instructions"
        }
    found = query(
        f"""select workload, phase, last(value order by time) from '{history}'
            where metric = 'instructions' and source = 'baseline' and file like '%{path.parent.name}' group by all"""
    ).fetchall()
    found = {(workload, phase): value for workload, phase, value in found}
    check(stored, f"{path} has no instructions")
    for place, value in stored.items():
        check(abs(found.get(place, 0) - value) <= 1e-9 * value, f"{place}: {found.get(place)}, stored {value}")
print(f"{len(stored)} stored counts are in the history")
