//! `harness watch`: measures again whenever the sources change, and shows what the change did.

use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use clap::Args;
use harness::collect::{self, Bar, MeasureError, Measured, Request};
use harness::process::{self, Held};
use harness::programs::ProgramError;
use harness::project::Project;
use harness::seconds::seconds_up_to;
use harness::terminal::{Status, alarm, notice, show};
use harness::timing::{MOST_TIMED, MatchedWorkloads, listed};
use harness::vcs::MeasuringLock;
use harness::watch::{self, Scope, Sources, State};
use harness_judge::compare::{RecordView, compare};
use harness_probe::Instrument;
use harness_record::metric::Quantity;
use harness_record::number::plain;
use harness_report::render::Format;
use harness_report::tables::{watch_counts, watch_times};

use super::options::{Metrics, Selection};
use super::run;

/// Measures again whenever the sources change, and shows what the change did
///
/// Counts are taken first and printed at once. Then the last build and the new one are timed in turn on one core. Each
/// workload is measured in its last phase, unless --phase names others. There is no verdict, and no record is kept: use
/// `harness gate --base` to judge a change. Each build has one layout here, so that a difference of up to 2 % may come
/// from the layout, which the gate averages out.
///
/// All files that the programs are built from are watched, except those that git ignores. The programs are built
/// incrementally, in release mode, so that a change is measured within seconds. Their counts may differ by a percent
/// from those of `harness run`, which does not build incrementally; set CARGO_INCREMENTAL=0 to build in the same way.
#[derive(Args)]
pub(crate) struct Watch {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    metrics: Metrics,
    /// Time to measure each workload after a change, in seconds, or such as 5s
    #[arg(long, value_name = "TIME", default_value_t = 2, value_parser = seconds_up_to(60))]
    budget: u64,
}

/// The request, and the states measured so far.
struct Session {
    project: Project,
    request: Request,
    budget: Duration,
    /// The first measured state, and the last one.
    states: Option<(Rc<State>, Rc<State>)>,
    /// Digest of the inputs of the last state's programs.
    digest: Option<[u8; 32]>,
}

impl Watch {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        // From here on Ctrl-C ends child programs only; the watch then returns.
        let _held = Held::new();
        match self.watch(project.clone()) {
            Err(error) if !process::stopped() => Err(error),
            _ => Ok(Status::Fine),
        }
    }

    fn watch(self, project: Project) -> Result<()> {
        let mut instruments = self.metrics.instruments(&project)?;
        // Times of two builds are compared by the clock.
        instruments
            .retain(|instrument| instrument.is_counted() || *instrument == Instrument::Clock);
        if instruments.is_empty() {
            bail!("watch reads time by the clock of the probe only; choose --metric clock");
        }
        let request = self.selection.request(&project, instruments);
        let budget = Duration::from_secs(self.budget);
        let mut session = Session {
            request,
            project,
            budget,
            states: None,
            digest: None,
        };
        let mut sources = session.sources();
        loop {
            session.round(&mut sources)?;
            notice(&format!("watching {} files; Ctrl-C ends", sources.count()));
            let edits = loop {
                match sources.wait() {
                    None => return Ok(()),
                    Some(edits) if edits.is_empty() => notice("written again, but nothing changed"),
                    Some(edits) => break edits,
                }
            };
            notice(&watch::told(&edits, &session.project.root));
            if edits
                .iter()
                .any(|edit| sources.scope().depends_on(&edit.path))
            {
                match Project::find(&session.project.root) {
                    Ok(project) => session.project = project,
                    Err(error) => alarm(&format!(
                        "{error}; the configuration from before stays in force"
                    )),
                }
                sources = session.sources();
            }
        }
    }
}

impl Session {
    fn sources(&self) -> Sources {
        let programs = collect::needed(&self.project.config, &self.request.plan.instruments);
        Sources::new(Scope::of(&self.project, &programs))
    }

    /// Builds and measures the current sources, and shows the differences. An error that another edit can fix is only
    /// printed. An error of the request ends the watch if there is no first state yet.
    fn round(&mut self, sources: &mut Sources) -> Result<()> {
        let error = match self.measure(sources) {
            Ok(()) => return Ok(()),
            Err(error) if process::stopped() => return Err(error),
            Err(error) => error,
        };
        match error.downcast_ref::<MeasureError>() {
            Some(MeasureError::Program(ProgramError::NoCargo(_))) => Err(error),
            Some(MeasureError::Plan(_)) if self.states.is_none() => Err(error),
            Some(MeasureError::Program(_) | MeasureError::Plan(_) | MeasureError::Probe(_)) => {
                alarm(&format!("{error:#}; waiting for the next change"));
                Ok(())
            }
            _ => Err(error),
        }
    }

    fn measure(&mut self, sources: &mut Sources) -> Result<()> {
        let built = watch::build(
            &self.project,
            &self.request.plan.instruments,
            self.request.quiet,
        )?;
        // The harness has built nothing if the inputs of the programs are unknown.
        if built.digest.is_some() {
            let message = format!("built in {}", seconds(built.took));
            if self.states.is_some() && built.digest == self.digest {
                notice(&format!(
                    "{message}; nothing changed in the programs, so nothing is measured"
                ));
                return Ok(());
            }
            notice(&message);
        }
        let began = Instant::now();
        let measured = Measured {
            project: &self.project,
            programs: &built.programs,
            commit: None,
        };
        let states = self.states.clone();
        let last = states.as_ref().map(|(_, last)| last.as_ref());
        let now = Rc::new(State::measure(&measured, &self.request, last, &Bar::new())?);
        self.show_counts(&now)?;
        let counted = began.elapsed();
        self.digest = built.digest;
        let first = states.as_ref().map_or(&now, |(first, _)| first);
        self.states = Some((Rc::clone(first), Rc::clone(&now)));
        let is_timed = self.request.plan.instruments.contains(&Instrument::Clock);
        if let (Some((first, last)), true) = (&states, is_timed) {
            self.show_times(first, last, &now, sources)?;
        }
        notice(&format!(
            "counts after {}, all after {}",
            seconds(counted),
            seconds(began.elapsed())
        ));
        Ok(())
    }

    fn show_counts(&self, now: &State) -> Result<()> {
        let Some(counts) = &now.counts else {
            return Ok(());
        };
        let Some((first, last)) = &self.states else {
            return show(
                &harness_report::run_tables(counts, &[], false, None),
                Format::TABLE,
            );
        };
        let Some(before) = &last.counts else {
            return Ok(());
        };
        let against_last = compare(RecordView::record(before), RecordView::record(counts));
        let started = first.counts.as_ref().filter(|_| !Rc::ptr_eq(first, last));
        let against_first =
            started.map(|first| compare(RecordView::record(first), RecordView::record(counts)));
        show(
            &[watch_counts::counts_table(
                &against_last,
                against_first.as_deref(),
            )],
            Format::TABLE,
        )?;
        // Missing readings are reported; the next change may fix them.
        run::outcome(counts);
        Ok(())
    }

    fn show_times(
        &self,
        first: &Rc<State>,
        last: &Rc<State>,
        now: &State,
        sources: &mut Sources,
    ) -> Result<()> {
        if sources.stirred() {
            notice("the sources have changed meanwhile: time is measured in the next round");
            return Ok(());
        }
        let plan = &self.request.plan;
        let field = MatchedWorkloads::of(plan, &last.greeting.workloads, &now.greeting.workloads)
            .map_err(MeasureError::from)?;
        if now.counts.is_none() {
            field
                .unmatched
                .iter()
                .for_each(|unmatched| notice(&unmatched.sentence()));
        }
        let (timed_phases, beyond) = field.timed(&[], &plan.phases, MOST_TIMED)?;
        if !beyond.is_empty() {
            notice(&format!(
                "the first {MOST_TIMED} workloads are timed; only counted are {}",
                listed(&beyond)
            ));
        }
        if timed_phases.is_empty() {
            return Ok(());
        }
        let _turn = MeasuringLock::wait(&self.project, &notice)?;
        let time = |before: &State| {
            watch::time(
                before,
                now,
                &timed_phases,
                &self.request,
                self.budget,
                &Bar::new(),
            )
        };
        let against_last = time(last)?;
        let is_timed_twice = !Rc::ptr_eq(first, last) && !sources.stirred();
        let against_first = is_timed_twice.then(|| time(first)).transpose()?;
        show(
            &[watch_times::times_table(
                &against_last,
                against_first.as_deref(),
            )],
            Format::TABLE,
        )
    }
}

fn seconds(time: Duration) -> String {
    plain(Quantity::Seconds, time.as_secs_f64())
}
