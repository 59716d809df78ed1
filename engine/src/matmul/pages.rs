//! Memory for packed weights, in huge pages where the system supports them.
//!
//! With 4 KB pages, address translation costs a tenth and more of the bandwidth when hundreds of megabytes are
//! streamed. A layer of a small model is smaller than one huge page (2 MB), so buffers share large chunks; a chunk is
//! freed when its last buffer is dropped. Pages that no buffer touches are never backed by memory.

use std::sync::{Arc, Mutex, PoisonError, Weak};

const HUGE_PAGE: usize = 2 << 20;
const CHUNK: usize = 32 * HUGE_PAGE;
/// Buffers start on cache lines.
const ALIGN: usize = 64;

/// Zeroed bytes, aligned to cache lines.
pub(super) struct Buffer {
    chunk: Arc<Chunk>,
    offset: usize,
    len: usize,
}

/// The chunk that the next buffer is cut from, and how much of it is used.
static CURRENT: Mutex<(Weak<Chunk>, usize)> = Mutex::new((Weak::new(), 0));

impl Buffer {
    /// Takes `len` zeroed bytes.
    pub(super) fn zeroed(len: usize) -> Buffer {
        let room = len.next_multiple_of(ALIGN);
        if room > CHUNK / 2 {
            return Buffer {
                chunk: Arc::new(Chunk::new(room.next_multiple_of(HUGE_PAGE))),
                offset: 0,
                len,
            };
        }
        // A poisoned lock is harmless: chunk and offset are valid at every moment.
        let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
        let (chunk, offset) = match current.0.upgrade() {
            Some(chunk) if current.1 + room <= CHUNK => (chunk, current.1),
            _ => (Arc::new(Chunk::new(CHUNK)), 0),
        };
        *current = (Arc::downgrade(&chunk), offset + room);
        Buffer { chunk, offset, len }
    }

    pub(super) fn as_ptr(&self) -> *const u8 {
        // SAFETY: the buffer lies within its chunk.
        unsafe { self.chunk.data.add(self.offset) }
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the bytes lie within the chunk, are initialized (zeroed), and belong to this buffer alone.
        unsafe { std::slice::from_raw_parts_mut(self.chunk.data.add(self.offset), self.len) }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: as in `bytes_mut`; the slice borrows `self`.
        unsafe { std::slice::from_raw_parts(self.as_ptr(), self.len) }
    }
}

/// Zeroed memory from the system.
struct Chunk {
    data: *mut u8,
    len: usize,
}

// SAFETY: a chunk is plain memory; each buffer accesses its own part only.
unsafe impl Send for Chunk {}
// SAFETY: as above.
unsafe impl Sync for Chunk {}

#[cfg(target_os = "linux")]
mod system {
    use super::{Chunk, HUGE_PAGE};

    impl Chunk {
        /// Maps `len` bytes (a multiple of the huge page), aligned to a huge page.
        pub(super) fn new(len: usize) -> Chunk {
            // SAFETY: a new private mapping changes no existing memory.
            let start = unsafe {
                libc::mmap(
                    std::ptr::null_mut(),
                    len + HUGE_PAGE,
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                    -1,
                    0,
                )
            };
            if start == libc::MAP_FAILED {
                out_of_memory(len);
            }
            let before = start.align_offset(HUGE_PAGE);
            // SAFETY: `len + HUGE_PAGE` bytes were mapped, so `before + len` lies within; the two ends that are given
            // back are unused, page-aligned parts of the mapping.
            unsafe {
                let data = start.byte_add(before);
                if before > 0 {
                    libc::munmap(start, before);
                }
                if before < HUGE_PAGE {
                    libc::munmap(data.byte_add(len), HUGE_PAGE - before);
                }
                // Only a hint: without huge pages everything works, but slower.
                libc::madvise(data, len, libc::MADV_HUGEPAGE);
                Chunk {
                    data: data.cast(),
                    len,
                }
            }
        }
    }

    impl Drop for Chunk {
        fn drop(&mut self) {
            // SAFETY: mapped by `new` with this length, and the last buffer is gone.
            unsafe { libc::munmap(self.data.cast(), self.len) };
        }
    }

    /// Ends the program as a failed allocation does.
    fn out_of_memory(len: usize) -> ! {
        match std::alloc::Layout::from_size_align(len, HUGE_PAGE) {
            Ok(layout) => std::alloc::handle_alloc_error(layout),
            Err(_) => panic!("{len} bytes of weights are more than an address space holds"),
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};

    use super::{ALIGN, Chunk};

    impl Chunk {
        /// Allocates `len > 0` zeroed bytes.
        pub(super) fn new(len: usize) -> Chunk {
            // SAFETY: the layout is not empty.
            let data = unsafe { alloc_zeroed(layout(len)) };
            if data.is_null() {
                handle_alloc_error(layout(len));
            }
            Chunk { data, len }
        }
    }

    impl Drop for Chunk {
        fn drop(&mut self) {
            // SAFETY: allocated by `new` with this layout, and the last buffer is gone.
            unsafe { dealloc(self.data, layout(self.len)) };
        }
    }

    fn layout(len: usize) -> Layout {
        match Layout::from_size_align(len, ALIGN) {
            Ok(layout) => layout,
            Err(_) => panic!("{len} bytes of weights are more than an address space holds"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buffers_are_zeroed_aligned_and_apart() {
        let mut buffers: Vec<Buffer> = [1, 63, 65, 4096, CHUNK / 2, CHUNK / 2, CHUNK + 1]
            .into_iter()
            .map(Buffer::zeroed)
            .collect();
        for (index, buffer) in buffers.iter_mut().enumerate() {
            assert!((buffer.as_ptr() as usize).is_multiple_of(ALIGN));
            let ends = [0, buffer.len - 1];
            for at in ends {
                assert_eq!(
                    buffer.bytes()[at] % (index as u8 + 1),
                    0,
                    "another buffer wrote here"
                );
                buffer.bytes_mut()[at] = index as u8 + 1;
            }
        }
        for (index, buffer) in buffers.iter().enumerate() {
            assert_eq!(buffer.bytes()[0], index as u8 + 1);
            assert_eq!(buffer.bytes()[buffer.len - 1], index as u8 + 1);
        }
    }
}
