//! The pipes of a process: its output is kept or discarded, so that it never waits for a reader.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::pipe::{SpliceFlags, splice};
use sha2::{Digest, Sha256};

/// Bytes of the output that are kept, from its start, and of standard error, from its end.
pub(super) const KEPT: usize = 64 << 10;
/// Bytes that one call moves out of a pipe.
const PART: usize = 1 << 20;

/// What a process printed on its standard output.
#[derive(Debug, Clone, Default)]
pub(super) struct Output {
    hash: Sha256,
    /// The first bytes.
    pub(super) start: Vec<u8>,
    /// Number of all bytes.
    pub(super) length: u64,
}

impl Output {
    fn push(&mut self, part: &[u8]) {
        self.hash.update(part);
        self.length += part.len() as u64;
        let room = KEPT.saturating_sub(self.start.len());
        self.start.extend_from_slice(&part[..part.len().min(room)]);
    }

    /// The SHA-256 of the output in hex.
    pub(super) fn sha256(&self) -> String {
        let digest = self.hash.clone().finalize();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The pipes of a process: standard output and standard error, until each has ended.
pub(super) struct Pipes {
    streams: [Option<OwnedFd>; 2],
    keeps_output: bool,
    pub(super) output: Output,
    errors: Vec<u8>,
    /// Takes output that is discarded.
    nowhere: Option<File>,
}

impl Pipes {
    pub(super) fn new(streams: [Option<OwnedFd>; 2], keeps_output: bool) -> Self {
        // A stream that cannot be made not to block is not read: a writer that fills its pipe then meets the deadline.
        let streams =
            streams.map(|stream| stream.filter(|stream| ioctl_fionbio(stream, true).is_ok()));
        Self {
            streams,
            keeps_output,
            output: Output::default(),
            errors: Vec::new(),
            nowhere: File::options().write(true).open("/dev/null").ok(),
        }
    }

    /// Drains the pipes until the process ends. Returns false if the deadline comes first.
    pub(super) fn drain_until(&mut self, end: &OwnedFd, deadline: Instant) -> Result<bool, Errno> {
        loop {
            let open: Vec<usize> = (0..2)
                .filter(|&place| self.streams[place].is_some())
                .collect();
            let (has_ended, ready) = {
                let mut watched = vec![PollFd::new(end, PollFlags::IN)];
                let streams = open
                    .iter()
                    .filter_map(|&place| self.streams[place].as_ref());
                watched.extend(streams.map(|stream| PollFd::new(stream, PollFlags::IN)));
                let left = deadline.saturating_duration_since(Instant::now());
                let timeout = Timespec::try_from(left).unwrap_or(Timespec {
                    tv_sec: i32::MAX.into(),
                    tv_nsec: 0,
                });
                match poll(&mut watched, Some(&timeout)) {
                    Ok(0) => return Ok(false),
                    Ok(_) => {}
                    Err(Errno::INTR) => continue,
                    Err(error) => return Err(error),
                }
                let is_ready = |watched: &PollFd<'_>| !watched.revents().is_empty();
                let ready: Vec<bool> = watched[1..].iter().map(is_ready).collect();
                (is_ready(&watched[0]), ready)
            };
            if has_ended {
                return Ok(true);
            }
            for (&place, _) in open.iter().zip(ready).filter(|(_, ready)| *ready) {
                self.take(place);
            }
            // A process that prints without end is always ready.
            if Instant::now() >= deadline {
                return Ok(false);
            }
        }
    }

    /// Takes what is left in the pipes. A descendant of the process may hold them open; it is not waited for.
    pub(super) fn drain(&mut self) {
        for place in 0..2 {
            // A pipe holds far less, so that a descendant that prints without end is left alone.
            for _ in 0..64 {
                if !self.take(place) {
                    break;
                }
            }
        }
    }

    /// Takes one part of a stream. Returns false if it has none.
    fn take(&mut self, place: usize) -> bool {
        let Some(stream) = self.streams[place].take() else {
            return false;
        };
        let taken = match &self.nowhere {
            Some(nowhere) if place == 0 && !self.keeps_output => {
                match splice(&stream, None, nowhere, None, PART, SpliceFlags::NONBLOCK) {
                    Err(Errno::INVAL) => {
                        self.nowhere = None;
                        Err(Errno::INTR)
                    }
                    taken => taken,
                }
            }
            _ => self.keep(place, &stream),
        };
        let is_open = match taken {
            Ok(count) => count > 0,
            Err(error) => [Errno::AGAIN, Errno::INTR].contains(&error),
        };
        self.streams[place] = Some(stream).filter(|_| is_open);
        is_open && taken != Err(Errno::AGAIN)
    }

    fn keep(&mut self, place: usize, stream: &OwnedFd) -> Result<usize, Errno> {
        let mut part = [0; KEPT];
        let count = rustix::io::read(stream.as_fd(), &mut part)?;
        let part = &part[..count];
        match place {
            0 if self.keeps_output => self.output.push(part),
            0 => {}
            _ => {
                self.errors.extend_from_slice(part);
                let surplus = self.errors.len().saturating_sub(KEPT);
                self.errors.drain(..surplus);
            }
        }
        Ok(count)
    }

    /// The last line of standard error that is not empty.
    pub(super) fn complaint(&self) -> String {
        let text = String::from_utf8_lossy(&self.errors);
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines
            .next_back()
            .unwrap_or_default()
            .chars()
            .take(300)
            .collect()
    }
}
