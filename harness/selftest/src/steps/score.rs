//! Precision, recall and F1 of change points.

use std::collections::BTreeSet;

/// Shares of a series, or their means over several.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Score {
    /// Share of the found change points that an annotator confirms.
    pub precision: f64,
    /// Share of the annotated change points that were found, as the mean over the annotators.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

/// Scores change points against annotations, as the Turing Change Point Dataset does (van den Burg and Williams, "An
/// evaluation of change point detection algorithms", 2020).
///
/// A found change point confirms an annotated one if they are at most `margin` apart, each at most one. Index 0 counts
/// as a change point on both sides, so that a series without a step can be right.
pub fn score(annotations: &[Vec<usize>], found: &[usize], margin: usize) -> Score {
    let with_start = |steps: &[usize]| steps.iter().copied().chain([0]).collect::<BTreeSet<_>>();
    let found = with_start(found);
    let sets: Vec<_> = annotations.iter().map(|steps| with_start(steps)).collect();
    let any = sets.iter().flatten().copied().collect();
    let share = |hits: usize, of: usize| hits as f64 / of as f64;
    let precision = share(hits(&any, &found, margin), found.len());
    let recalls = sets
        .iter()
        .map(|steps| share(hits(steps, &found, margin), steps.len()));
    let recall = recalls.sum::<f64>() / sets.len().max(1) as f64;
    let sum = precision + recall;
    let f1 = if sum > 0.0 {
        2.0 * precision * recall / sum
    } else {
        0.0
    };
    Score {
        precision,
        recall,
        f1,
    }
}

/// Number of true steps that have a found one within the margin; the nearest one is used up.
fn hits(steps: &BTreeSet<usize>, found: &BTreeSet<usize>, margin: usize) -> usize {
    let mut open = found.clone();
    let is_hit = |step: &&usize| {
        let near = open
            .iter()
            .copied()
            .filter(|one| one.abs_diff(**step) <= margin);
        match near.min_by_key(|one| (one.abs_diff(**step), *one)) {
            Some(one) => open.remove(&one),
            None => false,
        }
    };
    steps.iter().filter(is_hit).count()
}

impl Score {
    /// Means over several series; zeros for none.
    pub fn mean(scores: &[Self]) -> Self {
        let mean =
            |of: fn(&Self) -> f64| scores.iter().map(of).sum::<f64>() / scores.len().max(1) as f64;
        Self {
            precision: mean(|one| one.precision),
            recall: mean(|one| one.recall),
            f1: mean(|one| one.f1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_found_step_confirms_one_true_step() {
        let scored = score(&[vec![10, 20]], &[12, 13, 40], 5);
        // Of 0, 12, 13, 40 the first two are right; of 0, 10, 20 the same two were found.
        assert_eq!((scored.precision, scored.recall), (0.5, 2.0 / 3.0));
        assert_eq!(score(&[vec![10]], &[16], 5).recall, 0.5);
    }

    #[test]
    fn precision_needs_one_annotator_and_recall_is_their_mean() {
        let scored = score(&[vec![10], vec![]], &[10], 2);
        assert_eq!((scored.precision, scored.recall), (1.0, 1.0));
        let scored = score(&[vec![10], vec![]], &[], 2);
        assert_eq!((scored.precision, scored.recall), (1.0, 0.75));
    }

    #[test]
    fn no_step_in_a_series_without_one_is_right() {
        assert_eq!(score(&[vec![]], &[], 5).f1, 1.0);
        assert!(score(&[vec![]], &[30], 5).f1 < 0.7);
        assert_eq!(Score::mean(&[]), Score::default());
    }
}
