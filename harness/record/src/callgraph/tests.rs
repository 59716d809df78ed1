//! The fixtures are the output of valgrind 3.19 for `fixtures/words.c`, with the folder removed from the paths:
//!
//! ```sh
//! gcc -g -O1 -fno-inline -fno-optimize-sibling-calls -static words.c -o words
//! valgrind --tool=callgrind --toggle-collect=main --callgrind-out-file=words.plain.out ./words
//! valgrind --tool=callgrind --toggle-collect=main --callgrind-out-file=words.callers.out \
//!   --separate-callers=100 --dump-line=no ./words
//! callgrind_annotate --threshold=100 --auto=no --show=Ir words.plain.out > words.annotated.txt
//! ```

use std::collections::BTreeMap;
use std::fmt::Write;
use std::process::Command;

use proptest::prelude::*;

use crate::callgraph::*;

const PLAIN: &str = include_str!("fixtures/words.plain.out");
const CALLERS: &str = include_str!("fixtures/words.callers.out");
const ANNOTATED: &str = include_str!("fixtures/words.annotated.txt");

/// Functions and their own instructions as `callgrind_annotate` prints them. Recursion levels are added up, as in
/// this module.
fn annotated(text: &str) -> BTreeMap<String, u64> {
    let mut functions = BTreeMap::new();
    for line in text.lines() {
        let Some((count, rest)) = line.trim_start().split_once(" (") else {
            continue;
        };
        let Some((_, place)) = rest.split_once("%)  ") else {
            continue;
        };
        let Ok(count) = count.trim().replace(',', "").parse::<u64>() else {
            continue;
        };
        // `file:function [object]`; the file may be `???`.
        let name = place.rsplit_once(" [").map_or(place, |(name, _)| name);
        let name = name.split_once(':').map_or(name, |(_, name)| name);
        *functions
            .entry(name.split('\'').next().unwrap_or_default().to_owned())
            .or_default() += count;
    }
    functions.remove("PROGRAM TOTALS");
    functions.retain(|name, _| !name.is_empty());
    functions
}

fn own(graph: &CallGraph) -> BTreeMap<String, u64> {
    graph
        .functions()
        .into_iter()
        .filter(|it| it.own > 0)
        .map(|it| (it.name, it.own))
        .collect()
}

#[test]
fn functions_have_the_instructions_that_callgrind_annotate_gives_them() {
    let expected = annotated(ANNOTATED);
    assert_eq!(expected["leaf"], 1446);
    for text in [PLAIN, CALLERS] {
        let graph = CallGraph::parse(text).expect("a whole file");
        assert_eq!(own(&graph), expected);
        assert_eq!(graph.total(), 1794);
    }
}

/// The same check with the installed valgrind, if there is one: versions differ in the names that they compress.
#[test]
fn the_annotate_of_this_machine_agrees() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("callgrind.out");
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--quiet", "--dump-instr=yes"])
        .arg(format!("--callgrind-out-file={}", out.display()));
    let Ok(ran) = valgrind.arg("true").output() else {
        return;
    };
    assert!(ran.status.success(), "{ran:?}");
    let annotate = Command::new("callgrind_annotate")
        .args(["--threshold=100", "--auto=no", "--show=Ir"])
        .arg(&out)
        .output();
    let annotate = annotate.expect("it comes with valgrind");
    let graph =
        CallGraph::parse(&std::fs::read_to_string(&out).expect("written")).expect("a whole file");
    assert!(graph.total() > 10_000);
    assert_eq!(
        own(&graph),
        annotated(&String::from_utf8_lossy(&annotate.stdout))
    );
}

#[test]
fn contexts_are_whole_stacks_and_agree_with_the_calls() {
    let graph = CallGraph::parse(CALLERS).expect("a whole file");
    let stacks: Vec<String> = graph
        .contexts
        .iter()
        .map(|context| context.stack.join(" > "))
        .collect();
    assert!(
        stacks.contains(&"(below main) > main > left > leaf".to_owned()),
        "{stacks:?}"
    );
    // The contexts below a stack add up to its inclusive cost.
    for (context, inclusive) in graph.contexts.iter().zip(graph.inclusive()) {
        let of_recursion = ["tree", "(below main)"]
            .map(|name| context.stack.last().is_some_and(|last| last == name));
        let below = graph
            .contexts
            .iter()
            .filter(|other| other.stack.starts_with(&context.stack));
        if of_recursion == [false, false] {
            assert_eq!(
                below.map(|other| other.own).sum::<u64>(),
                inclusive,
                "{context:?}"
            );
        }
    }
    let leaf = graph
        .functions()
        .into_iter()
        .find(|function| function.name == "leaf")
        .expect("there");
    assert_eq!((leaf.own, leaf.calls), (1446, 23));
}

#[test]
fn rust_names_are_split_and_hashes_removed() {
    let name =
        "<dyn for<'a> Fn(&'a u8) -> u8 as Call>::call'engine::gelu::run::h0123456789abcdef'3'main";
    let graph = CallGraph::parse(&format!("events: Ir\nfn=(1) {name}\n1 5\ntotals: 5\n"))
        .expect("well-formed");
    assert_eq!(
        graph.contexts[0].stack,
        [
            "main",
            "engine::gelu::run",
            "<dyn for<'a> Fn(&'a u8) -> u8 as Call>::call"
        ]
    );
}

#[test]
fn parts_are_added_up_and_other_events_ignored() {
    let part = |own: &str, total: &str| {
        format!(
            "part: 1\npositions: instr line\nevents: Dr Ir\nfn=(1) _ZN6engine4gelu3runE\n0x10 3 7 {own}\n+4 * 1\njump=3 0x20 5\n0x10 4\njcnd=2/5 +2 *\n* *\ntotals: 8 {total}\n"
        )
    };
    let graph = CallGraph::parse(&format!(
        "# callgrind format\nversion: 1\n{}\n{}",
        part("5", "5"),
        part("0x10", "16")
    ));
    let graph = graph.expect("two parts");
    assert_eq!(
        graph.functions(),
        [Function {
            name: "engine::gelu::run".to_owned(),
            own: 21,
            calls: 0
        }]
    );
}

#[test]
fn what_is_no_whole_file_is_refused_in_one_sentence() {
    let error = |text: &str| CallGraph::parse(text).expect_err(text).to_string();
    let file = |body: &str| format!("events: Ir\nfn=(1) main\n{body}\n");
    insta::assert_snapshot!(
        [
            error(""),
            error("version: 2\n"),
            error("events: Dr Dw\n"),
            error("1 2\n"),
            error("events: Ir\n1 2\n"),
            error("rubbish\n"),
            error(&file("sn=(2)")),
            error(&file("fn=(2)")),
            error(&file("1 two")),
            error(&file("calls=x 1")),
            error(&file("calls=1 1\n1 5")),
            error(&file("1 18446744073709551615\n1 1")),
            error(&file("1 5")),
            error(&file("1 5\ntotals: 6")),
        ]
        .join("\n")
    );
}

/// Costs and calls that do not fit into 64 bits together are refused, also if each of them fits.
#[test]
fn sums_that_do_not_fit_are_refused() {
    let most = u64::MAX;
    let costs = format!("events: Ir\nfn=a\n1 {most}\nfn=b\n1 1\ntotals: 0\n");
    assert_eq!(CallGraph::parse(&costs), Err(CallgrindError::Sum));
    let call = |callee: &str| format!("cfn={callee}\ncalls={most} 1\n1 0\n");
    let calls = format!("events: Ir\nfn=a\n{}{}totals: 0\n", call("b"), call("c"));
    assert_eq!(CallGraph::parse(&calls), Err(CallgrindError::Sum));
}

/// A file that is cut off anywhere, at the end of a line or within one, is rejected.
#[test]
fn a_file_that_is_cut_off_is_refused() {
    for text in [PLAIN, CALLERS] {
        let end = text.trim_end().len();
        for cut in 0..end {
            assert!(CallGraph::parse(&text[..cut]).is_err(), "{cut} of {end}");
        }
        assert!(CallGraph::parse(&text[..end]).is_ok());
    }
}

/// Own costs of functions, and calls between them (caller, callee, count, inclusive cost).
type Costs = (Vec<u32>, Vec<(usize, usize, u32, u32)>);

fn costs() -> impl Strategy<Value = Costs> {
    (1..8_usize).prop_flat_map(|count| {
        let call = (0..count, 0..count, 1..1000_u32, any::<u32>());
        (
            prop::collection::vec(any::<u32>(), count),
            prop::collection::vec(call, 0..20),
        )
    })
}

/// Formats costs like callgrind, with compressed names or without.
fn written((own, calls): &Costs, compressed: bool) -> String {
    let mut text = "version: 1\npositions: line\nevents: Ir\n\n".to_owned();
    let mut defined = vec![false; own.len()];
    let mut name = |place: usize| match compressed {
        true if defined[place] => format!("({place})"),
        true => {
            defined[place] = true;
            format!("({place}) f{place}'main")
        }
        false => format!("f{place}'main"),
    };
    for (caller, cost) in own.iter().enumerate() {
        writeln!(
            text,
            "fl=(1) a.rs\nfn={}\n{} {cost}",
            name(caller),
            caller + 1
        )
        .expect("written");
        for (_, callee, count, inclusive) in calls.iter().filter(|call| call.0 == caller) {
            writeln!(
                text,
                "cfn={}\ncalls={count} +3\n* {inclusive}",
                name(*callee)
            )
            .expect("written");
        }
    }
    let total: u64 = own.iter().copied().map(u64::from).sum();
    writeln!(text, "\ntotals: {total}").expect("written");
    text
}

proptest! {
    #[test]
    fn formatted_costs_are_parsed(costs in costs(), compressed: bool) {
        let graph = CallGraph::parse(&written(&costs, compressed)).expect("well-formed");
        let (own, calls) = &costs;
        let mut expected: BTreeMap<(String, String), (u64, u64)> = BTreeMap::new();
        for (caller, callee, count, inclusive) in calls {
            let sum = expected.entry((format!("f{caller}"), format!("f{callee}"))).or_default();
            *sum = (sum.0 + u64::from(*count), sum.1 + u64::from(*inclusive));
        }
        let name = |place: usize| graph.contexts[place].stack[1].clone();
        let found: BTreeMap<_, _> =
            graph.calls.iter().map(|call| ((name(call.caller), name(call.callee)), (call.count, call.inclusive))).collect();
        prop_assert_eq!(found, expected);
        for (place, own) in own.iter().enumerate() {
            let context = graph.contexts.iter().find(|context| context.stack == ["main".to_owned(), format!("f{place}")]);
            prop_assert_eq!(context.map(|context| context.own), Some(u64::from(*own)));
        }
    }

    /// Any number in the place of another one makes a file that is refused, or whose functions add up.
    #[test]
    fn a_replaced_number_is_refused_or_adds_up(place: prop::sample::Index, number in prop::sample::select(vec!["-1", "0", "18446744073709551615", "1e9", "NaN", ""])) {
        let places: Vec<usize> = PLAIN.match_indices(|letter: char| letter.is_ascii_digit()).map(|(at, _)| at).collect();
        let at = places[place.index(places.len())];
        let text = format!("{}{number}{}", &PLAIN[..at], &PLAIN[at + 1..]);
        if let Ok(graph) = CallGraph::parse(&text) {
            let of_functions: u64 = graph.functions().iter().map(|function| function.own).sum();
            prop_assert_eq!(of_functions, graph.total());
        }
    }

    #[test]
    fn no_text_panics(lines in prop::collection::vec("(fn=|cfn=|calls=|events: |totals: |\\+|\\*|)[ -~]{0,12}", 0..12)) {
        let _ = CallGraph::parse(&lines.join("\n"));
    }
}
