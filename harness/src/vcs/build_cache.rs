//! The stored programs of one call of cargo for one revision.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use harness_record::atomic_file;
use itertools::Itertools;

use crate::file_error::{FileError, at};
use crate::programs::{Executable, Programs, Target};
use crate::project::Project;
use crate::vcs::key::hash;

/// Programs that are built together, and the folder for exactly this list.
#[derive(Debug)]
pub(super) struct BuildCache {
    folder: PathBuf,
    /// The programs that the call builds.
    pub(super) targets: Vec<Target>,
}

impl BuildCache {
    /// The cache of these targets. `caches` is the folder of all caches of the revision.
    pub(super) fn among(caches: &Path, targets: Vec<Target>) -> Self {
        // Order and repetition of cargo's arguments do not change the programs.
        let names = targets
            .iter()
            .map(|target| {
                let features = target.features.join(" ");
                [&target.package, &target.kind, &target.name, &features].map(String::clone)
            })
            .sorted_unstable()
            .dedup();
        let parts: Vec<Vec<u8>> = names.flatten().map(String::into_bytes).collect();
        Self {
            folder: caches.join(hash(&parts)),
            targets,
        }
    }

    /// Returns true if all programs are stored. If one is missing, all are built again, so that programs of two calls
    /// never mix.
    pub(super) fn is_full(&self) -> bool {
        let has_runners = match fs::read_to_string(self.runners()) {
            Ok(folder) => Path::new(folder.trim_end()).is_dir(),
            Err(_) => true,
        };
        let Ok(complete) = fs::read_to_string(self.complete()) else {
            return self.targets.is_empty();
        };
        has_runners
            && complete
                .lines()
                .all(|name| self.folder.join(name).is_file())
    }

    /// Records that everything is stored, link archives included. An interrupted build leaves no such record.
    pub(super) fn finish(&self) -> Result<(), FileError> {
        let note = self.complete();
        let files = self
            .targets
            .iter()
            .flat_map(|target| [self.program(target), self.link(target)]);
        let names = files
            .filter(|file| file.is_file())
            .filter_map(|file| Some(file.file_name()?.to_str()?.to_owned()));
        atomic_file::write(&note, names.collect_vec().join("\n").as_bytes())
            .map_err(at("write", &note))
    }

    /// Marks the programs that the benches start as used, so that they are not removed.
    pub(super) fn use_runners(&self) {
        let folder = fs::read_to_string(self.runners()).ok();
        // On an error here they are merely removed earlier, and built again.
        let _ = folder.map(|folder| File::open(folder.trim_end())?.set_modified(SystemTime::now()));
    }

    fn complete(&self) -> PathBuf {
        self.folder.join("complete")
    }

    /// Records the folder of the programs that the benches start: without them the benches are useless.
    pub(super) fn note_runners(&self, folder: &Path) -> Result<(), FileError> {
        let note = self.runners();
        atomic_file::write(&note, folder.as_os_str().as_encoded_bytes()).map_err(at("write", &note))
    }

    fn runners(&self) -> PathBuf {
        self.folder.join("runners")
    }

    /// The stored programs, to be started in a project.
    pub(super) fn programs(&self, project: &Project) -> Programs {
        let stored = |target: &Target| Executable {
            target: target.clone(),
            file: self.program(target),
            link: Some(self.link(target)).filter(|link| link.is_file()),
        };
        Programs::ready(project, self.targets.iter().map(stored).collect())
    }

    /// The path of a stored program.
    pub(super) fn program(&self, target: &Target) -> PathBuf {
        let plain = |text: &str| {
            text.replace(
                |c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c)),
                "_",
            )
        };
        let features = target
            .features
            .iter()
            .map(|feature| format!("+{}", plain(feature)));
        self.folder.join(format!(
            "{}.{}.{}{}",
            plain(&target.package),
            target.kind,
            plain(&target.name),
            features.collect::<String>()
        ))
    }

    /// The path of the archive of a program's link inputs. The file exists only if the linker wrote an archive.
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
        Target {
            package: package.to_owned(),
            kind: kind.to_owned(),
            name: name.to_owned(),
            features: Vec::new(),
        }
    }

    fn folder(targets: &[&Target]) -> PathBuf {
        BuildCache::among(
            Path::new("/programs"),
            targets.iter().copied().cloned().collect(),
        )
        .folder
    }

    #[test]
    fn each_list_has_a_folder_of_its_own_whatever_its_order() {
        let (probe, heap) = (
            target("suite", "bin", "probe"),
            target("suite", "bench", "heap"),
        );
        let both = folder(&[&probe, &heap]);
        assert_eq!(both, folder(&[&heap, &probe, &heap]));
        let other = target("suite", "bin", "heap");
        let others = [
            folder(&[]),
            folder(&[&probe]),
            folder(&[&heap]),
            folder(&[&probe, &other]),
        ];
        assert!(
            !others.contains(&both) && both.starts_with("/programs"),
            "{both:?} {others:?}"
        );
        assert_ne!(others[1], others[2]);
    }

    #[test]
    fn a_cache_is_full_once_everything_is_stored() {
        let shelves = tempfile::tempdir().expect("a folder");
        let build_cache = |targets: Vec<Target>| BuildCache::among(shelves.path(), targets);
        let (probe, heap) = (
            target("suite", "bin", "probe"),
            target("suite", "bench", "heap"),
        );
        let (alone, both) = (
            build_cache(vec![probe.clone()]),
            build_cache(vec![probe.clone(), heap.clone()]),
        );
        assert!(
            build_cache(Vec::new()).is_full(),
            "there is nothing to build"
        );
        fs::create_dir_all(&both.folder).expect("made");
        fs::write(both.program(&probe), "").expect("written");
        assert!(!both.is_full());
        fs::write(both.program(&heap), "").expect("written");
        fs::write(both.link(&probe), "").expect("written");
        assert!(!both.is_full(), "the build was interrupted");
        both.finish().expect("written");
        assert!(both.is_full() && !alone.is_full());
        fs::remove_file(both.link(&probe)).expect("there");
        assert!(!both.is_full(), "the archive is gone");
        both.finish().expect("written");
        both.note_runners(&shelves.path().join("gone"))
            .expect("written");
        assert!(
            !both.is_full(),
            "the programs that the benches start are gone"
        );
        both.note_runners(shelves.path()).expect("written");
        assert!(both.is_full());
    }
}
