//! Profiles in the formats of viewers that people already use, beside the flame graph as SVG.

mod pprof;
mod speedscope;
#[cfg(test)]
mod tests;

use harness_record::profile::Profile;

/// A profile of one side by one view, to be exported.
#[derive(Debug, Clone, Copy)]
pub struct Exported<'a> {
    /// Name of the side, if two sides are compared.
    pub side: Option<&'a str>,
    /// The profile.
    pub profile: &'a Profile,
}

impl Exported<'_> {
    /// Name of the profile in a viewer.
    fn title(&self) -> String {
        let Profile { view, .. } = self.profile;
        let place = self.profile.place();
        match self.side {
            Some(side) => format!("{place} by {} ({side})", view.name()),
            None => format!("{place} by {}", view.name()),
        }
    }

    /// The stacks with a cost of their own, outermost frame first, each with its cost in one run.
    fn stacks(&self) -> Vec<(Vec<&str>, u64)> {
        self.profile.tree.stacks(self.profile.seen().scale())
    }
}

/// A format of profiles.
#[derive(Debug, Clone, Copy)]
pub struct ProfileFormat {
    /// Name on the command line.
    pub name: &'static str,
    /// What reads it, for the help.
    pub about: &'static str,
    /// True if a file can hold two sides.
    pub has_sides: bool,
    write: fn(&[Exported<'_>]) -> Vec<u8>,
}

/// The registry: a new format needs its file, its `mod` line, and a line here.
static FORMATS: [ProfileFormat; 2] = [speedscope::FORMAT, pprof::FORMAT];

impl ProfileFormat {
    /// All formats, in the order of the help.
    pub fn all() -> &'static [Self] {
        &FORMATS
    }

    /// The format with this name.
    pub fn by_name(name: &str) -> Option<&'static Self> {
        Self::all().iter().find(|format| format.name == name)
    }

    /// The file with these profiles.
    pub fn write(&self, profiles: &[Exported<'_>]) -> Vec<u8> {
        (self.write)(profiles)
    }
}
