//! Requests that cannot be answered: one clear sentence, and a session that goes on as if nothing had been asked.

use engine::{Config, Engine, EngineError, Overflow, Sampler, Variant, Weights, generate, phases};

fn small(phase: &str, threads: usize) -> Result<Engine, EngineError> {
    let weights = Weights::synthetic(&Config::small(), 42).unwrap();
    Engine::new(&weights, Variant::phase(phase).unwrap(), threads)
}

#[test]
fn an_engine_needs_a_thread_and_weights_that_fit() {
    assert_eq!(small("naive", 0).unwrap_err().to_string(), "0 threads cannot compute anything; ask for at least 1");
    let mut weights = Weights::synthetic(&Config::small(), 42).unwrap();
    weights.config.inner = 100;
    assert_eq!(
        Engine::new(&weights, Variant::naive(), 1).unwrap_err().to_string(),
        "the weights do not fit their configuration: a block's first MLP layer should have the shape [100], but has [512]"
    );
    weights.config = Config::small();
    weights.blocks.pop();
    assert_eq!(
        Engine::new(&weights, Variant::naive(), 1).unwrap_err().to_string(),
        "the weights do not fit their configuration: 1 blocks instead of 2"
    );
    weights.config.heads = 3;
    let error = Engine::new(&weights, Variant::naive(), 1).unwrap_err();
    assert!(matches!(error, EngineError::Config(_)), "{error}");
}

#[test]
fn requests_that_do_not_fit_leave_the_session_as_it_was() {
    for phase in phases() {
        let mut session = small(phase.name, 2).unwrap().session().unwrap();
        let before = session.prefill(&[1, 2, 3]).unwrap().to_vec();
        assert_eq!(session.prefill(&[]).unwrap_err().to_string(), "the prompt is empty; it needs at least one token");
        assert_eq!(
            session.prefill(&[5, 256]).unwrap_err().to_string(),
            "token 256 at place 1 is not in the vocabulary of 256 tokens (0..=255)"
        );
        assert_eq!(
            session.prefill(&[0; 62]).unwrap_err().to_string(),
            "65 tokens do not fit into the context of 64; shorten the prompt or let the window slide"
        );
        assert_eq!(
            session.rewind(4).unwrap_err().to_string(),
            "cannot go back to position 4: the session is at position 3"
        );
        assert_eq!((session.position(), session.tokens()), (3, &[1, 2, 3][..]));
        session.rewind(2).unwrap();
        // One row takes another path through the kernels than three, so the last bits may differ.
        for (after, before) in session.decode(3).unwrap().iter().zip(&before) {
            assert!((after - before).abs() < 1e-4, "{}", phase.name);
        }
    }
}

#[test]
fn a_batch_takes_one_input_for_each_sequence() {
    let engine = small("optimized", 1).unwrap();
    assert!(engine.batch(0).is_err());
    let mut batch = engine.batch(2).unwrap();
    assert_eq!(
        batch.prefill(&[&[1]]).unwrap_err().to_string(),
        "the batch has 2 sequences but was given 1 inputs; give one for each"
    );
    assert!(batch.prefill(&[&[1], &[300]]).is_err());
    assert_eq!((batch.position(0), batch.position(1)), (Some(0), Some(0)));
    batch.prefill(&[&[1], &[2, 3]]).unwrap();
    assert!(batch.decode(&[1, 2, 3]).is_err());
    assert_eq!((batch.position(0), batch.position(1)), (Some(1), Some(2)));
}

#[test]
fn a_full_context_is_an_error_or_slides() {
    let context = Config::small().context;
    let prompt: Vec<u32> = (0..60).collect();
    let mut expected: Option<Vec<u32>> = None;
    for phase in ["naive", "optimized"] {
        let engine = small(phase, 2).unwrap();
        let mut session = engine.session().unwrap();
        let run = |session: &mut engine::Session, prompt: &[u32], overflow| {
            let mut tokens = Vec::new();
            let mut greedy = Sampler::greedy();
            generate(session, prompt, 20, &mut greedy, overflow, |token| tokens.push(token))
                .map(|()| tokens.clone())
                .map_err(|error| (error.to_string(), tokens.len()))
        };
        let (message, generated) = run(&mut session, &prompt, Overflow::Error).unwrap_err();
        assert_eq!(generated, 5);
        assert!(message.starts_with("65 tokens do not fit into the context of 64"), "{message}");

        let tokens = run(&mut session, &prompt, Overflow::Slide).unwrap();
        assert_eq!(session.position(), context);
        // The last token but one was computed from the last window, which can be checked on its own.
        let all: Vec<u32> = prompt.iter().chain(&tokens).copied().collect();
        let window = &all[all.len() - 1 - context..all.len() - 1];
        assert_eq!(session.tokens(), window);
        let mut alone = engine.session().unwrap();
        let logits = alone.prefill(window).unwrap();
        assert_eq!(Sampler::greedy().sample(logits), tokens[19]);
        assert_eq!(*expected.get_or_insert(tokens.clone()), tokens);

        let long: Vec<u32> = (0..100).collect();
        assert!(run(&mut session, &long, Overflow::Error).is_err());
        assert_eq!(run(&mut session, &long, Overflow::Slide).unwrap().len(), 20);
    }
}
