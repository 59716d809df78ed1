//! The scripts in place of the measured programs, and the configuration that names them.

/// Names and texts of the files of the project whose first workload executes this many instructions.
pub(super) fn all(instructions: u32) -> Vec<(&'static str, String)> {
    let workload = |id: &str| {
        format!(
            r#"{{"id":"{id}","unit":{{"name":"token","per_run":1}},"definition":"d","answer":"a","phases":["naive","optimized"],"instruments":["clock","callgrind","dhat"],"selection":"quick"}}"#
        )
    };
    vec![
        ("harness.toml", CONFIGURATION.to_owned()),
        (
            "workloads.json",
            format!(
                "[{},{}]\n",
                workload("model/decode"),
                workload("kernel/gelu")
            ),
        ),
        ("probe", probe(CLOCK, SPANS)),
        ("heap", probe(HEAP, SITES)),
        (
            "callgrind",
            CALLGRIND.replace("INSTRUCTIONS", &instructions.to_string()),
        ),
        ("bin/valgrind", VALGRIND.to_owned()),
    ]
}

const CONFIGURATION: &str = "anchors = ['naive']
timed = ['kernel/*']
probe = { command = ['./probe'] }
heap = { command = ['./heap'] }
callgrind = { command = ['./callgrind'] }
";

const CLOCK: &str = r#"{"meter":"clock","nanoseconds":50000000,"tokens_at":[]}"#;
const HEAP: &str = r#"{"meter":"heap","total_bytes":64,"total_blocks":2,"peak_bytes":64,"leaked_bytes":0,"tokens":0,"token_bytes":0,"token_blocks":0}"#;
const SPANS: &str = r#"{"meter":"spans","nanoseconds":51000000,"spans":[{"name":"decode","parent":null,"calls":2,"nanoseconds":40000000,"shortest":19000000,"longest":21000000}]}"#;
const SITES: &str = r#"{"meter":"sites","dhat":{"dhatFileVersion":2,"pps":[{"tb":64,"tbk":2,"fs":[1]}],"ftbl":["[root]","0x1: alloc::vec::from_elem (vec/mod.rs:40:9)"]}}"#;

/// A probe whose readings are always the same. Each run sleeps for a moment, so that a signal can meet it there.
fn probe(reading: &str, profile: &str) -> String {
    format!(
        r#"#!/bin/sh
while read -r line; do
  case "$line" in
    *'"ask":"hello"'*) echo "{{\"reply\":\"hello\",\"protocol\":3,\"meter\":\"clock\",\"isa\":\"avx2\",\"workloads\":$(cat workloads.json)}}" ;;
    *'"ask":"prepare"'*) echo '{{"reply":"prepared","isa":"avx2"}}' ;;
    *'"ask":"run"'*) sleep 0.001; echo '{{"reply":"ran","reading":{reading}}}' ;;
    *'"ask":"profile"'*) echo '{{"reply":"ran","reading":{profile}}}' ;;
    *'"ask":"check"'*) echo '{{"reply":"checked","wrong":null}}' ;;
  esac
done
"#
    )
}

/// Writes what the runner of gungraun (iai-callgrind) writes. It leaves a temporary folder if it is killed, as that does.
const CALLGRIND: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
  if [ "$1" = --home ]; then home=$2; fi
  shift
done
mkdir -p "$TMPDIR/gungraun.tmp$$" "$home/bench"
sleep 0.02
count=INSTRUCTIONS
echo "{\"version\":\"7\",\"profiles\":[{\"tool\":\"Callgrind\",\"data\":{\"total\":{\"metrics\":{\"Ir\":{\"values\":{\"new\":$count}}}}}}]}" > "$home/bench/summary.json"
echo "events: Ir
fn=engine::product'bench::run'main
1 $((count - 10))
fn=bench::run'main
1 10
cfn=engine::product'bench::run'main
calls=2 1
1 $((count - 10))
totals: $count" > "$home/bench/callgrind.case.out"
"#;

/// Prints its version, or runs a program unchanged.
const VALGRIND: &str = r#"#!/bin/sh
if [ "$1" = --version ]; then echo valgrind-3.19.0; exit; fi
while [ "${1#--}" != "$1" ]; do shift; done
exec "$@"
"#;
