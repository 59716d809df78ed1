"""Tables of the trials: false alarms, slowdowns found and seconds, with the bounds of Clopper and Pearson."""

import math
import statistics

HEAD = """# This gate beside other tools

Rows of [`rivals.csv`](rivals.csv), drawn by `harness/selftest/rivals/rivals.py table --write`. Every tool measures the
same builds of one small crate for about five seconds a trial, in random order, and judges by the same smallest effect of
0.5 % where it has one. *Red* on code that does the same is a false alarm; a slowdown that is not red was missed. *Undecided*
is a tool's own statement that it cannot tell. Bounds hold at 95 % (Clopper and Pearson): false alarms at most, found at
least. Seconds are the median of a whole trial, without builds. Versions: tango-bench 0.9.0, zenbench 0.1.11, perfgate
0.17.0, hyperfine 1.20.0, criterion 0.8.2, gungraun 0.20.0. gungraun counts instructions, which repeat: five trials.
"""


def probability_of_at_most(count, number, share):
    """Binomial distribution: the probability of at most `count` of `number`."""
    return sum(math.comb(number, k) * share**k * (1 - share) ** (number - k) for k in range(count + 1))


def upper(count, number):
    """One-sided upper bound of a share at 95 %."""
    if count >= number:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if probability_of_at_most(count, number, middle) > 0.05 else (low, middle)
    return high


def in_percent(share):
    return f"{share * 100:.1f} %"


def cell(rows, is_null):
    """Red of all, with its bound, and how many were undecided or failed."""
    number = len(rows)
    if not number:
        return "-"
    red = sum(row["outcome"] == "red" for row in rows)
    bound = f"<= {in_percent(upper(red, number))}" if is_null else f">= {in_percent(1 - upper(number - red, number))}"
    others = {kind: sum(row["outcome"] == kind for row in rows) for kind in ("undecided", "error")}
    rest = "".join(f", {count} {kind}" for kind, count in others.items() if count)
    return f"{red} of {number} ({bound}){rest}"


def page(rows):
    """The page of all rows, with a table for each machine and load."""
    text = HEAD
    for machine, hogs in sorted({(row["machine"], row["hogs"]) for row in rows}):
        here = [row for row in rows if (row["machine"], row["hogs"]) == (machine, hogs)]
        load = {"none": "nothing else runs", "each": "a program computes on each core"}[hogs]
        text += f"\n## {machine}; {load}\n\n"
        columns = sorted({int(row["percent"]) for row in here})
        titles = [f"red at +{percent} %" if percent else "red on code that does the same" for percent in columns]
        text += f"| tool | {' | '.join(titles)} | seconds |\n|---|{'---|' * len(columns)}---:|\n"
        for tool in dict.fromkeys(row["tool"] for row in sorted(here, key=lambda row: row["tool"] != "this gate")):
            of_tool = [row for row in here if row["tool"] == tool]
            cells = [cell([row for row in of_tool if int(row["percent"]) == percent], not percent) for percent in columns]
            median = statistics.median(float(row["seconds"]) for row in of_tool)
            text += f"| {tool} | {' | '.join(cells)} | {median:.1f} |\n"
    return text
