"""Medians and their confidence intervals.

A round has one ratio between two engines that ran within seconds of each other. The distribution of these ratios is
unknown, so the interval is the distribution-free one for a median: between two order statistics, with the coverage from
the binomial distribution (Conover, Practical Nonparametric Statistics, section 3.2). """

from dataclasses import dataclass
from math import comb

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Interval:
    median: float
    low: float
    high: float
    coverage: float  # probability that low..high contains the true median; below 0.95 with fewer than 6 values


def median_interval(values: list[float]) -> Interval:
    """The narrowest symmetric pair of order statistics with at least 95 % coverage, else the extremes."""
    ordered, count = sorted(values), len(values)
    middle = count // 2
    median = ordered[middle] if count % 2 else (ordered[middle - 1] + ordered[middle]) / 2

    def coverage(rank: int) -> float:
        """Coverage of the interval from the value of this rank (0 = smallest) to the value of the mirrored rank."""
        return 1 - 2 * sum(comb(count, k) for k in range(rank + 1)) / 2**count

    rank = max([0, *(rank for rank in range((count - 1) // 2 + 1) if coverage(rank) >= CONFIDENCE)])
    return Interval(median, ordered[rank], ordered[count - 1 - rank], max(0.0, coverage(rank)))
