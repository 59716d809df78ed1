//! A warm session with pooled buffers and a cache allocates nothing, and no variant leaks memory.
//!
//! The allocator counts for the whole process, including all threads. So this is a program of its own, without the test
//! harness, whose threads allocate too.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use engine::variant::Buffers;
use engine::{Config, Engine, Overflow, Sampler, Sampling, Session, Weights, generate, phases};

struct Counting;

static CALLS: AtomicU64 = AtomicU64::new(0);
static LIVE: AtomicI64 = AtomicI64::new(0);

// SAFETY: every call is forwarded to the system's allocator unchanged; the counters are atomics.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        CALLS.fetch_add(1, Relaxed);
        LIVE.fetch_add(layout.size() as i64, Relaxed);
        // SAFETY: the caller's contract is that of the system's allocator.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size() as i64, Relaxed);
        // SAFETY: the caller's contract is that of the system's allocator.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations during `work`.
fn allocations(work: impl FnOnce()) -> u64 {
    let before = CALLS.load(Relaxed);
    work();
    CALLS.load(Relaxed) - before
}

fn inference(session: &mut Session, sampler: &mut Sampler) {
    let prompt = [7; 20];
    generate(session, &prompt, 12, sampler, Overflow::Error, |_| {}).unwrap();
}

fn main() {
    // The first line printed allocates the buffer of the output, which stays allocated.
    println!("allocations in ten inferences after the first one:");
    let config = Config::small();
    let weights = Weights::synthetic(&config, 42).unwrap();
    let sampled = Sampling {
        temperature: 0.7,
        top_k: Some(50),
        top_p: Some(0.9),
        seed: 3,
    };
    // The first engine with packed weights allocates the handle of their memory, once.
    for phase in phases() {
        drop(Engine::new(&weights, phase.variant, 1).unwrap());
    }
    for phase in phases() {
        for threads in [1, 2] {
            let before = LIVE.load(Relaxed);
            let engine = Engine::new(&weights, phase.variant, threads).unwrap();
            {
                let what = format!("{} on {threads} threads", phase.name);
                let mut session = engine.session().unwrap();
                let mut sampler = Sampler::new(sampled).unwrap();
                inference(&mut session, &mut sampler);
                let warm = LIVE.load(Relaxed);
                let counted = allocations(|| {
                    for _ in 0..10 {
                        inference(&mut session, &mut sampler);
                    }
                });
                assert_eq!(
                    LIVE.load(Relaxed),
                    warm,
                    "{what}: live bytes after ten inferences"
                );
                let pooled = phase.variant.buffers == Buffers::Pooled;
                assert_eq!(counted == 0, pooled, "{what}: {counted} allocations");
                println!("{what}: {counted}");
                if let Some(counts) = session.pool_counts() {
                    assert!(counts.hits > 10 * counts.misses, "{what}: {counts:?}");
                }
                check_batch(&engine, pooled);
            }
            drop(engine);
            assert_eq!(
                LIVE.load(Relaxed),
                before,
                "{}: live bytes at the end",
                phase.name
            );
        }
    }
}

/// Steps of a batch, of a rewound session and of one that slides.
fn check_batch(engine: &Engine, pooled: bool) {
    let mut batch = engine.batch(3).unwrap();
    let mut session = engine.session().unwrap();
    let mut round = || {
        batch.reset();
        batch.prefill(&[&[1; 9], &[2; 3], &[3; 5]]).unwrap();
        batch.decode(&[1, 2, 3]).unwrap();
        session.reset();
        session.prefill(&[1; 60]).unwrap();
        session.rewind(40).unwrap();
        for token in 0..30 {
            session.slide(token).unwrap();
        }
    };
    round();
    let counted = allocations(round);
    assert!(counted == 0 || !pooled, "{counted} allocations");
}
