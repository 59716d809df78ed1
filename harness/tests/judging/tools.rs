//! Scripts that stand in for the measuring programs, so that a test decides their answers.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::project::{CONFIGURATION, Done, Project};

/// Programs that the harness itself starts, and those that the scripts use.
const PROGRAMS: [&str; 10] = [
    "sh", "cat", "mkdir", "sed", "sleep", "rustc", "git", "uname", "getconf", "env",
];

/// A project whose programs are scripts, with a path that has few other programs.
pub(crate) struct Tools {
    pub(crate) project: Project,
}

impl Tools {
    /// Makes a project in which everything works: two workloads in two phases, one of them in the short selection.
    pub(crate) fn new() -> Self {
        Self::in_project(Project::new())
    }

    /// The same in a project that exists.
    pub(crate) fn in_project(project: Project) -> Self {
        project.write(
            "harness.toml",
            &format!(
                r#"{CONFIGURATION}
            probe = {{ command = ["./probe"] }}
            heap = {{ command = ["./heap"] }}
            criterion = {{ command = ["./criterion"] }}
            callgrind = {{ command = ["./callgrind"] }}
            "#
            ),
        );
        for program in PROGRAMS {
            let paths = std::env::var_os("PATH").expect("a path");
            let found = std::env::split_paths(&paths)
                .map(|folder| folder.join(program))
                .find(|path| path.is_file());
            if let Some(found) = found {
                fs::create_dir_all(project.path("bin")).expect("made");
                symlink(found, project.path("bin").join(program)).expect("linked");
            }
        }
        let tools = Self { project };
        tools.workloads(&[("model/decode", true), ("kernel/gelu", false)]);
        tools.probe("", "");
        tools.script("heap", &probe(HEAP, SITES, "", ""));
        tools.script("callgrind", CALLGRIND);
        tools.script("criterion", CRITERION);
        tools.script("bin/valgrind", VALGRIND);
        tools
    }

    /// Sets the workloads that the probe offers: ids, and true for those in the short selection.
    pub(crate) fn workloads(&self, workloads: &[(&str, bool)]) {
        let one = |(id, quick): &(&str, bool)| {
            let selection = if *quick { "quick" } else { "standard" };
            format!(
                r#"{{"id":"{id}","unit":{{"name":"token","per_run":1}},"definition":"d","answer":"a","phases":["naive","optimized"],"instruments":["clock","criterion","callgrind","dhat"],"selection":"{selection}"}}"#
            )
        };
        let all: Vec<String> = workloads.iter().map(one).collect();
        self.project
            .write("workloads.json", &format!("[{}]", all.join(",")));
    }

    /// Makes the timed probe run the shell code `instead` in place of its answer to the request `request`.
    pub(crate) fn probe(&self, request: &str, instead: &str) {
        self.script("probe", &probe(CLOCK, SPANS, request, instead));
    }

    /// The text of a script, without its first line.
    pub(crate) fn script_of(&self, name: &str) -> String {
        let text = self.project.read(name);
        text.strip_prefix("#!/bin/sh\n")
            .expect("a script")
            .to_owned()
    }

    /// Writes an executable script.
    pub(crate) fn script(&self, name: &str, text: &str) {
        self.project.write(name, &format!("#!/bin/sh\n{text}"));
        let path = self.project.path(name);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("made executable");
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        self.project
            .run_on(arguments, Some(&self.project.path("bin")))
    }

    /// Runs a command with these variables in the environment.
    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Done {
        let path = self.project.path("bin");
        let variables = variables
            .iter()
            .map(|(name, value)| (*name, OsStr::new(value)));
        let variables: Vec<_> = variables.chain([("PATH", path.as_os_str())]).collect();
        self.project.run_with(arguments, &variables)
    }

    /// Runs a command that must end with exit status 2 and one sentence on standard error, and returns that.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        self.run(arguments).refusal(arguments)
    }

    /// Removes a program from the path.
    pub(crate) fn without(&self, program: &str) {
        fs::remove_file(self.project.path("bin").join(Path::new(program))).expect("it was there");
    }
}

const CLOCK: &str = r#"{"meter":"clock","nanoseconds":50000000,"tokens_at":[]}"#;
const HEAP: &str = r#"{"meter":"heap","total_bytes":64,"total_blocks":2,"peak_bytes":64,"leaked_bytes":0,"tokens":0,"token_bytes":0,"token_blocks":0}"#;

/// Takes a millisecond more than a run without spans.
const SPANS: &str = r#"{"meter":"spans","nanoseconds":51000000,"spans":[{"name":"decode","parent":null,"calls":2,"nanoseconds":40000000,"shortest":19000000,"longest":21000000},{"name":"layer_norm","parent":0,"calls":4,"nanoseconds":10000000,"shortest":2000000,"longest":3000000},{"name":"head product","parent":0,"calls":2,"nanoseconds":25000000,"shortest":12000000,"longest":13000000}]}"#;
const SITES: &str = r#"{"meter":"sites","dhat":{"dhatFileVersion":2,"pps":[{"tb":48,"tbk":1,"fs":[1,2,3,5]},{"tb":16,"tbk":1,"fs":[1,2,4,5]}],"ftbl":["[root]","0x1: alloc::vec::from_elem (vec/mod.rs:40:9)","0x2: engine::buffers::Buffers::take (src/buffers.rs:67:26)","0x3: engine::session::Pass::product (src/forward.rs:221:13)","0x4: engine::session::Pass::norm (src/forward.rs:229:13)","0x5: heap::main (heap.rs:1:1)"]}}"#;

/// The script of a probe: its reading of a run, its reading of a profile, and the code that it runs `instead` of its
/// answer to the request `request`.
fn probe(reading: &str, profile: &str, request: &str, instead: &str) -> String {
    let special = match request {
        "" => String::new(),
        request => format!("*'\"ask\":\"{request}\"'*) {instead} ;;"),
    };
    format!(
        r#"while read -r line; do
  case "$line" in
    {special}
    *'"ask":"hello"'*) echo "{{\"reply\":\"hello\",\"protocol\":3,\"meter\":\"clock\",\"isa\":\"avx2\",\"workloads\":$(cat workloads.json)}}" ;;
    *'"ask":"prepare"'*) echo '{{"reply":"prepared","isa":"avx2"}}' ;;
    *'"ask":"run"'*) echo '{{"reply":"ran","reading":{reading}}}' ;;
    *'"ask":"profile"'*) echo '{{"reply":"ran","reading":{profile}}}' ;;
    *'"ask":"check"'*) echo '{{"reply":"checked","wrong":null}}' ;;
  esac
done
"#
    )
}

/// Writes the summary that the runner of iai-callgrind writes, with a thousand instructions for the first case and one
/// more for each later one, and the profile that callgrind writes.
const CALLGRIND: &str = r#"
while [ $# -gt 0 ]; do
  if [ "$1" = --home ]; then home=$2; fi
  shift
done
before=$(cat workloads.json)
before=${before%%\"$HARNESS_WORKLOAD\"*}
case=-2
while [ "$before" != "${before#*\"id\"}" ]; do
  before=${before#*\"id\"}
  case=$((case + 2))
done
[ "$HARNESS_PHASE" = optimized ] && case=$((case + 1))
count=$((1000 + case))
mkdir -p "$home/bench"
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

/// Writes the files that criterion writes.
const CRITERION: &str = r#"
mkdir -p "$CRITERION_HOME/case/new"
echo '{"mean":{"confidence_interval":{"confidence_level":0.95,"lower_bound":99.0,"upper_bound":102.0},"point_estimate":100.0},"slope":null}' > "$CRITERION_HOME/case/new/estimates.json"
echo '{"iters":[1.0],"times":[100.0]}' > "$CRITERION_HOME/case/new/sample.json"
"#;

/// Prints its version, or runs a program unchanged.
const VALGRIND: &str = r#"
if [ "$1" = --version ]; then echo valgrind-3.19.0; exit; fi
while [ "${1#--}" != "$1" ]; do shift; done
exec "$@"
"#;
