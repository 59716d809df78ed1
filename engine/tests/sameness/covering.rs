//! A pairwise covering array: few variants that contain every pair of choices on two axes.

use engine::Variant;

/// Variants such that any two values of any two of `axes` occur together in one of them. Greedy, as in AETG (Cohen et
/// al., IEEE TSE 23, 1997), without its randomness.
pub(crate) fn pairwise(axes: &[(&'static str, Vec<&'static str>)]) -> Vec<Variant> {
    let mut missing = all_pairs(axes);
    let mut variants = Vec::new();
    while let Some(&(a, b)) = missing.first() {
        let mut choice: Vec<Option<usize>> = vec![None; axes.len()];
        choice[a.0] = Some(a.1);
        choice[b.0] = Some(b.1);
        for axis in 0..axes.len() {
            if choice[axis].is_none() {
                choice[axis] = Some(best_value(axis, axes[axis].1.len(), &choice, &missing));
            }
        }
        let taken = |&(a, b): &(Value, Value)| choice[a.0] == Some(a.1) && choice[b.0] == Some(b.1);
        missing.retain(|pair| !taken(pair));
        variants.push(build(axes, &choice));
    }
    variants
}

/// Index of an axis, and of a value on it.
type Value = (usize, usize);

fn all_pairs(axes: &[(&'static str, Vec<&'static str>)]) -> Vec<(Value, Value)> {
    let mut pairs = Vec::new();
    for a in 0..axes.len() {
        for b in a + 1..axes.len() {
            for i in 0..axes[a].1.len() {
                for j in 0..axes[b].1.len() {
                    pairs.push(((a, i), (b, j)));
                }
            }
        }
    }
    pairs
}

/// The value of `axis` that covers most missing pairs with what is chosen.
fn best_value(
    axis: usize,
    values: usize,
    choice: &[Option<usize>],
    missing: &[(Value, Value)],
) -> usize {
    let gain = |value: usize| {
        let own = (axis, value);
        let covers = |&&(a, b): &&(Value, Value)| {
            (a == own && choice[b.0] == Some(b.1)) || (b == own && choice[a.0] == Some(a.1))
        };
        missing.iter().filter(covers).count()
    };
    (0..values).max_by_key(|&value| gain(value)).unwrap_or(0)
}

fn build(axes: &[(&'static str, Vec<&'static str>)], choice: &[Option<usize>]) -> Variant {
    let mut variant = Variant::naive();
    for ((axis, values), chosen) in axes.iter().zip(choice) {
        variant = variant.with(axis, values[chosen.unwrap()]).unwrap();
    }
    variant
}

/// Every axis with all its values.
pub(crate) fn all_axes() -> Vec<(&'static str, Vec<&'static str>)> {
    let axes = Variant::AXES.iter();
    axes.map(|(axis, names)| (*axis, names.to_vec())).collect()
}

#[test]
fn the_array_covers_every_pair() {
    let axes = all_axes();
    let variants = pairwise(&axes);
    for (a, (axis_a, values_a)) in axes.iter().enumerate() {
        for (axis_b, values_b) in &axes[a + 1..] {
            for value_a in values_a {
                for value_b in values_b {
                    let holds = |variant: &Variant| {
                        let choices = variant.choices();
                        choices.contains(&(axis_a, value_a)) && choices.contains(&(axis_b, value_b))
                    };
                    assert!(
                        variants.iter().any(holds),
                        "{axis_a}={value_a}, {axis_b}={value_b}"
                    );
                }
            }
        }
    }
}
