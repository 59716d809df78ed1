//! Instruction counts from callgrind.

use harness_probe::Instrument;

use crate::metric::{Better, Figure, Metric, Quantity};
use crate::{Data, Row};

/// Instructions executed (Ir) per unit: per token, or per call of a kernel.
pub(super) struct Instructions;

impl Metric for Instructions {
    fn name(&self) -> &'static str {
        "instructions"
    }
    fn title(&self) -> &'static str {
        "instructions per token"
    }
    fn quantity(&self) -> Quantity {
        Quantity::Instructions
    }
    fn better(&self) -> Better {
        Better::Lower
    }
    fn instrument(&self) -> Instrument {
        Instrument::Callgrind
    }
    fn figure(&self, row: &Row) -> Option<Figure> {
        match row.reading(Instrument::Callgrind)?.data {
            Data::Callgrind { instructions } => Some(Figure::exact(instructions as f64 / row.unit.per_run as f64)),
            _ => None,
        }
    }
}
