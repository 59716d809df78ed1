"""Finds the change points of series by Apache Otava with its default options.

Reads a JSON list of series, each a list of numbers, from standard input, and writes a JSON list of their change points.
"""

import json
import sys

from otava.analysis import compute_change_points
from otava.series import AnalysisOptions

options = AnalysisOptions()
found = []
for series in json.load(sys.stdin):
    points, _ = compute_change_points(
        series,
        window_len=options.window_len,
        max_pvalue=options.max_pvalue,
        min_magnitude=options.min_magnitude,
    )
    found.append([int(point.index) for point in points])
json.dump(found, sys.stdout)
