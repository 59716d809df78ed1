//! A record compares with the baseline that was promoted from it.

use harness_judge::compare::{Comparability, RecordView, compare};
use harness_record::Data;
use harness_record::baseline::{Baseline, Store};
use harness_record::sample::awkward as sample;

#[test]
fn a_saved_baseline_compares_as_equal() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::new(folder.path());
    let baselines = Baseline::promote(&sample()).expect("promotable");
    store.save(&baselines[0]).expect("saved");
    let matching = store.matching(&sample()).expect("there is one");
    let comparisons = compare(
        RecordView::baseline(&matching.record),
        RecordView::record(&sample()),
    );
    assert_eq!(comparisons.len(), 7 + 7 + 1);
    assert!(
        comparisons
            .iter()
            .all(|comparison| comparison.state == Comparability::Comparable)
    );
}

#[test]
fn counts_read_with_two_instruction_sets_live_under_two_keys() {
    let mut record = sample();
    for row in &mut record.rows {
        for reading in &mut row.readings {
            if let Data::Dhat { .. } = reading.data {
                reading.isa = "avx512".to_owned();
            }
        }
    }
    let baselines = Baseline::promote(&record).expect("promotable");
    assert_eq!(
        baselines.iter().map(|b| b.isa.as_str()).collect::<Vec<_>>(),
        ["avx2", "avx512"]
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = Store::new(folder.path());
    store.save(&baselines[0]).expect("saved");
    let states = |store: &Store| -> Vec<String> {
        let matching = store.matching(&record).expect("at least one");
        let comparisons = compare(
            RecordView::baseline(&matching.record),
            RecordView::record(&record),
        );
        comparisons
            .iter()
            .map(|comparison| comparison.state.name().to_owned())
            .collect()
    };
    let half = states(&store);
    assert_eq!(
        half.iter().filter(|state| *state == "comparable").count(),
        3,
        "{half:?}"
    );
    assert_eq!(
        half.iter().filter(|state| *state == "missing").count(),
        12,
        "{half:?}"
    );
    store.save(&baselines[1]).expect("saved");
    assert!(states(&store).iter().all(|state| state == "comparable"));
}
