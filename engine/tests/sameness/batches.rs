//! Batches and concurrent streams compute for each sequence the same as a session of its own.

use engine::{Overflow, Sampler, Sampling, Variant, Weights, generate, generate_streams, phases};

use crate::compare::{TOLERANCE, assert_same, awkward, engine, tokens};

#[test]
fn a_batch_computes_what_its_sequences_would_alone() {
    let config = awkward(false);
    let weights = Weights::synthetic(&config, 8).unwrap();
    let all = tokens(&config, 60);
    let prompts: [&[u32]; 3] = [&all[..7], &all[7..8], &all[8..25]];
    let steps: [&[u32]; 4] = [&all[30..33], &all[33..36], &all[36..39], &all[39..42]];
    for phase in phases() {
        let engine = engine(&weights, phase.variant, 2);
        let mut alone: Vec<_> = prompts.iter().map(|_| engine.session().unwrap()).collect();
        let mut batch = engine.batch(3).unwrap();
        for _ in 0..2 {
            batch.reset();
            let found = batch.prefill(&prompts).unwrap().to_vec();
            for (i, session) in alone.iter_mut().enumerate() {
                session.reset();
                let expected = session.prefill(prompts[i]).unwrap();
                let row = &found[i * config.vocab..(i + 1) * config.vocab];
                assert_same(row, expected, config.vocab, TOLERANCE, phase.name);
            }
            for step in steps {
                let found = batch.decode(step).unwrap().to_vec();
                for (i, session) in alone.iter_mut().enumerate() {
                    let expected = session.decode(step[i]).unwrap();
                    let row = &found[i * config.vocab..(i + 1) * config.vocab];
                    assert_same(row, expected, config.vocab, TOLERANCE, phase.name);
                }
            }
        }
        assert_eq!(batch.position(1), Some(5));
        assert_eq!(batch.position(3), None);
    }
}

#[test]
fn streams_generate_what_sessions_do_one_after_the_other() {
    let config = awkward(true);
    let weights = Weights::synthetic(&config, 9).unwrap();
    let engine = engine(&weights, Variant::phase("optimized").unwrap(), 2);
    let all = tokens(&config, 40);
    let prompts: Vec<&[u32]> = all.chunks(5).collect();
    let sampler = Sampler::new(Sampling {
        temperature: 0.8,
        top_k: Some(20),
        top_p: Some(0.9),
        seed: 4,
    })
    .unwrap();
    let found = generate_streams(&engine, &prompts, 12, &sampler, Overflow::Error).unwrap();
    assert_eq!(found.len(), prompts.len());
    for (prompt, found) in prompts.iter().zip(found) {
        let mut session = engine.session_with_threads(1).unwrap();
        let mut expected = Vec::new();
        generate(
            &mut session,
            prompt,
            12,
            &mut sampler.clone(),
            Overflow::Error,
            |token| {
                expected.push(token);
            },
        )
        .unwrap();
        assert_eq!(found, expected);
    }
}
