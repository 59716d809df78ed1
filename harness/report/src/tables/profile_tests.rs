//! Tables of profiles as people read them. Tests of the printing code check that no number is lost.

use harness_abtest::Interval;
use harness_probe::Unit;
use harness_record::profile::*;
use harness_record::sample::environment;

use super::profile::{finding, tables};
use super::profile_difference::difference_table;
use super::system::system;
use super::widths;
use crate::render::Format;

fn node(name: &str, own: u64, calls: u64, children: Vec<Node>) -> Node {
    let range = (calls > 0).then(|| (own / (2 * calls), 2 * own / calls));
    Node {
        name: name.to_owned(),
        own,
        calls,
        range,
        children,
    }
}

fn profile(view: View, roots: Vec<Node>) -> Profile {
    Profile {
        view,
        workload: "medium/inference".to_owned(),
        phase: "optimized".to_owned(),
        unit: Unit {
            name: "token".to_owned(),
            per_run: 50,
        },
        runs: 2,
        isa: "avx512".to_owned(),
        threads: 1,
        tree: Tree { roots },
        sites: Vec::new(),
        cost: None,
    }
}

fn decoding() -> Profile {
    let half = |product: &str, calls| {
        vec![
            node(product, 7_000_000, calls, vec![]),
            node("layer_norm", 1_000_000, calls, vec![]),
        ]
    };
    let blocks = vec![
        node("mlp block", 100_000, 400, half("expand product", 400)),
        node("attention block", 100_000, 400, half("qkv product", 400)),
        node("tiny", 1000, 1, vec![]),
    ];
    profile(
        View::Time,
        vec![
            node("decode", 200_000, 100, blocks),
            node(BETWEEN, 300_000, 0, vec![]),
        ],
    )
}

fn shown(tables: &[crate::render::Table], format: Format) -> String {
    anstream::adapter::strip_str(&format.render(tables)).to_string()
}

#[test]
fn hot_paths_most_called_and_the_hierarchy() {
    let interval = Interval {
        low: 0.99,
        high: 1.02,
        level: 0.95,
    };
    let profile = Profile {
        cost: Some(Cost {
            ratio: 1.012,
            interval,
            pairs: 40,
        }),
        ..decoding()
    };
    insta::assert_snapshot!(shown(
        &tables(&profile, &Kinds::default(), false),
        Format::TABLE
    ));
    insta::assert_snapshot!(
        "hierarchy_in_markdown",
        shown(
            &tables(&profile, &Kinds::default(), false)[2..],
            Format::MARKDOWN
        )
    );
}

#[test]
fn the_finding_is_the_share_of_the_largest_kinds() {
    let kinds = Kinds::new(vec![
        Kind::new("matrix product", &["product"]),
        Kind::new("normalization", &["norm"]),
    ]);
    assert_eq!(
        finding(&decoding(), &kinds),
        "matrix product takes 84 % of the time; normalization 12 %, other 4 %"
    );
    let nothing = profile(View::Allocations, vec![]);
    assert_eq!(finding(&nothing, &kinds), "nothing was recorded");
}

#[test]
fn where_nothing_is_allocated_one_line_says_so() {
    let tables = tables(
        &profile(View::Allocations, vec![]),
        &Kinds::default(),
        false,
    );
    insta::assert_snapshot!(shown(&tables, Format::TABLE));
}

#[test]
fn a_long_list_is_cut_with_a_note() {
    let roots = (0..40)
        .map(|place| node(&format!("f{place}"), 100 - place, 1, vec![]))
        .collect();
    let profile = profile(View::Instructions, roots);
    let short = &tables(&profile, &Kinds::default(), false)[0];
    assert_eq!(short.rows.len(), 15);
    assert!(
        short
            .notes
            .iter()
            .any(|note| note == "the first 15 of 40; json and csv contain all"),
        "{:?}",
        short.notes
    );
    assert_eq!(tables(&profile, &Kinds::default(), true)[0].rows.len(), 40);
}

#[test]
fn differences_as_a_table() {
    let base = decoding();
    let mut head = decoding();
    head.runs = 4;
    head.tree.roots[0].children[0].children[0].own *= 3;
    head.tree.roots.push(node("sampling", 5000, 100, vec![]));
    let table = difference_table(
        "base -> head".to_owned(),
        View::Time,
        base.seen(),
        head.seen(),
        5,
        false,
    );
    insta::assert_snapshot!(shown(&[table], Format::TABLE));
}

#[test]
fn long_names_fit_a_terminal() {
    let symbol = "<alloc::vec::Vec<core::option::Option<engine::session::sequence::Sequence>, alloc::alloc::Global> as \
                  core::iter::traits::collect::FromIterator<T>>::from_iter_with_a_capacity";
    let mut long = decoding();
    long.tree.roots[0].name = symbol.to_owned();
    long.tree.roots[0].children[0].name = symbol.replace(' ', "");
    widths::check("profile", &tables(&long, &Kinds::default(), false));
    let mut head = long.clone();
    head.tree.roots[0].children[0].own *= 3;
    let table = difference_table(
        "base -> head".to_owned(),
        View::Time,
        long.seen(),
        head.seen(),
        5,
        false,
    );
    widths::check("profile --diff", &[table]);
}

#[test]
fn the_machine_is_told() {
    let table = system(
        &environment(),
        &[decoding(), profile(View::Allocations, vec![])],
    );
    insta::assert_snapshot!(shown(&[table], Format::TABLE));
}
