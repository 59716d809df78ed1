//! The expected numbers of each line of the summary.

use std::collections::BTreeMap;

use harness_record::metric::{all, by_name};
use harness_report::ReportData;

use crate::readings::{Ratio, heap, mean, median, middle_gap, paired, rate};
use crate::written::numbers;
use harness_record::{Check, Record, Row, Run};

/// Computes the expected numbers of a line.
pub(crate) struct Expected<'a> {
    pub(crate) record: &'a Record,
    pub(crate) report_data: &'a ReportData,
}

const HEADLINE: &str = "medium/inference";

impl Expected<'_> {
    pub(crate) fn of(&self, line: &str) -> Vec<f64> {
        let row = |phase: &str| self.row(HEADLINE, phase);
        let failed = |wanted: fn(&Check) -> bool| {
            self.record
                .rows
                .iter()
                .filter(|row| wanted(&row.check))
                .count() as f64
        };
        let date = [2026.0, -3.0, -14.0, 15.0, 9.0];
        if line.starts_with("# optimized reaches") {
            let ratio = paired(row("reference"), row("optimized"), rate);
            vec![mean(row("optimized"), rate).value, ratio.value]
        } else if line.starts_with("- **Answers:**") {
            let wrong = failed(|check| matches!(check, Check::Failed(_)));
            let open = failed(|check| matches!(check, Check::NotRun(_)));
            let all = self.record.rows.len() as f64;
            let failures = self.record.rows.iter().map(|row| row.failures.len());
            let failures = failures.sum::<usize>() as f64;
            vec![all - wrong - open, all, wrong + open + failures]
        } else if line.starts_with("- **Targets:**") {
            let count = self.targets();
            let of = |word: &str| count.get(word).copied().unwrap_or_default() as f64;
            vec![
                of("ahead") + of("met"),
                count.values().sum::<usize>() as f64,
            ]
        } else if line.starts_with("- **Run quality:**") {
            self.quality()
        } else if line.starts_with("- **Costs:**") {
            let peak = |phase: &str| self.figure("peak-bytes", phase);
            let first = |phase: &str| self.figure("time-to-first-token", phase);
            vec![
                first("optimized"),
                first("naive"),
                peak("optimized"),
                peak("naive"),
            ]
        } else if line.starts_with("medium/inference: ") {
            let about = &self.record.about.workloads[HEADLINE];
            assert!(line.ends_with(about.as_str()), "{line}");
            numbers(about).iter().map(|written| written.value).collect()
        } else if line.starts_with("| ") && !line.starts_with("| phase") && !line.starts_with("| :")
        {
            self.ladder_row(line)
        } else if line.starts_with("- **Roadmap progress:**") {
            self.roadmap(line)
        } else if line.starts_with("- **Speedup by phase:**") {
            self.ledger(line)
        } else if line.starts_with("- **Records:**") {
            let best = mean(row("optimized"), rate);
            let gain = paired(row("reference"), row("optimized"), rate);
            let revision = [123_456_789.0];
            let best = [best.value, best.low, best.high];
            let gain = [gain.value, gain.low, gain.high];
            [&best[..], &date, &revision, &gain].concat()
        } else if line.starts_with("- **Ablation:**") {
            self.ablation(line)
        } else if line.starts_with("- **Forecast audit:**") {
            self.forecasts(line)
        } else if line.starts_with("- **Growth:**") {
            self.growth()
        } else if line.starts_with("- **Benchmark matrix:**") {
            self.matrix()
        } else if line.starts_with("![") {
            vec![paired(row("naive"), row("optimized"), rate).value]
        } else if line.starts_with("- measured:") {
            date.to_vec()
        } else if line.starts_with("2026-03-14")
            || line.starts_with("- machine:")
            || line.starts_with("- toolchain:")
        {
            // Text of the record has no computed numbers; the test checks that the text is complete.
            let environment = &self.record.environment;
            let tools = [&environment.rustc, &environment.libc];
            assert!(
                line.contains("2 CPUs") || tools.iter().all(|tool| line.contains(tool.as_str())),
                "{line}"
            );
            numbers(line).iter().map(|written| written.value).collect()
        } else if line.starts_with("- memory:") {
            vec![self.record.environment.memory_bytes as f64]
        } else if line.starts_with("- revision:") {
            numbers(line).iter().map(|written| written.value).collect()
        } else if line.starts_with("- time:") {
            assert!(line.contains("2 threads, avx2"), "{line}");
            numbers(line).iter().map(|written| written.value).collect()
        } else if line.starts_with("- counts:") {
            vec![1.0, 2.0]
        } else if line.starts_with("  - small/inference, compute: wrong answer") {
            vec![17.0, 201.0, 93.0]
        } else if line.starts_with("  - medium/decode@57, naive: no number") {
            vec![57.0, 60.0]
        } else if line.starts_with("  - kernel/gelu/1x1024") {
            vec![1.0, 1024.0]
        } else {
            // Headings and sentences without numbers; any number in them fails the test.
            Vec::new()
        }
    }

    fn row(&self, workload: &str, phase: &str) -> &Row {
        let found = self
            .record
            .rows
            .iter()
            .find(|row| row.workload == workload && row.phase == phase);
        found.unwrap_or_else(|| panic!("{workload} in {phase}"))
    }

    fn phases(&self) -> Vec<&str> {
        self.record
            .rows
            .iter()
            .filter(|row| row.workload == HEADLINE)
            .map(|row| row.phase.as_str())
            .collect()
    }

    fn ladder_row(&self, line: &str) -> Vec<f64> {
        let phase = line.split('|').nth(1).expect("a cell").trim();
        let row = self.row(HEADLINE, phase);
        let own = mean(row, rate);
        let mut wanted = vec![own.value, own.low, own.high];
        let mut push = |base: &str| {
            let ratio = paired(self.row(HEADLINE, base), row, rate);
            wanted.extend([ratio.value, ratio.low, ratio.high]);
        };
        let place = self
            .phases()
            .iter()
            .position(|name| *name == phase)
            .expect("on the ladder");
        if place > 0 {
            push(self.phases()[place - 1]);
        }
        if phase != "reference" {
            push("reference");
        }
        wanted.push(self.figure("time-to-first-token", phase));
        wanted.push(self.figure("peak-bytes", phase));
        wanted
    }

    /// The value of a metric of the headline workload.
    fn figure(&self, metric: &str, phase: &str) -> f64 {
        let figure = by_name(metric).and_then(|metric| metric.figure(self.row(HEADLINE, phase)));
        figure.expect("measured").value
    }

    /// The number of times with an interval, and the shares and clock rates of the record.
    fn quality(&self) -> Vec<f64> {
        let timed: Vec<_> = all().iter().filter(|metric| !metric.portable()).collect();
        let intervals = self.record.rows.iter().flat_map(|row| {
            let figures = timed.iter().filter_map(|metric| metric.figure(row));
            figures.filter(|figure| figure.interval.is_some())
        });
        let machine = self.record.machine.as_ref().expect("recorded").disturbance;
        let (low, high) = machine.megahertz.expect("recorded");
        vec![
            intervals.count() as f64,
            0.1,
            machine.stolen.expect("recorded"),
            machine.others.expect("recorded"),
            low / 1e3,
            high / 1e3,
        ]
    }

    /// The number of targets with each status.
    fn targets(&self) -> BTreeMap<&'static str, usize> {
        let roadmap = self.report_data.roadmap.as_ref().expect("a roadmap");
        let mut count = BTreeMap::new();
        for phase in &roadmap.phases {
            for target in &phase.targets {
                let (base, head) = (
                    self.row(HEADLINE, &roadmap.against),
                    self.row(HEADLINE, &phase.name),
                );
                let (near, far) = (target.range.near, target.range.far);
                let (worse, best, sign) = match target.metric.name() {
                    "tokens-per-second" => {
                        let ratio = paired(base, head, rate);
                        (ratio.low, ratio.high, 1.0)
                    }
                    "latency-median" => {
                        let ratio = paired(base, head, middle_gap);
                        (ratio.high, ratio.low, -1.0)
                    }
                    "bytes-per-token" => {
                        let ratio = heap(head).0 / heap(base).0;
                        (ratio, ratio, -1.0)
                    }
                    other => panic!("{other} is not computed here"),
                };
                let word = if sign * worse > sign * far {
                    "ahead"
                } else if sign * worse >= sign * near {
                    "met"
                } else if sign * best < sign * near {
                    "missed"
                } else {
                    "unclear"
                };
                *count.entry(word).or_default() += 1;
            }
        }
        count
    }

    fn roadmap(&self, line: &str) -> Vec<f64> {
        let count = self.targets();
        let counts = ["ahead", "met", "missed", "unclear"]
            .into_iter()
            .filter_map(|word| {
                let count = count.get(word)?;
                assert!(
                    line.contains(&format!("{count} {word}")),
                    "{line}: {count} {word}"
                );
                Some(*count as f64)
            });
        let counts: Vec<f64> = counts.collect();
        std::iter::once(counts.iter().sum()).chain(counts).collect()
    }

    /// Ratio of the speeds of two phases of a workload: of tokens per second, or of runs if it has no tokens.
    fn speed(&self, workload: &str, base: &str, head: &str) -> Ratio {
        paired(self.row(workload, base), self.row(workload, head), rate)
    }

    fn ledger(&self, line: &str) -> Vec<f64> {
        let phases = self.phases();
        let mut workloads: Vec<&str> = Vec::new();
        for row in &self.record.rows {
            let all = phases.iter().all(|phase| {
                self.record
                    .rows
                    .iter()
                    .any(|other| other.workload == row.workload && other.phase == *phase)
            });
            if all && !row.workload.contains('=') && !workloads.contains(&row.workload.as_str()) {
                workloads.push(&row.workload);
            }
        }
        // Every mean is over the same workloads: those with a right answer in every phase.
        workloads.retain(|workload| {
            let passed = |phase: &&str| self.row(workload, phase).check == Check::Passed;
            phases.iter().all(passed)
        });
        let mean = |base: &str, head: &str| {
            let logs = workloads
                .iter()
                .map(|workload| self.speed(workload, base, head).value.ln());
            (logs.sum::<f64>() / workloads.len() as f64).exp()
        };
        let steps = phases
            .windows(2)
            .map(|pair| (pair[1], mean(pair[0], pair[1])));
        let (name, largest) = steps
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .expect("two phases");
        assert!(
            line.contains(&format!("the largest step is {name},")),
            "{line}"
        );
        let total = mean(phases[0], phases[phases.len() - 1]);
        vec![total, workloads.len() as f64, largest]
    }

    fn ablation(&self, line: &str) -> Vec<f64> {
        let workload = "ablation/token";
        let single = |base: &str| -> Vec<&str> {
            let names = self
                .record
                .rows
                .iter()
                .filter(|row| row.workload == workload)
                .map(|row| row.phase.as_str());
            names
                .filter(|name| {
                    name.starts_with(&format!("{base},")) && name.matches('=').count() == 1
                })
                .collect()
        };
        // If an axis was tried with several choices, the first one is that of the last phase.
        let axis = |name: &str| name.split([',', '=']).nth(1).expect("an axis").to_owned();
        let ended: Vec<String> = single("optimized").iter().map(|name| axis(name)).collect();
        let mut alone: Vec<(String, Ratio)> = Vec::new();
        for name in single("naive") {
            if ended.contains(&axis(name)) && alone.iter().all(|(known, _)| *known != axis(name)) {
                alone.push((axis(name), self.speed(workload, "naive", name)));
            }
        }
        let end = single("optimized")
            .into_iter()
            .map(|name| (axis(name), self.speed(workload, name, "optimized")));
        // Effects whose interval contains no change are not ranked.
        let most = |list: Vec<(String, Ratio)>| {
            list.into_iter()
                .filter(|(_, ratio)| ratio.level >= 0.95 && (ratio.low > 1.0 || ratio.high < 1.0))
                .max_by(|a, b| a.1.value.total_cmp(&b.1.value))
                .expect("axes")
        };
        let (alone, end) = (most(alone), most(end.collect()));
        assert!(
            line.contains(&format!("alone: {}", alone.0))
                && line.contains(&format!("end: {}", end.0)),
            "{line}"
        );
        let whole = self.speed(workload, "naive", "optimized");
        [whole, alone.1, end.1]
            .into_iter()
            .flat_map(|ratio| [ratio.value, ratio.low, ratio.high])
            .collect()
    }

    fn forecasts(&self, line: &str) -> Vec<f64> {
        let roadmap = self.report_data.roadmap.as_ref().expect("a roadmap");
        let words = ["beaten", "held", "wrong", "unclear", "untested"];
        let mut count = [0_usize; 5];
        for forecast in &roadmap.forecasts {
            let Ok(test) = &forecast.test else {
                count[4] += 1;
                continue;
            };
            let there = |phase: &str| {
                self.record
                    .rows
                    .iter()
                    .find(|row| row.workload == test.workload && row.phase == phase)
            };
            let (Some(base), Some(head)) = (there(&test.base), there(&test.head)) else {
                count[4] += 1;
                continue;
            };
            let (worse, best, sign) = match forecast.metric.name() {
                "tokens-per-second" => {
                    let ratio = paired(base, head, rate);
                    (ratio.low, ratio.high, 1.0)
                }
                "bytes-per-token" => {
                    let ratio = heap(head).0 / heap(base).0;
                    (ratio, ratio, -1.0)
                }
                other => panic!("{other} is not computed here"),
            };
            let (near, far) = (forecast.range.near, forecast.range.far);
            // How far an end of the interval lies outside the claim, beside half of the claimed change.
            let narrow = |end: f64, mark: f64| {
                f64::ln(end / mark).abs() <= (f64::ln(mark).abs() / 2.0).max(0.01)
            };
            let short = sign * worse < sign * near && !narrow(worse, near);
            let above = sign * best > sign * far && !narrow(best, far);
            count[if sign * worse > sign * far {
                0
            } else if sign * best < sign * near {
                2
            } else if sign * worse > sign && !short && !above {
                1
            } else {
                3
            }] += 1;
        }
        let counts: Vec<f64> = words
            .iter()
            .zip(count)
            .filter(|(_, count)| *count > 0)
            .map(|(word, count)| {
                assert!(
                    line.contains(&format!("{count} {word}")),
                    "{line}: {count} {word}"
                );
                count as f64
            })
            .collect();
        // The line also names forecasts that are not measured yet, without a number.
        std::iter::once(counts.iter().sum()).chain(counts).collect()
    }

    /// The first sweep: prefill.
    fn growth(&self) -> Vec<f64> {
        let sizes = [8.0, 16.0, 32.0, 64.0, 120.0_f64];
        let time = |size: f64| {
            let per_run = |_: &Row, run: &Run| Some(run.nanoseconds as f64 / run.iterations as f64);
            let workload = format!("growth/token@position={size}");
            mean(self.row(&workload, "optimized"), per_run).value
        };
        let mut slopes = Vec::new();
        for (i, a) in sizes.iter().enumerate() {
            for b in &sizes[i + 1..] {
                slopes.push((time(*b) / time(*a)).ln() / (b / a).ln());
            }
        }
        slopes.sort_by(f64::total_cmp);
        // Sen's 95 % interval of ten slopes between five points leaves out none: S reaches 8.0.
        vec![
            time(120.0) / time(8.0),
            8.0,
            120.0,
            median(&slopes),
            slopes[0],
            slopes[9],
        ]
    }

    fn matrix(&self) -> Vec<f64> {
        let workloads: Vec<&str> = {
            let mut names: Vec<&str> = self
                .record
                .rows
                .iter()
                .map(|row| row.workload.as_str())
                .collect();
            names.dedup();
            names
                .into_iter()
                .filter(|name| name.starts_with("matrix/"))
                .collect()
        };
        let best = |workload: &&&str| {
            let value = |phase: &str| mean(self.row(workload, phase), rate).value;
            self.phases()
                .iter()
                .all(|phase| value("optimized") >= value(phase))
        };
        vec![
            workloads.iter().filter(best).count() as f64,
            workloads.len() as f64,
        ]
    }
}
