"""Reads every export in a folder by a parser that others wrote, or by the rules that the reader documents.

`.ci/validate-formats` starts it. Files are named KIND.FORMAT; the JSON export of a kind has the figures that the others
must agree with. The exit status is 1 if a file is not valid.
"""

import csv
import io
import json
import pathlib
import re
import shlex
import sys
import xml.etree.ElementTree as ElementTree

import cmarkgfm
import junitparser
import xmlschema
from prometheus_client.openmetrics.parser import text_string_to_metric_families

HERE = pathlib.Path(__file__).parent
XSD = xmlschema.XMLSchema(HERE / "junit.xsd")


def expect(is_so, sentence):
    if not is_so:
        raise AssertionError(sentence)


def junit(text, results):
    XSD.validate(text)
    suites = junitparser.JUnitXml.fromroot(ElementTree.fromstring(text.encode()))
    cases = [case for suite in suites for case in suite]
    expect(len(cases) == len(results["rows"]) + len(results["unmatched"]) + 1, f"{len(cases)} cases")
    expect(suites.tests == len(cases), "the number of tests")
    fine = {"passed", "improved", "measured"}
    passed = sum(case.is_passed for case in cases)
    expected = sum(row["outcome"] in fine for row in results["rows"]) + (results["outcome"] in fine)
    expect(passed == expected, f"{passed} cases passed, {expected} figures did")
    return f"{len(cases)} cases by junit.xsd and junitparser"


def open_metrics(text, results):
    families = list(text_string_to_metric_families(text))
    values = [sample for family in families for sample in family.samples]
    found = {(one.labels.get("workload"), one.labels.get("phase"), one.value) for one in values}
    for row in results["rows"]:
        if row["value"] is not None:
            name = row["workload"]
            expect((name, row["phase"], row["value"]) in found, f"{row['metric']} of {name!r} is not there")
    return f"{len(families)} families, {len(values)} samples by prometheus-client"


def gitlab_metrics(text, results):
    list(text_string_to_metric_families(text))
    metrics = {}
    for line in text.splitlines():
        # GitLab removes comments, splits as a shell does, and takes the first two words.
        name, *values = shlex.split(re.sub(r"#.*$", "", line)) or [""]
        if name:
            expect(len(values) == 1 and name not in metrics, f"{line} is no name with a value")
            metrics[name] = float(values[0])
    measured = sum(row["value"] is not None and row["metric"] is not None for row in results["rows"])
    expect(len(metrics) == measured, f"{len(metrics)} of {measured} figures")
    return f"{len(metrics)} metrics by prometheus-client and the rules of GitLab"


def annotations(text, results):
    counts = {}
    expect(text.endswith("\n"), "the last line does not end")
    for line in text.splitlines():
        # The grammar of workflow commands: `::NAME KEY=VALUE,KEY=VALUE::DATA`.
        found = re.fullmatch(r"::(error|warning|notice)((?: [a-z]+=[^,:]*)?(?:,[a-z]+=[^,:]*)*)::(.+)", line)
        expect(found, f"{line} is no command")
        expect(re.fullmatch(r"(?:[^%]|%25|%0A|%0D)*", found[3]), f"{line} has a percent sign that stands for nothing")
        counts[found[1]] = counts.get(found[1], 0) + 1
    expect(all(count <= 10 for count in counts.values()), f"too many of a kind: {counts}")
    return f"{sum(counts.values())} annotations by the grammar of workflow commands"


def markdown(text, results, rows=None):
    expect(len(text) <= 65_000 or rows is not None, "longer than a comment")
    html = cmarkgfm.github_flavored_markdown_to_html(text)
    # The name in the example contains `<c>`, which must stay a text.
    expect("<c>" not in html, "a name became a tag")
    tables = html.count("<table>")
    if rows is not None:
        expect(html.count("<tr>") == rows + (rows > 0), f"{html.count('<tr>')} rows of a table, {rows} figures")
    return f"{tables} tables by cmark-gfm"


def summary(text, results):
    expect(len(text.encode()) < 1024 * 1024, "longer than a summary")
    return markdown(text, results, rows=len(results["rows"]))


def comma_separated(text, results):
    header, *rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    expect(len(rows) == len(results["rows"]), f"{len(rows)} rows")
    for read, row in zip(rows, results["rows"]):
        expect(len(read) == len(header), f"{len(read)} fields")
        expect(read[0] == row["workload"], f"{read[0]!r} is not {row['workload']!r}")
    return f"{len(rows)} rows by csv of Python"


CHECKS = {
    "junit": junit,
    "openmetrics": open_metrics,
    "gitlab-metrics": gitlab_metrics,
    "github-annotations": annotations,
    "github-summary": summary,
    "markdown": markdown,
    "csv": comma_separated,
}


def main():
    folder = pathlib.Path(sys.argv[1])
    failed = []
    for path in sorted(folder.iterdir()):
        kind, _, name = path.name.partition(".")
        if name not in CHECKS:
            continue
        results = json.loads((folder / f"{kind}.json").read_text())
        try:
            print(f"valid: {path.name}: {CHECKS[name](path.read_bytes().decode(), results)}")
        except Exception as error:  # Any error of a parser names an invalid file.
            print(f"NOT VALID: {path.name}: {error}")
            failed.append(path.name)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
