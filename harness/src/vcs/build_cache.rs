//! Where programs are set aside that one call of cargo has built of a revision.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use harness_record::atomic_file;

use crate::programs::Target;
use crate::vcs::error::{FileError, at};
use crate::vcs::key::hash;

/// Programs that are built together, and the folder for just these.
#[derive(Debug)]
pub(super) struct BuildCache {
    folder: PathBuf,
    /// What the call builds.
    pub(super) targets: Vec<Target>,
}

impl BuildCache {
    /// The shelf for these, among those of the same revision.
    pub(super) fn among(shelves: &Path, targets: Vec<Target>) -> Self {
        let mut names: Vec<[&str; 3]> =
            targets.iter().map(|one| [one.package.as_str(), one.kind.as_str(), one.name.as_str()]).collect();
        // In which order, and how often, cargo is told them changes nothing.
        names.sort_unstable();
        names.dedup();
        let parts: Vec<Vec<u8>> = names.iter().flatten().map(|name| name.as_bytes().to_vec()).collect();
        Self { folder: shelves.join(hash(&parts)), targets }
    }

    /// Whether all of them are there. As long as one is not, all are built again, so that no two calls mix.
    pub(super) fn is_full(&self) -> bool {
        let has_runners = match fs::read_to_string(self.runners()) {
            Ok(folder) => Path::new(folder.trim_end()).is_dir(),
            Err(_) => true,
        };
        let Ok(complete) = fs::read_to_string(self.complete()) else { return self.targets.is_empty() };
        has_runners && complete.lines().all(|name| self.folder.join(name).is_file())
    }

    /// Notes that everything is there, link archives included: an interrupted build leaves no such note.
    pub(super) fn finish(&self) -> Result<(), FileError> {
        let note = self.complete();
        let files = self.targets.iter().flat_map(|target| [self.program(target), self.link(target)]);
        let names = files.filter(|file| file.is_file()).filter_map(|file| Some(file.file_name()?.to_str()?.to_owned()));
        let names: Vec<String> = names.collect();
        atomic_file::write(&note, names.join("\n").as_bytes()).map_err(at("write", &note))
    }

    /// Marks the programs that its benches start as used, so that they are not removed.
    pub(super) fn use_runners(&self) {
        let folder = fs::read_to_string(self.runners()).ok();
        // Without this they go earlier than others, and are built again.
        let _ = folder.map(|folder| File::open(folder.trim_end())?.set_modified(SystemTime::now()));
    }

    fn complete(&self) -> PathBuf {
        self.folder.join("complete")
    }

    /// Notes the folder of what its benches start: without that they are of no use.
    pub(super) fn note_runners(&self, folder: &Path) -> Result<(), FileError> {
        let note = self.runners();
        atomic_file::write(&note, folder.as_os_str().as_encoded_bytes()).map_err(at("write", &note))
    }

    fn runners(&self) -> PathBuf {
        self.folder.join("runners")
    }

    /// Where one of them is.
    pub(super) fn program(&self, target: &Target) -> PathBuf {
        let plain = |text: &str| text.replace(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)), "_");
        self.folder.join(format!("{}.{}.{}", plain(&target.package), target.kind, plain(&target.name)))
    }

    /// The archive of its link's inputs, if the linker wrote one.
    pub(super) fn link(&self, target: &Target) -> PathBuf {
        let mut path = self.program(target).into_os_string();
        path.push(".link.tar.gz");
        path.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(package: &str, kind: &str, name: &str) -> Target {
        Target { package: package.to_owned(), kind: kind.to_owned(), name: name.to_owned() }
    }

    fn folder(targets: &[&Target]) -> PathBuf {
        BuildCache::among(Path::new("/programs"), targets.iter().copied().cloned().collect()).folder
    }

    #[test]
    fn each_list_has_a_shelf_of_its_own_in_whatever_order_it_is_told() {
        let (probe, heap) = (target("suite", "bin", "probe"), target("suite", "bench", "heap"));
        let both = folder(&[&probe, &heap]);
        assert_eq!(both, folder(&[&heap, &probe, &heap]));
        let other = target("suite", "bin", "heap");
        let others = [folder(&[]), folder(&[&probe]), folder(&[&heap]), folder(&[&probe, &other])];
        assert!(!others.contains(&both) && both.starts_with("/programs"), "{both:?} {others:?}");
        assert_ne!(others[1], others[2]);
    }

    #[test]
    fn a_shelf_is_full_once_all_are_there() {
        let shelves = tempfile::tempdir().expect("a folder");
        let build_cache = |targets: Vec<Target>| BuildCache::among(shelves.path(), targets);
        let (probe, heap) = (target("suite", "bin", "probe"), target("suite", "bench", "heap"));
        let (alone, both) = (build_cache(vec![probe.clone()]), build_cache(vec![probe.clone(), heap.clone()]));
        assert!(build_cache(Vec::new()).is_full(), "there is nothing to build");
        fs::create_dir_all(&both.folder).expect("made");
        fs::write(both.program(&probe), "").expect("written");
        assert!(!both.is_full());
        fs::write(both.program(&heap), "").expect("written");
        fs::write(both.link(&probe), "").expect("written");
        assert!(!both.is_full(), "whoever wrote these was interrupted");
        both.finish().expect("written");
        assert!(both.is_full() && !alone.is_full());
        fs::remove_file(both.link(&probe)).expect("there");
        assert!(!both.is_full(), "the archive is gone");
        both.finish().expect("written");
        both.note_runners(&shelves.path().join("gone")).expect("written");
        assert!(!both.is_full(), "what the benches start is gone");
        both.note_runners(shelves.path()).expect("written");
        assert!(both.is_full());
    }
}
