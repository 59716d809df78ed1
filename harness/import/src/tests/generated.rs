//! Generated files: each reader returns the values that were written, in their units.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;

/// Seconds of samples. Shorter ones would lose digits: a record keeps nanoseconds.
fn times() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(
        (-5.0..1.0).prop_map(|exponent: f64| 10_f64.powf(exponent)),
        3..12,
    )
}

fn name() -> impl Strategy<Value = String> {
    "[a-z]{1,8}(/[a-z0-9]{1,4}){0,2}"
}

fn geometric_mean(times: &[f64]) -> f64 {
    (times.iter().map(|time| time.ln()).sum::<f64>() / times.len() as f64).exp()
}

fn mean(times: &[f64]) -> f64 {
    times.iter().sum::<f64>() / times.len() as f64
}

fn deviation(times: &[f64]) -> f64 {
    let mean = mean(times);
    let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
    (squares / (times.len() - 1) as f64).sqrt()
}

fn list(times: &[f64]) -> String {
    let texts: Vec<String> = times.iter().map(f64::to_string).collect();
    format!("[{}]", texts.join(","))
}

fn extremes(times: &[f64]) -> (f64, f64) {
    let fold = |start: f64, of: fn(f64, f64) -> f64| times.iter().copied().fold(start, of);
    (fold(f64::INFINITY, f64::min), fold(0.0, f64::max))
}

/// The time of the row with this name.
fn time(text: &str, row: &str) -> f64 {
    let results = read_text(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert!(!results.has_invalid(), "{:?}\n{text}", results.left_out);
    value(&results, row, "time").unwrap_or_else(|| panic!("no {row} in {text}"))
}

fn assert_near(found: f64, expected: f64) {
    assert!(
        (found / expected - 1.0).abs() < 2e-4,
        "{found} for {expected}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hyperfine_returns_the_times_of_both_versions(name in name(), times in times(), unit in 0..3_usize) {
        let (low, high) = extremes(&times);
        let first = format!(
            r#"{{"results":[{{"command":"{name}","mean":{},"stddev":1,"median":{low},"user":0.5,"system":0,"min":{low},"max":{high},"times":{},"exit_codes":[0]}}]}}"#,
            mean(&times),
            list(&times),
        );
        assert_near(time(&first, &name), geometric_mean(&times));
        let (unit, factor) = [("second", 1.0), ("millisecond", 1e3), ("microsecond", 1e6)][unit];
        let runs: Vec<String> = times.iter().map(|time| format!(
            r#"{{"time_wall_clock":{{"value":{},"unit":"{unit}"}},"exit_code":0}}"#, time * factor
        )).collect();
        let second = format!(
            r#"{{"schema_version":2,"results":[{{"command":"x","name":"{name}","measurements":[{}]}}]}}"#,
            runs.join(",")
        );
        assert_near(time(&second, &name), geometric_mean(&times));
    }

    #[test]
    fn google_benchmark_returns_repetitions_or_their_mean(name in name(), times in times(), unit in 0..4_usize) {
        let (unit, factor) = [("ns", 1e9), ("us", 1e6), ("ms", 1e3), ("s", 1.0)][unit];
        let entry = |kind: &str, time: f64| format!(
            r#"{{"name":"n","run_name":"{name}",{kind},"repetitions":{},"threads":1,"iterations":7,"real_time":{},"cpu_time":1,"time_unit":"{unit}"}}"#,
            times.len(),
            time * factor,
        );
        let file = |entries: &[String]| format!(
            r#"{{"context":{{"num_cpus":2,"json_schema_version":1}},"benchmarks":[{}]}}"#, entries.join(",")
        );
        let repetitions: Vec<String> = times.iter().enumerate().map(|(index, time)| entry(
            &format!(r#""run_type":"iteration","repetition_index":{index}"#), *time
        )).collect();
        assert_near(time(&file(&repetitions), &name), geometric_mean(&times));
        let aggregate = |name: &str, value| entry(
            &format!(r#""run_type":"aggregate","aggregate_name":"{name}""#), value
        );
        let aggregates = [aggregate("mean", mean(&times)), aggregate("stddev", deviation(&times))];
        assert_near(time(&file(&aggregates), &name), mean(&times));
    }

    #[test]
    fn go_returns_the_times_and_heap_counts(name in "[A-Z][a-z]{1,8}", times in times(), bytes in 0..1_000_000_u64) {
        let mut text = String::new();
        for time in &times {
            writeln!(text, "Benchmark{name}-4 \t 100\t {} ns/op\t {bytes} B/op\t 3 allocs/op", time * 1e9).expect("text");
        }
        let row = format!("Benchmark{name}");
        assert_near(time(&text, &row), geometric_mean(&times));
        let results = read_text(text.as_str()).expect("readable");
        assert_eq!(value(&results, &row, "total-bytes"), Some(bytes as f64));
        assert_eq!(value(&results, &row, "total-allocations"), Some(3.0));
        assert_eq!(results.rows[0].readings[0].threads, 4);
    }

    #[test]
    fn pytest_benchmark_returns_the_times(name in name(), times in times(), iterations in 1..100_u64, keeps in any::<bool>()) {
        let (low, high) = extremes(&times);
        let data = if keeps { list(&times) } else { "null".to_owned() };
        let text = format!(
            r#"{{"machine_info":{{}},"version":"5","benchmarks":[{{"fullname":"{name}","stats":{{"min":{low},"max":{high},"mean":{},"stddev":{},"rounds":{},"iterations":{iterations},"data":{data}}}}}]}}"#,
            mean(&times), deviation(&times), times.len(),
        );
        let expected = if keeps { geometric_mean(&times) } else { mean(&times) };
        assert_near(time(&text, &name), expected);
    }

    #[test]
    fn asv_returns_the_time_of_each_combination(first in times(), second in times()) {
        let text = format!(
            r#"{{"version":2,"commit_hash":"0123456789","result_columns":["result","params","samples","stats_number"],"results":{{"a.time_x":[[{},{},NaN,null],[["1","2"],["'u'","'v'"]],[{},{},null,null],[3,1,null,null]]}}}}"#,
            first[0], second[0], list(&first), list(&second),
        );
        assert_near(time(&text, "a.time_x(1, 'u')"), geometric_mean(&first));
        assert_near(time(&text, "a.time_x(1, 'v')"), geometric_mean(&second));
        let results = read_text(text.as_str()).expect("readable");
        assert_eq!(results.rows.len(), 3);
        assert_eq!(results.rows[2].failures.len(), 1);
        assert_eq!(results.left_out[0].sentence(), "a.time_x(2, 'u'): was skipped");
    }

    #[test]
    fn codspeed_returns_the_mean_with_students_interval(name in name(), times in times()) {
        let (low, high) = extremes(&times);
        let (mean, deviation) = (mean(&times), deviation(&times));
        let text = format!(
            r#"{{"creator":{{"name":"x","version":"1"}},"instrument":{{"type":"walltime"}},"benchmarks":[{{"name":"n","uri":"{name}","stats":{{"min_ns":{0},"max_ns":{1},"mean_ns":{2},"stdev_ns":{3},"q1_ns":{0},"median_ns":{0},"q3_ns":{1},"rounds":{4}}}}}]}}"#,
            low * 1e9, high * 1e9, mean * 1e9, deviation * 1e9, times.len(),
        );
        let results = read_text(text.as_str()).expect("readable");
        let (_, value, ends) = figures(&results.rows[0])[0];
        let (low, high) = ends.expect("three samples");
        assert_near(value, mean);
        let single = text.replace(&format!("\"stdev_ns\":{}", deviation * 1e9), "\"stdev_ns\":null");
        let single = single.replace(&format!("\"rounds\":{}", times.len()), "\"rounds\":1");
        let results = read_text(single.as_str()).expect("readable");
        prop_assert_eq!(figures(&results.rows[0])[0].2, None);
        // Student's t at 95 % is above that of the normal distribution and below that of two degrees of freedom.
        let half = (high - mean) / (deviation / (times.len() as f64).sqrt());
        prop_assert!((1.959..4.303).contains(&half) && low <= value, "{half}");
    }

    #[test]
    fn bmf_returns_nanoseconds(name in name(), time_of in 1e3..1e12_f64) {
        let text = format!(r#"{{"{name}":{{"latency":{{"value":{time_of}}}}}}}"#);
        assert_near(time(&text, &name), time_of * 1e-9);
    }

    #[test]
    fn cargo_criterion_returns_the_samples(name in name(), times in times()) {
        let values: Vec<f64> = times.iter().enumerate().map(|(index, time)| time * 1e9 * (index + 1) as f64).collect();
        let counts: Vec<f64> = (1..=times.len()).map(|count| count as f64).collect();
        let text = format!(
            "{{\"reason\":\"benchmark-complete\",\"id\":\"{name}\",\"iteration_count\":{},\"measured_values\":{},\"unit\":\"ns\",\"throughput\":[]}}\n{{\"reason\":\"group-complete\"}}\n",
            list(&counts), list(&values),
        );
        assert_near(time(&text, &name), geometric_mean(&times));
    }

    #[test]
    fn gungraun_returns_the_counts_of_both_versions(name in "[a-z_]{1,8}", count in 1..u64::MAX / 2) {
        let summary = |version: &str, profile: &str| format!(
            r#"{{"version":"{version}","module_path":"f::g::{name}","id":"i","profiles":[{profile}]}}"#
        );
        let six = summary("6", &format!(
            r#"{{"tool":"Callgrind","summaries":{{"total":{{"summary":{{"Callgrind":{{"Ir":{{"metrics":{{"Both":[{{"Int":{count}}},{{"Int":1}}]}}}}}}}}}}}}}}"#
        ));
        let seven = summary("7", &format!(
            r#"{{"tool":"Callgrind","data":{{"total":{{"metrics":{{"Ir":{{"values":{{"new":{count},"old":1}}}}}}}}}}}}"#
        ));
        for text in [six, seven] {
            let results = read_text(text.as_str()).expect("readable");
            prop_assert_eq!(value(&results, &format!("f::g::{name}::i"), "instructions"), Some(count as f64));
        }
    }

    #[test]
    fn criterion_returns_the_estimate_and_the_samples(time in 1.0..1e9_f64, spread in 0.0..0.5_f64) {
        let estimate = format!(
            r#"{{"confidence_interval":{{"confidence_level":0.95,"lower_bound":{},"upper_bound":{}}},"point_estimate":{time},"standard_error":0}}"#,
            time * (1.0 - spread), time * (1.0 + spread),
        );
        let estimates = format!(r#"{{"mean":{estimate},"median":{estimate},"slope":null}}"#);
        let folder = criterion(|path, bytes| Some(match path.ends_with("estimates.json") {
            true => estimates.clone().into_bytes(),
            false => bytes.to_vec(),
        }));
        let results = read(&folder, None).expect("a folder");
        let (name, value, ends) = figures(&results.rows[0])[0];
        prop_assert_eq!(name, "criterion-time");
        prop_assert!((value * 1e9 - time).abs() <= 0.0006, "{} for {}", value, time);
        prop_assert!(ends.is_some_and(|(low, high)| low <= value && value <= high));
    }
}
