"""Output of a comparison: a Markdown table."""

from statistics import median
from typing import Callable

from alternation import Comparison, Row
from engines import REFERENCE
from intervals import Interval, median_interval


def ratios(ours: list[float], theirs: list[float]) -> Interval | None:
    """Interval of the ratios, over the rounds that both engines finished."""
    pairs = [a / b for a, b in zip(ours, theirs)]
    return median_interval(pairs) if pairs else None


def show(interval: Interval | None, form: str = "{:.2f}") -> str:
    if interval is None:
        return "-"
    return f"{form.format(interval.median)} [{form.format(interval.low)}, {form.format(interval.high)}]"


def our_row(comparison: Comparison, weights: str) -> Row | None:
    return next((row for row in comparison.rows if row.engine.ours and row.engine.weights == weights), None)


def rate(values: list[float]) -> str:
    return f"{median(values):,.1f}" if values else "-"


def milliseconds(seconds: list[float]) -> str:
    """The median, with two decimals below 10 ms."""
    if not seconds:
        return "-"
    value = median(seconds) * 1e3
    return f"{value:,.1f}" if value >= 10 else f"{value:.2f}"


def comparison_cells(comparison: Comparison, row: Row) -> list[str]:
    """Cells of a row. Decode: tokens/s, our speed divided by that of the row, share of the roofline. Prefill: ms, our
    speed divided by that of the row."""
    ours = our_row(comparison, row.engine.weights)
    decode = prefill = None
    if ours and ours is not row:
        decode = ratios(ours.decode, row.decode)
        prefill = ratios(row.prefill, ours.prefill)
    share = ratios(row.decode, comparison.limits.get(row.engine.weights, []))
    resident = f"{row.resident / 1e6:,.0f}" if row.resident else "-"
    decode_rate = bold_if(fastest_setting(comparison, row, lambda each: each.decode, max), rate(row.decode))
    prefill_time = bold_if(fastest_setting(comparison, row, lambda each: each.prefill, min), milliseconds(row.prefill))
    return [decode_rate, show(decode), show(share), prefill_time, show(prefill), resident, *agreement(row)]


def fastest_setting(comparison: Comparison, row: Row, values: Callable[[Row], list[float]], best: Callable) -> bool:
    """Whether the row is the fastest of several settings of its engine."""
    settings = [each for each in comparison.rows if each.engine.name == row.engine.name and values(each)]
    return len(settings) > 1 and best(settings, key=lambda each: median(values(each))) is row


def bold_if(condition: bool, text: str) -> str:
    return f"**{text}**" if condition else text


def agreement(row: Row) -> list[str]:
    if row.failure:
        return ["failed", "failed"]
    seen = row.agreement
    if seen is None:
        return ["reference", "reference"] if row.engine.label == REFERENCE else ["-", "-"]
    verdict = "" if seen.agrees else " **disagrees**"
    return [f"{seen.logits_error:.1e}", f"{seen.equal_tokens} of {seen.tokens}{verdict}"]


HEADINGS = [
    "engine",
    "decode, tokens/s",
    "this engine / row",
    "share of roofline",
    "prefill, ms",
    "this engine / row",
    "resident, MB",
    "logits error",
    "greedy tokens equal",
]


def markdown(comparison: Comparison) -> str:
    shape = comparison.shape
    lines = [
        f"### {shape.name}, {comparison.threads} thread{'s' if comparison.threads > 1 else ''}",
        "",
        f"Decode: prompt {shape.decode_prompt}, then {shape.decode_tokens} tokens; prefill: {shape.prefill_prompt} tokens.",
        "",
        "| " + " | ".join(HEADINGS) + " |",
        "|---" * len(HEADINGS) + "|",
    ]
    lines += ["| " + " | ".join([row.engine.label, *comparison_cells(comparison, row)]) + " |" for row in comparison.rows]
    for weights, limits in comparison.limits.items():
        if limits:
            gigabytes = median(comparison.bandwidth[weights]) / 1e9
            cells = [f"roofline {weights} ({gigabytes:.1f} GB/s)", rate(limits)] + ["-"] * (len(HEADINGS) - 2)
            lines.append("| " + " | ".join(cells) + " |")
    lines += [f"\n{row.engine.label} failed: {row.failure}" for row in comparison.rows if row.failure]
    return "\n".join(lines) + "\n"

