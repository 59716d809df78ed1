//! Sweeps over sizes: matrix products, GELU, softmax, and the elementwise operations on tensors. They are measured on demand.
//! Their unit grows with the size, so that sizes can be compared by throughput.

use std::sync::Arc;

use engine::variant::Variant;
use harness_probe::{Selection, Unit};

use super::elementwise::{Elementwise, Function};
use super::{Kernel, Operation, dimensions, gelu, matmul, softmax};

/// Every size of every sweep.
pub(super) fn kernels() -> Vec<Kernel> {
    let mut all = Vec::new();
    for n in [64, 128, 256, 512] {
        all.push(kernel(
            &[n],
            "multiply-add",
            (n * n * n) as u64,
            matmul::MatMul { m: n, k: n, n },
        ));
    }
    for count in [1_000, 10_000, 100_000, 1_000_000] {
        all.push(kernel(
            &[count],
            "element",
            count as u64,
            gelu::Gelu { count },
        ));
    }
    for columns in [256, 512, 1024, 2048] {
        all.push(kernel(
            &[columns],
            "element",
            columns as u64,
            softmax::Softmax { rows: 1, columns },
        ));
    }
    for function in [Function::Add, Function::Multiply] {
        for columns in [10_000, 1_000_000] {
            let operation = Elementwise {
                function,
                rows: 1,
                columns,
            };
            all.push(kernel(&[columns], "element", columns as u64, operation));
        }
    }
    for side in [100, 1_000] {
        let operation = Elementwise {
            function: Function::BroadcastAdd,
            rows: side,
            columns: side,
        };
        all.push(kernel(
            &[side, side],
            "element",
            (side * side) as u64,
            operation,
        ));
    }
    all
}

fn kernel(size: &[usize], unit: &str, per_run: u64, operation: impl Operation + 'static) -> Kernel {
    Kernel {
        id: format!("sweep/{}@{}", operation.work(), dimensions(size)),
        unit: Unit {
            name: unit.to_owned(),
            per_run,
        },
        selection: Selection::OnDemand,
        phases: phases(operation.axis()),
        operation: Arc::new(operation),
    }
}

/// The first and the last phase of the roadmap, and between them the implementations that neither uses, each alone.
/// An implementation that is fused with the operation before it is left out, because that operation is missing here.
fn phases(axis: &str) -> Vec<String> {
    let chosen = |phase: &str| {
        let choices = Variant::phase(phase)
            .map(|variant| variant.choices())
            .unwrap_or_default();
        choices
            .into_iter()
            .find(|(name, _)| *name == axis)
            .map_or("", |(_, choice)| choice)
    };
    let ends = ["naive", "optimized"];
    let mut names = ends.map(str::to_owned).to_vec();
    let choices = Variant::AXES
        .iter()
        .filter(|(name, _)| *name == axis)
        .flat_map(|(_, choices)| *choices);
    let fused_at_an_end = ends.iter().any(|end| chosen(end) == "fused");
    let others = choices.filter(|&&choice| {
        let same_as_fused = choice == "simd" && fused_at_an_end;
        !ends.iter().any(|end| chosen(end) == choice) && choice != "fused" && !same_as_fused
    });
    names.splice(1..1, others.map(|choice| format!("naive,{axis}={choice}")));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweeps_have_the_sizes_of_the_reference_workload_and_both_ends_of_the_roadmap() {
        let kernels = kernels();
        let ids: Vec<&str> = kernels.iter().map(|kernel| kernel.id.as_str()).collect();
        assert_eq!(
            ids.join(" "),
            "sweep/matmul@64 sweep/matmul@128 sweep/matmul@256 sweep/matmul@512 \
             sweep/gelu@1000 sweep/gelu@10000 sweep/gelu@100000 sweep/gelu@1000000 \
             sweep/softmax@256 sweep/softmax@512 sweep/softmax@1024 sweep/softmax@2048 \
             sweep/add@10000 sweep/add@1000000 sweep/multiply@10000 sweep/multiply@1000000 \
             sweep/broadcast_add@100x100 sweep/broadcast_add@1000x1000"
        );
        for kernel in &kernels {
            let ends = (
                kernel.phases.first().map(String::as_str),
                kernel.phases.last().map(String::as_str),
            );
            assert_eq!(ends, (Some("naive"), Some("optimized")), "{}", kernel.id);
            assert_eq!(kernel.selection, Selection::OnDemand);
        }
        assert_eq!(
            kernels[0].phases[1..3],
            ["naive,matmul=blocked", "naive,matmul=simd"]
        );
        let is_fused = |phase: &String| phase.ends_with("=fused") || phase.ends_with("=simd");
        assert!(
            !kernels[4..]
                .iter()
                .any(|kernel| kernel.phases.iter().any(is_fused))
        );
        assert_eq!(
            kernels[0].unit,
            Unit {
                name: "multiply-add".to_owned(),
                per_run: 262_144
            }
        );
    }
}
