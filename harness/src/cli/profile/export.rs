//! `--export FORMAT=FILE` of `harness profile`: profiles for other viewers.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use harness::terminal::notice;
use harness_record::atomic_file;
use harness_record::profile::Profile as Seen;
use harness_record::suggestion::suggestion;
use harness_report::render::{Exported, ProfileFormat};

use super::side::Side;

/// A file to write in a format.
#[derive(Debug, Clone)]
pub(super) struct Export {
    format: &'static ProfileFormat,
    file: PathBuf,
}

/// Reads `speedscope=FILE`.
pub(super) fn parse(text: &str) -> Result<Export, String> {
    let names = || ProfileFormat::all().iter().map(|format| format.name);
    let Some((name, file)) = text.split_once('=').filter(|(_, file)| !file.is_empty()) else {
        let names = names().collect::<Vec<_>>().join(" or ");
        return Err(format!("write FORMAT=FILE, with {names} as the format"));
    };
    let format = ProfileFormat::by_name(name)
        .ok_or_else(|| format!("there is no format `{name}`; {}", suggestion(name, names())))?;
    Ok(Export {
        format,
        file: file.into(),
    })
}

/// Returns an error for a file that cannot be written, or that cannot have two sides.
pub(super) fn check(exports: &[Export], has_sides: bool) -> Result<()> {
    for Export { format, file } in exports {
        if has_sides && !format.has_sides {
            bail!(
                "a file of {} has one side, so it does not go with --diff; export each side by a call of its own",
                format.name
            );
        }
        super::super::writable(file)?;
    }
    Ok(())
}

/// Writes all profiles in each format. `seen` has the sides of each view.
pub(super) fn write(exports: &[Export], seen: &[Vec<Seen>], sides: &[Side]) -> Result<()> {
    let has_sides = sides.len() > 1;
    let both = seen.iter().flat_map(|both| both.iter().zip(sides));
    let exported = |(profile, side)| {
        let side: &Side = side;
        Exported {
            side: has_sides.then_some(side.name.as_str()),
            profile,
        }
    };
    let profiles: Vec<Exported<'_>> = both.map(exported).collect();
    for Export { format, file } in exports {
        atomic_file::write(file, &format.write(&profiles))
            .with_context(|| format!("cannot write {}", file.display()))?;
        notice(&format!("wrote {}", file.display()));
    }
    Ok(())
}
