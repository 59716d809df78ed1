//! How wide a chart is laid out: one drawing for desks and paper, one for phones, so that neither has to be scrolled.

/// The room that a chart is laid out for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// A desk, or paper: names beside the data.
    Wide,
    /// A phone: names above the data.
    Narrow,
}

impl Layout {
    pub(super) fn width(self) -> f64 {
        match self {
            Self::Wide => 860.0,
            Self::Narrow => 420.0,
        }
    }

    /// Empty room at the left and at the right.
    pub(super) fn edge(self) -> f64 {
        match self {
            Self::Wide => 20.0,
            Self::Narrow => 10.0,
        }
    }

    pub(super) fn narrow(self) -> bool {
        self == Self::Narrow
    }
}
