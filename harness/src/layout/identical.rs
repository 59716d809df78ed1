//! Comparison of two programs by their loaded sections: equal bytes at equal addresses.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use object::elf::SHF_ALLOC;
use object::{Object, ObjectSection, ObjectSegment, SectionFlags};

use crate::file_error::{FileError, at};

/// A hash of the link, which is loaded but not read by any code.
const BUILD_ID: &str = ".note.gnu.build-id";

/// True if all sections that are loaded into memory are equal, apart from the build id. Debug information and symbol
/// names may differ. Files that are not ELF programs are identical if all their bytes are equal.
///
/// # Errors
/// If a file cannot be read.
pub fn identical(one: &Path, other: &Path) -> Result<bool, FileError> {
    let read = |path| fs::read(path).map_err(at("read the program", path));
    let (one, other) = (read(one)?, read(other)?);
    Ok(one == other || loaded(&one).is_some_and(|image| Some(image) == loaded(&other)))
}

/// Address, flags and content of a section; the size stands for the content where the file has none.
type Loaded<'a> = (u64, u64, u64, &'a [u8]);

/// The loaded parts of a program.
#[derive(PartialEq)]
struct Image<'a> {
    /// The entry address.
    entry: u64,
    /// Address, size, alignment and permissions of each segment.
    segments: Vec<(u64, u64, u64, String)>,
    /// The loaded sections by name.
    sections: BTreeMap<String, Vec<Loaded<'a>>>,
}

/// Returns the loaded parts of a program; none if it is not an ELF program.
fn loaded(program: &[u8]) -> Option<Image<'_>> {
    let file = object::File::parse(program).ok()?;
    let mut sections = BTreeMap::<String, Vec<Loaded<'_>>>::new();
    for section in file.sections() {
        let SectionFlags::Elf { sh_flags, .. } = section.flags() else {
            return None;
        };
        let name = section.name().ok()?;
        if sh_flags.0 & SHF_ALLOC.0 != 0 && name != BUILD_ID {
            let content = (
                section.address(),
                sh_flags.0,
                section.size(),
                section.data().ok()?,
            );
            sections.entry(name.to_owned()).or_default().push(content);
        }
    }
    let segments = file.segments().map(|it| {
        (
            it.address(),
            it.size(),
            it.align(),
            format!("{:?}", it.flags()),
        )
    });
    let segments = segments.collect();
    (!sections.is_empty()).then(|| Image {
        entry: file.entry(),
        segments,
        sections,
    })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::process::Command;

    use super::*;

    /// Builds a program with the C compiler that rustc links with.
    fn program(folder: &Path, name: &str, source: &str, flags: &[&str]) -> PathBuf {
        let (file, source_file) = (folder.join(name), folder.join("source.c"));
        fs::write(&source_file, source).expect("written");
        let status = Command::new("cc")
            .args(flags)
            .arg("-o")
            .arg(&file)
            .arg(&source_file)
            .status()
            .expect("cc");
        assert!(status.success());
        file
    }

    #[test]
    fn only_loaded_sections_are_compared() {
        let folder = tempfile::tempdir().expect("a folder");
        let made = |name, source, flags: &[&str]| program(folder.path(), name, source, flags);
        let plain = made("plain", "int main(void) { return 3; }", &["-O1"]);
        let symbols = made(
            "symbols",
            "int main(void) { return 3; }",
            &[
                "-O1",
                "-g",
                "-Wl,--build-id=0x0123456789012345678901234567890123456789",
            ],
        );
        let other = made("other", "int main(void) { return 4; }", &["-O1"]);
        let larger = made(
            "larger",
            "int space[4096]; int main(void) { return 3; }",
            &["-O1"],
        );
        assert_ne!(
            fs::read(&plain).expect("there"),
            fs::read(&symbols).expect("there")
        );
        assert!(identical(&plain, &symbols).expect("readable"));
        assert!(!identical(&plain, &other).expect("readable"));
        assert!(!identical(&plain, &larger).expect("readable"));
    }

    #[test]
    fn other_files_are_compared_by_their_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            fs::write(&path, bytes).expect("written");
            path
        };
        let (one, same, other) = (
            write("one", b"#!/bin/sh"),
            write("same", b"#!/bin/sh"),
            write("other", b"#!/bin/s"),
        );
        assert!(identical(&one, &same).expect("readable"));
        assert!(!identical(&one, &other).expect("readable"));
        assert!(identical(&one, &folder.path().join("gone")).is_err());
        // The beginning of an ELF file, cut off.
        assert!(!identical(&write("cut", b"\x7fELF\x02\x01"), &one).expect("readable"));
    }
}
