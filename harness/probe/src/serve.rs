//! The loop of a probe: read a request, carry it out, reply.

use std::io::{self, BufRead, Write};
use std::ops::ControlFlow;

use crate::protocol::{Reply, Request, VERSION};
use crate::replies::take_stdout;
use crate::{Case, Meter, Options, Prepared, Suite};

/// Serves requests on standard input until it ends. Whatever workloads print meanwhile goes to standard error.
///
/// # Errors
/// If a stream cannot be read or written.
pub fn serve_stdio(suite: &dyn Suite, meter: &mut dyn Meter) -> io::Result<()> {
    serve(suite, meter, io::stdin().lock(), take_stdout()?)
}

/// Serves requests from `input` until it ends, one reply on `output` for each.
///
/// # Errors
/// If a stream cannot be read or written.
pub fn serve(
    suite: &dyn Suite,
    meter: &mut dyn Meter,
    input: impl BufRead,
    output: impl Write,
) -> io::Result<()> {
    let mut stream = Stream { input, output };
    let mut next = stream.next(suite, meter)?;
    while let Some(request) = next {
        next = match request {
            Request::Prepare {
                workload,
                phase,
                options,
            } => {
                let case = Case { workload, phase };
                stream.serve_case(suite, meter, &case, &options)?
            }
            Request::Check => stream.refuse("nothing has run: send prepare and run first")?,
            _ => stream.refuse("nothing is prepared: send prepare first")?,
        };
        if next.is_none() {
            next = stream.next(suite, meter)?;
        }
    }
    Ok(())
}

/// The two ends of the conversation with a harness.
struct Stream<I, O> {
    input: I,
    output: O,
}

impl<I: BufRead, O: Write> Stream<I, O> {
    /// Reads the next request that a suite or a prepared workload has to carry out; none at the end of the input.
    /// Replies to all others.
    fn next(&mut self, suite: &dyn Suite, meter: &dyn Meter) -> io::Result<Option<Request>> {
        loop {
            // Read as bytes, so that a line that is not Unicode gets an error as its reply and the loop continues.
            let mut line = Vec::new();
            if self.input.read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            match serde_json::from_slice(&line) {
                Ok(Request::Hello) => self.reply(&hello(suite, meter))?,
                Ok(request) => return Ok(Some(request)),
                Err(error) => self.error(format!("cannot read the request: {error}"))?,
            }
        }
    }

    /// Prepares a workload and serves its requests. Returns the request that ended this, if the input has not ended.
    fn serve_case(
        &mut self,
        suite: &dyn Suite,
        meter: &mut dyn Meter,
        case: &Case,
        options: &Options,
    ) -> io::Result<Option<Request>> {
        let mut served = None;
        let prepared = options.check().and_then(|()| {
            suite.with_prepared(case, options, &mut |prepared| {
                served = Some(self.serve_prepared(suite, meter, prepared, options));
            })
        });
        match (served, prepared) {
            // An error after the last request has no reader: the workload has been measured and checked.
            (Some(served), _) => served,
            (None, Err(error)) => self.refuse(error.to_string()),
            (None, Ok(())) => self.refuse(format!("{case} measures nothing")),
        }
    }

    fn serve_prepared(
        &mut self,
        suite: &dyn Suite,
        meter: &mut dyn Meter,
        prepared: &mut dyn Prepared,
        options: &Options,
    ) -> io::Result<Option<Request>> {
        let isa = prepared.isa();
        let threads = prepared
            .threads()
            .filter(|threads| *threads != options.threads);
        self.reply(&Reply::Prepared {
            isa,
            threads,
            starts_processes: prepared.starts_processes(),
        })?;
        let mut has_run = false;
        while let Some(request) = self.next(suite, meter)? {
            match carry_out(request, meter, prepared, &mut has_run) {
                ControlFlow::Continue(reply) => {
                    self.reply(&reply.unwrap_or_else(|message| Reply::Error { message }))?;
                }
                // The workload is dropped before the next is prepared, so that two models need not fit in memory together.
                ControlFlow::Break(next) => return Ok(Some(next)),
            }
        }
        Ok(None)
    }

    fn refuse(&mut self, message: impl Into<String>) -> io::Result<Option<Request>> {
        self.error(message.into())?;
        Ok(None)
    }

    fn error(&mut self, message: String) -> io::Result<()> {
        self.reply(&Reply::Error { message })
    }

    fn reply(&mut self, reply: &Reply) -> io::Result<()> {
        serde_json::to_writer(&mut self.output, reply)?;
        self.output.write_all(b"\n")?;
        self.output.flush()
    }
}

fn hello(suite: &dyn Suite, meter: &dyn Meter) -> Reply {
    Reply::Hello {
        protocol: VERSION,
        meter: meter.name().to_owned(),
        isa: suite.isa().to_owned(),
        workloads: suite.describe(),
        phases: suite.phases(),
    }
}

/// Carries out a request on the prepared workload, or returns it if it prepares another one.
fn carry_out(
    request: Request,
    meter: &mut dyn Meter,
    prepared: &mut dyn Prepared,
    has_run: &mut bool,
) -> ControlFlow<Request, Result<Reply, String>> {
    let reply = match request {
        Request::Hello | Request::Prepare { .. } => return ControlFlow::Break(request),
        Request::WarmUp => {
            prepared.warm_up();
            Ok(Reply::WarmedUp)
        }
        Request::Run { iterations: 0 } | Request::Profile { iterations: 0 } => {
            Err("a run needs at least one iteration".to_owned())
        }
        Request::Run { iterations } => meter.try_read(prepared, iterations).map(|reading| {
            *has_run = true;
            Reply::Ran { reading }
        }),
        Request::Profile { iterations } => meter.profile(prepared, iterations).map(|reading| {
            *has_run = true;
            Reply::Ran { reading }
        }),
        Request::Check if *has_run => {
            let wrong = prepared.check().err();
            Ok(Reply::Checked {
                unchecked: wrong.is_none() && !prepared.has_answer(),
                wrong,
            })
        }
        Request::Check => Err("nothing has run: send prepare and run first".to_owned()),
    };
    ControlFlow::Continue(reply)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::protocol::Reading;
    use crate::{Clock, Instrument, Options, Registry, Selection, Unit, Workload, WorkloadError};

    /// Adds numbers. In the phase `broken` it adds one number too many.
    struct Sum;

    struct PreparedSum {
        upto: u64,
        sum: u64,
    }

    impl Workload for Sum {
        fn id(&self) -> &str {
            "sum"
        }
        fn unit(&self) -> Unit {
            Unit {
                name: "token".to_owned(),
                per_run: 3,
            }
        }
        fn definition(&self) -> Value {
            json!({"upto": 3})
        }
        fn answer(&self) -> Value {
            json!(6)
        }
        fn phases(&self) -> Vec<String> {
            vec!["right".to_owned(), "broken".to_owned()]
        }
        fn instruments(&self) -> Vec<Instrument> {
            vec![Instrument::Clock]
        }
        fn selection(&self) -> Selection {
            Selection::Quick
        }
        fn prepare(&self, phase: &str, _: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
            let upto = match phase {
                "right" => 3,
                "broken" => 4,
                other => return Err(WorkloadError::new(format!("there is no phase {other}"))),
            };
            Ok(Box::new(PreparedSum { upto, sum: 0 }))
        }
    }

    impl Prepared for PreparedSum {
        fn run(&mut self, on_token: &mut dyn FnMut()) {
            self.sum = 0;
            for number in 1..=self.upto {
                self.sum += number;
                on_token();
            }
        }
        fn check(&mut self) -> Result<(), String> {
            if self.sum == 6 {
                Ok(())
            } else {
                Err(format!("the sum is {}, expected 6", self.sum))
            }
        }
        fn isa(&self) -> String {
            "plain".to_owned()
        }
    }

    fn replies_to(requests: impl AsRef<[u8]>) -> Vec<Reply> {
        let registry = Registry::new("plain", vec![Box::new(Sum)]).expect("one workload");
        let mut output = Vec::new();
        serve(&registry, &mut Clock::new(), requests.as_ref(), &mut output)
            .expect("writing to memory cannot fail");
        output
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(parse)
            .collect()
    }

    fn parse(line: &[u8]) -> Reply {
        serde_json::from_slice(line).expect("a reply")
    }

    const PREPARE: &str =
        r#"{"ask":"prepare","workload":"sum","phase":"right","options":{"threads":1,"isa":null}}"#;

    #[test]
    fn hello_describes_the_probe() {
        let replies = replies_to(r#"{"ask":"hello"}"#);
        let [
            Reply::Hello {
                protocol,
                meter,
                workloads,
                ..
            },
        ] = replies.as_slice()
        else {
            panic!("{replies:?}")
        };
        assert_eq!((*protocol, meter.as_str()), (VERSION, "clock"));
        assert_eq!(workloads[0].phases, ["right", "broken"]);
        assert_eq!(workloads[0].definition, crate::digest(&json!({"upto": 3})));
    }

    #[test]
    fn token_times_are_recorded_in_a_single_run_only() {
        let replies = replies_to(format!(
            "{PREPARE}\n{}\n{}\n{}\n",
            r#"{"ask":"run","iterations":1}"#,
            r#"{"ask":"run","iterations":2}"#,
            r#"{"ask":"check"}"#
        ));
        let [
            _,
            Reply::Ran {
                reading:
                    Reading::Clock {
                        nanoseconds,
                        tokens_at,
                        ..
                    },
            },
            Reply::Ran { reading: second },
            checked,
        ] = replies.as_slice()
        else {
            panic!("{replies:?}")
        };
        assert_eq!(tokens_at.len(), 3);
        assert!(tokens_at.is_sorted() && tokens_at[2] <= *nanoseconds);
        assert!(matches!(second, Reading::Clock { tokens_at, .. } if tokens_at.is_empty()));
        assert_eq!(
            *checked,
            Reply::Checked {
                wrong: None,
                unchecked: false
            }
        );
    }

    #[test]
    fn a_profile_is_a_run_whose_answer_can_be_checked() {
        let replies = replies_to(format!(
            "{PREPARE}\n{}\n{}\n",
            r#"{"ask":"profile","iterations":2}"#, r#"{"ask":"check"}"#
        ));
        let [
            _,
            Reply::Ran {
                reading: Reading::Spans { .. },
            },
            checked,
        ] = replies.as_slice()
        else {
            panic!("{replies:?}")
        };
        assert_eq!(
            *checked,
            Reply::Checked {
                wrong: None,
                unchecked: false
            }
        );
    }

    #[test]
    fn a_meter_without_a_profile_is_an_error() {
        struct Scales;
        impl Meter for Scales {
            fn name(&self) -> &'static str {
                "scales"
            }
            fn read(&mut self, _: &mut dyn Prepared, _: u64) -> Reading {
                Reading::Clock {
                    nanoseconds: 1,
                    waited: 0,
                    tokens_at: Vec::new(),
                }
            }
        }
        let registry = Registry::new("plain", vec![Box::new(Sum)]).expect("one workload");
        let mut output = Vec::new();
        let requests = format!("{PREPARE}\n{}\n", r#"{"ask":"profile","iterations":1}"#);
        serve(&registry, &mut Scales, requests.as_bytes(), &mut output)
            .expect("writing to memory cannot fail");
        let last = output
            .split(|&byte| byte == b'\n')
            .rfind(|line| !line.is_empty())
            .map(parse);
        let message = "this probe has no profile for its meter (scales)".to_owned();
        assert_eq!(last, Some(Reply::Error { message }));
    }

    #[test]
    fn a_wrong_answer_is_described() {
        let broken = PREPARE.replace("right", "broken");
        let replies = replies_to(format!(
            "{broken}\n{}\n{}\n",
            r#"{"ask":"run","iterations":1}"#, r#"{"ask":"check"}"#
        ));
        assert_eq!(
            replies[2],
            Reply::Checked {
                wrong: Some("the sum is 10, expected 6".to_owned()),
                unchecked: false,
            }
        );
    }

    #[test]
    fn every_misuse_gets_an_error_and_the_loop_continues() {
        let unknown = PREPARE.replace("sum", "product");
        let phase = PREPARE.replace("right", "left");
        let threads = PREPARE.replace(r#""threads":1"#, r#""threads":0"#);
        let requests = [
            "rubbish",
            r#"{"ask":"run","iterations":1}"#,
            r#"{"ask":"check"}"#,
            &unknown,
            &phase,
            &threads,
            PREPARE,
        ];
        let replies = replies_to(format!(
            "{}\n{}\n",
            requests.join("\n"),
            [
                r#"{"ask":"run","iterations":0}"#,
                r#"{"ask":"profile","iterations":0}"#
            ]
            .join("\n")
        ));
        let messages: Vec<_> = replies
            .iter()
            .map(|reply| match reply {
                Reply::Error { message } => message.split(':').next().expect("a sentence"),
                _ => "fine",
            })
            .collect();
        assert_eq!(
            messages,
            [
                "cannot read the request",
                "nothing is prepared",
                "nothing has run",
                "there is no workload product",
                "there is no phase left",
                "0 threads are not possible; request 1 to 1024",
                "fine",
                "a run needs at least one iteration",
                "a run needs at least one iteration",
            ]
        );
    }

    #[test]
    fn a_line_that_is_not_unicode_gets_an_error() {
        let replies = replies_to(b"\xff\xfe\n{\"ask\":\"hello\"}\n");
        assert!(
            matches!(
                replies.as_slice(),
                [Reply::Error { .. }, Reply::Hello { .. }]
            ),
            "{replies:?}"
        );
    }

    #[test]
    fn two_workloads_with_the_same_id_are_refused() {
        let error = Registry::new("plain", vec![Box::new(Sum), Box::new(Sum)])
            .err()
            .expect("an error");
        assert_eq!(
            error.to_string(),
            "two workloads are called sum: give one of them another id"
        );
    }
}
