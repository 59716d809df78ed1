//! The expected numbers of each line of the summary.

use harness_report::ReportData;

use crate::readings::{Computed, figure, heap, median, middle_gap, rate, ratio, seconds};
use crate::written::numbers;
use harness_record::{Check, Record, Row};

/// Computes the expected numbers of a line.
pub(crate) struct Expected<'a> {
    pub(crate) record: &'a Record,
    pub(crate) report_data: &'a ReportData,
}

const HEADLINE: &str = "medium/inference";

impl Expected<'_> {
    pub(crate) fn of(&self, line: &str) -> Vec<f64> {
        let row = |phase: &str| self.row(HEADLINE, phase);
        let tile = |anchor: &str| {
            let ratio = ratio(row(anchor), row("optimized"), rate);
            let mut wanted = vec![ratio.value, 0.95, ratio.low(), ratio.high()];
            wanted.extend(figure(row("optimized"), rate).numbers());
            wanted
        };
        let failed = |wanted: fn(&Check) -> bool| {
            self.record
                .rows
                .iter()
                .filter(|row| wanted(&row.check))
                .count() as f64
        };
        let date = [2026.0, -3.0, -14.0, 15.0, 9.0];
        if line.contains("the tokens per second of naive (") {
            tile("naive")
        } else if line.contains("the tokens per second of reference (") {
            tile("reference")
        } else if line.contains("** allocated per token") {
            vec![heap(row("optimized")).0, heap(row("naive")).0]
        } else if line.contains("answers passed their check") {
            let wrong = failed(|check| matches!(check, Check::Failed(_)));
            let open = failed(|check| matches!(check, Check::NotRun(_)));
            let all = self.record.rows.len() as f64;
            vec![all - wrong - open, all, wrong, open]
        } else if line.starts_with("| ") && !line.starts_with("| phase") && !line.starts_with("| :")
        {
            self.ladder_row(line)
        } else if line.starts_with("Speed (the columns with x)") {
            vec![0.95]
        } else if line.starts_with("- **Roadmap progress:**") {
            self.roadmap(line)
        } else if line.starts_with("- **Speedup by phase:**") {
            self.ledger(line)
        } else if line.starts_with("- **Ablation:**") {
            self.ablation(line)
        } else if line.starts_with("- **Forecast audit:**") {
            self.forecasts(line)
        } else if line.starts_with("- **Growth:**") {
            self.growth()
        } else if line.starts_with("- **Benchmark matrix:**") {
            self.matrix()
        } else if line.starts_with("![") {
            vec![ratio(row("naive"), row("optimized"), rate).value]
        } else if line.starts_with("# Benchmark summary") || line.starts_with("- measured:") {
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
        } else if line.starts_with("- small/inference, compute: wrong answer") {
            vec![17.0, 201.0, 93.0]
        } else if line.starts_with("- medium/decode@57, naive: no number") {
            vec![57.0, 60.0]
        } else if line.starts_with("- kernel/gelu/1x1024") {
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
        let mut wanted = figure(row, rate).numbers();
        let mut push = |base: &str| {
            wanted.extend(if base == phase {
                vec![1.0]
            } else {
                ratio(self.row(HEADLINE, base), row, rate).numbers()
            });
        };
        push("naive");
        push("reference");
        let place = self
            .phases()
            .iter()
            .position(|name| *name == phase)
            .expect("on the ladder");
        if place > 0 {
            push(self.phases()[place - 1]);
        }
        let (bytes, blocks) = heap(row);
        wanted.extend([bytes, blocks]);
        wanted
    }

    fn roadmap(&self, line: &str) -> Vec<f64> {
        let roadmap = self.report_data.roadmap.as_ref().expect("a roadmap");
        let mut count = std::collections::BTreeMap::<&str, usize>::new();
        for phase in &roadmap.phases {
            for target in &phase.targets {
                let (base, head) = (
                    self.row(HEADLINE, &roadmap.against),
                    self.row(HEADLINE, &phase.name),
                );
                let (near, far) = (target.range.near, target.range.far);
                let (worse, best, sign) = match target.metric.name() {
                    "tokens-per-second" => {
                        let ratio = ratio(base, head, rate);
                        (ratio.low(), ratio.high(), 1.0)
                    }
                    "latency-median" => {
                        let ratio = ratio(base, head, middle_gap);
                        (ratio.high(), ratio.low(), -1.0)
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
    fn speed(&self, workload: &str, base: &str, head: &str) -> Computed {
        ratio(self.row(workload, base), self.row(workload, head), rate)
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
        let right = |workload: &str, phase: &str| self.row(workload, phase).check == Check::Passed;
        let mean = |base: &str, head: &str| {
            let ratios: Vec<Computed> = workloads
                .iter()
                .filter(|workload| right(workload, base) && right(workload, head))
                .map(|workload| self.speed(workload, base, head))
                .collect();
            let n = ratios.len() as f64;
            let value = (ratios.iter().map(|ratio| ratio.value.ln()).sum::<f64>() / n).exp();
            let half = |end: fn(&Computed) -> f64| {
                ratios
                    .iter()
                    .map(|ratio| (end(ratio) / ratio.value).ln().powi(2))
                    .sum::<f64>()
                    .sqrt()
                    / n
            };
            let known = ratios.iter().all(|ratio| ratio.ends.is_some());
            (
                value,
                known.then(|| {
                    (
                        value * (-half(Computed::low)).exp(),
                        value * half(Computed::high).exp(),
                    )
                }),
                ratios.len(),
            )
        };
        let steps: Vec<_> = phases
            .windows(2)
            .map(|pair| (pair[1], mean(pair[0], pair[1])))
            .collect();
        let (name, (value, ends, count)) = steps
            .into_iter()
            .max_by(|a, b| a.1.0.total_cmp(&b.1.0))
            .expect("two phases");
        assert!(
            line.contains(&format!("The largest step is {name}:")),
            "{line}"
        );
        let mut wanted = vec![value];
        wanted.extend(ends.into_iter().flat_map(|(low, high)| [low, high]));
        if count < workloads.len() {
            wanted.push(count as f64);
        }
        wanted.push(workloads.len() as f64);
        wanted
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
        let mut alone: Vec<(String, f64)> = Vec::new();
        for name in single("naive") {
            if ended.contains(&axis(name)) && alone.iter().all(|(known, _)| *known != axis(name)) {
                alone.push((axis(name), self.speed(workload, "naive", name).value));
            }
        }
        let end = single("optimized")
            .into_iter()
            .map(|name| (axis(name), self.speed(workload, name, "optimized").value));
        let most = |list: Vec<(String, f64)>| {
            list.into_iter()
                .max_by(|a, b| a.1.total_cmp(&b.1))
                .expect("axes")
        };
        let (alone, end) = (most(alone), most(end.collect()));
        assert!(
            line.contains(&format!("alone: {}", alone.0))
                && line.contains(&format!("end: {}", end.0)),
            "{line}"
        );
        vec![alone.1, end.1]
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
                    let ratio = ratio(base, head, rate);
                    (ratio.low(), ratio.high(), 1.0)
                }
                "bytes-per-token" => {
                    let ratio = heap(head).0 / heap(base).0;
                    (ratio, ratio, -1.0)
                }
                other => panic!("{other} is not computed here"),
            };
            count[if sign * worse > sign * forecast.range.far {
                0
            } else if sign * best < sign * forecast.range.near {
                2
            } else if sign * worse > sign {
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
            let workload = format!("growth/token@position={size}");
            figure(self.row(&workload, "optimized"), seconds).value
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
            8.0,
            120.0,
            time(120.0) / time(8.0),
            median(slopes.clone()),
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
            let value = |phase: &str| figure(self.row(workload, phase), rate).value;
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
