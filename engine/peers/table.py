"""A contest as a Markdown table, and as plain values for JSON."""

from dataclasses import asdict
from statistics import median

from contest import Contest, Row
from engines import REFERENCE
from intervals import Interval, median_interval


def ratios(ours: list[float], theirs: list[float]) -> Interval | None:
    """Of the rounds that both took part in."""
    pairs = [a / b for a, b in zip(ours, theirs)]
    return median_interval(pairs) if pairs else None


def show(interval: Interval | None, form: str = "{:.2f}") -> str:
    if interval is None:
        return "-"
    return f"{form.format(interval.median)} [{form.format(interval.low)}, {form.format(interval.high)}]"


def our_row(contest: Contest, weights: str) -> Row | None:
    return next((row for row in contest.rows if row.engine.ours and row.engine.weights == weights), None)


def rate(values: list[float]) -> str:
    return f"{median(values):,.1f}" if values else "-"


def milliseconds(seconds: list[float]) -> str:
    """The median, to three digits where it is short."""
    if not seconds:
        return "-"
    value = median(seconds) * 1e3
    return f"{value:,.1f}" if value >= 10 else f"{value:.2f}"


def comparison(contest: Contest, row: Row) -> list[str]:
    """Decode: tokens/s, our speed over this row's, share of the roofline; prefill: ms, our speed over this row's."""
    ours = our_row(contest, row.engine.weights)
    decode = prefill = None
    if ours and ours is not row:
        decode = ratios(ours.decode, row.decode)
        prefill = ratios(row.prefill, ours.prefill)
    share = ratios(row.decode, contest.limits.get(row.engine.weights, []))
    resident = f"{row.resident / 1e6:,.0f}" if row.resident else "-"
    return [rate(row.decode), show(decode), show(share), milliseconds(row.prefill), show(prefill), resident, *agreement(row)]


def agreement(row: Row) -> list[str]:
    if row.failure:
        return ["failed", "failed"]
    seen = row.agreement
    if seen is None:
        return ["reference", "reference"] if row.engine.name == REFERENCE else ["-", "-"]
    verdict = "" if seen.agrees else " **disagrees**"
    return [f"{seen.logits_error:.1e}", f"{seen.equal_tokens} of {seen.tokens}{verdict}"]


HEADINGS = [
    "engine",
    "decode, tokens/s",
    "ours / it",
    "share of roofline",
    "prefill, ms",
    "ours / it",
    "resident, MB",
    "logits off by",
    "greedy tokens equal",
]


def markdown(contest: Contest) -> str:
    shape = contest.shape
    lines = [
        f"### {shape.name}, {contest.threads} thread{'s' if contest.threads > 1 else ''}",
        "",
        f"Decode: prompt {shape.decode_prompt}, then {shape.decode_tokens} tokens; prefill: {shape.prefill_prompt} tokens.",
        "",
        "| " + " | ".join(HEADINGS) + " |",
        "|---" * len(HEADINGS) + "|",
    ]
    lines += ["| " + " | ".join([row.engine.name, *comparison(contest, row)]) + " |" for row in contest.rows]
    for weights, limits in contest.limits.items():
        if limits:
            gigabytes = median(contest.bandwidth[weights]) / 1e9
            cells = [f"roofline {weights} ({gigabytes:.1f} GB/s)", rate(limits)] + ["-"] * (len(HEADINGS) - 2)
            lines.append("| " + " | ".join(cells) + " |")
    lines += [f"\n{row.engine.name} failed: {row.failure}" for row in contest.rows if row.failure]
    return "\n".join(lines) + "\n"


def plain(contest: Contest) -> dict:
    """Every number of every round, unrounded."""
    return {
        "shape": asdict(contest.shape),
        "threads": contest.threads,
        "roofline": [
            {"weights": kind, "bytes_per_second": contest.bandwidth[kind], "tokens_per_second": contest.limits[kind]}
            for kind in contest.limits
        ],
        "engines": [
            {
                "name": row.engine.name,
                "weights": row.engine.weights,
                "variant": row.engine.variant,
                "environment": row.engine.environment,
                "decode_tokens_per_second": row.decode,
                "prefill_seconds": row.prefill,
                "resident_bytes": row.resident,
                "agreement": asdict(row.agreement) if row.agreement else None,
                "failure": row.failure,
            }
            for row in contest.rows
        ],
    }
