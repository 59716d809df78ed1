//! The width of a chart: a wide drawing for desktops and paper and a narrow one for phones, so that neither needs scrolling.

/// The width that a chart is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Desktop or paper: names beside the data.
    Wide,
    /// Phone: names above the data.
    Narrow,
}

impl Layout {
    pub(super) fn width(self) -> f64 {
        match self {
            Self::Wide => 860.0,
            Self::Narrow => 420.0,
        }
    }

    /// Margin at the left and at the right.
    pub(super) fn edge(self) -> f64 {
        match self {
            Self::Wide => 20.0,
            Self::Narrow => 10.0,
        }
    }

    /// Greatest width of a line of text. Without the bundled font, a browser's font may be up to 5 % wider.
    pub(super) fn line_width(self) -> f64 {
        (self.width() - 2.0 * self.edge()) * 0.95
    }

    pub(super) fn narrow(self) -> bool {
        self == Self::Narrow
    }
}
