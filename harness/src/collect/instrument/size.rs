//! The size of the program that is timed. It belongs to no workload, so the program has a row of its own.
//!
//! Only what is loaded into memory counts: debug information and symbols cost nothing at run time, and contain the paths
//! of the build.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use harness_probe::Instrument;
use harness_probe::protocol::Description;
use harness_record::metric::program::{CODE, LOADED};
use harness_record::{Check, Data, Reading};
use object::{Object, ObjectSection, SectionFlags, elf::SHF_ALLOC};

use super::{BuiltProgram, Definition, InstrumentReader, Taken, each_phase};

/// The section with the machine code.
const TEXT: &str = ".text";

/// Reads the size of a program.
struct Size<'a> {
    built: Option<BuiltProgram<'a>>,
    isa: String,
}

pub(super) const DEFINITION: Definition = Definition {
    instrument: Instrument::Size,
    program: |suite| Some(&suite.probe),
    reader: |measurement| {
        let isa = measurement.counts_settings.isa.as_deref();
        Some(Box::new(Size {
            built: measurement.built,
            // A size is stored beside counts, under their instruction set.
            isa: isa.unwrap_or(measurement.isa).to_owned(),
        }))
    },
};

impl InstrumentReader for Size<'_> {
    fn instrument(&self) -> Instrument {
        Instrument::Size
    }

    fn expected_seconds(&self, runs: &[Option<f64>]) -> f64 {
        0.01 * runs.len() as f64
    }

    fn read(&self, _: &Description, phases: &[String], step: &dyn Fn(&str)) -> Vec<Taken> {
        each_phase(phases, step, |_| {
            let values = match self.built {
                Some(built) => sizes(built.file),
                None => Err("the program is not built by the harness".to_owned()),
            };
            let reading = values.map(|values| Reading {
                isa: self.isa.clone(),
                threads: 1,
                data: Data::Counts {
                    counted_by: Instrument::Size,
                    values,
                },
            });
            let check = reading.is_ok().then_some(Check::Unchecked);
            Taken { reading, check }
        })
    }
}

/// The sizes of an ELF program.
fn sizes(file: &Path) -> Result<BTreeMap<String, u64>, String> {
    let bytes = fs::read(file)
        .map_err(|error| format!("cannot read the program {}: {error}", file.display()))?;
    let unknown = || {
        format!(
            "{} is no ELF program, so its size is not known",
            file.display()
        )
    };
    let program = object::File::parse(&*bytes).map_err(|_| unknown())?;
    let is_loaded = |flags| matches!(flags, SectionFlags::Elf { sh_flags, .. } if sh_flags.0 & SHF_ALLOC.0 != 0);
    let sections = || program.sections();
    let loaded = sections().filter(|section| is_loaded(section.flags()));
    let code = sections().find(|section| section.name() == Ok(TEXT));
    let code = code.ok_or_else(unknown)?.size();
    let loaded = loaded.map(|section| section.size()).sum();
    Ok([(CODE, code), (LOADED, loaded)]
        .map(|(name, bytes)| (name.to_owned(), bytes))
        .into())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn only_what_is_loaded_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let source = folder.path().join("source.c");
        let size = |name: &str, text: &str, flags: &[&str]| {
            let file = folder.path().join(name);
            fs::write(&source, text).expect("written");
            let mut compiler = Command::new("cc");
            compiler.args(flags).arg("-o").arg(&file).arg(&source);
            assert!(compiler.status().expect("cc").success());
            sizes(&file).expect("a program")
        };
        let plain = size("plain", "int main(void) { return 3; }", &["-O1"]);
        assert!(plain[CODE] > 0 && plain[LOADED] > plain[CODE], "{plain:?}");
        let symbols = size("symbols", "int main(void) { return 3; }", &["-O1", "-g"]);
        assert_eq!(symbols, plain);
        let data = "int space[4096] = {1}; int main(void) { return space[0]; }";
        let larger = size("larger", data, &["-O1"]);
        assert!(larger[LOADED] >= plain[LOADED] + 4 * 4096, "{larger:?}");
    }

    #[test]
    fn a_file_that_is_no_program_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("script");
        assert!(sizes(&file).is_err_and(|error| error.contains("cannot read")));
        fs::write(&file, "#!/bin/sh\n").expect("written");
        let error = sizes(&file).expect_err("a script");
        assert!(error.contains("script is no ELF program"), "{error}");
    }
}
