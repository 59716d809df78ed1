//! `harness compare -- A -- B`: times two commands side by side, with the statistics of the gate.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use harness::collect::Bar;
use harness::command::{Definition, PHASE, Reads, start};
use harness::terminal::{Status, exact, show};
use harness::timing::{self, Scheduler, Sides};
use harness_abtest::{Rules, TimedPhase};
use harness_report::render::Format;
use harness_report::tables::command_pair::{CommandPair, table};

use super::{CommandOptions, ID};

/// Times two commands in pairs until one is known to be slower or not slower, or the budget is spent.
pub(crate) fn compare(
    options: &CommandOptions,
    time_limit: Duration,
    format: Format,
) -> Result<Status> {
    let definitions = options.definitions(true)?;
    let calls = harness::command::expand(&definitions)?;
    let [base, head] = calls.as_slice() else {
        bail!(
            "a comparison needs two commands, not {}; write them as `harness compare -- 'A' 'B'`, or time several by rounds with `harness run -- 'A' -- 'B' -- 'C'`",
            calls.len()
        );
    };
    let names = [base, head].map(|call| call.phase.clone());
    // A matrix of two values is two commands, so each side gets the definition of its own call.
    let sides = [0, 1].map(|side| one_call(&definitions, side));
    let [base, head] = sides.map(|definition| {
        move |_: &str, _: usize| -> Command {
            start(std::slice::from_ref(&definition), Reads::Time)
        }
    });
    let seed = timing::seed_of_now();
    let threads = std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u32);
    let rules = Rules::default();
    let timed = TimedPhase {
        workload: ID.to_owned(),
        phase: PHASE.to_owned(),
    };
    let budget = options.budget.unwrap_or(timing::BUDGET);
    let scheduler = Scheduler {
        sides: &Sides {
            base: &base,
            head: &head,
            copies: &|_| 1,
        },
        conditions: &timing::conditions(threads, None, time_limit),
        rules,
        suite: None,
        budget: Duration::from_secs(budget),
        seed,
    };
    let measured = scheduler.run(&[timed], &Bar::new())?.pop();
    let Some(measured) = measured else {
        bail!("nothing was measured")
    };
    if let Some(failure) = &measured.failure {
        let reason = ["base side: ", "head side: "]
            .iter()
            .find_map(|side| failure.strip_prefix(side))
            .unwrap_or(failure);
        bail!("{reason}; nothing is compared");
    }
    let pair = CommandPair {
        names: &names,
        measured: &measured,
        rules,
    };
    show(&[table(&pair, exact(format))], format)?;
    Ok(Status::Fine)
}

/// The definition of one call alone, in the phase that both sides have.
fn one_call(definitions: &[Definition], side: usize) -> Definition {
    let mut singles = definitions.iter().flat_map(Definition::singles);
    let single = singles.nth(side).unwrap_or_default();
    Definition {
        phase: None,
        ..single
    }
}
