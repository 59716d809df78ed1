//! Counts some rows of a record once more, to see if their counts repeat.

use harness_judge::counts::Suspect;
use harness_probe::Instrument;
use harness_record::Record;

use super::{MeasureError, Measured, Progress, Request, Selected};
use crate::collect::Greeting;

impl Measured<'_> {
    /// Counts the suspects once more and adds the readings to the rows of `record`, which was measured with this
    /// request. A count that fails adds nothing.
    ///
    /// # Errors
    /// If the measurement is interrupted.
    pub fn recount(
        &self,
        greeting: &Greeting,
        suspects: &[Suspect],
        request: &Request,
        record: &mut Record,
        progress: &dyn Progress,
    ) -> Result<(), MeasureError> {
        for instrument in Instrument::ALL {
            let selected = selected(greeting, suspects, instrument);
            if selected.is_empty() {
                continue;
            }
            let mut request = request.clone();
            request.plan.instruments = vec![instrument];
            let again = self.take(greeting, &selected, &request, progress)?;
            for row in again.rows {
                let mut rows = record.rows.iter_mut();
                let known = rows.find(|one| one.workload == row.workload && one.phase == row.phase);
                if let Some(known) = known {
                    known.recounts.extend(row.readings);
                }
            }
        }
        Ok(())
    }
}

/// The workloads and phases that an instrument counts again.
fn selected(greeting: &Greeting, suspects: &[Suspect], instrument: Instrument) -> Vec<Selected> {
    let is_suspect = |workload: &str, phase: &str| {
        suspects.iter().any(|one| {
            one.instrument == instrument && one.workload == workload && one.phase == phase
        })
    };
    let selected = greeting.workloads.iter().map(|workload| Selected {
        workload: workload.clone(),
        phases: workload
            .phases
            .iter()
            .filter(|phase| is_suspect(&workload.id, phase))
            .cloned()
            .collect(),
    });
    selected.filter(|one| !one.phases.is_empty()).collect()
}
