//! A failed request returns a typed error and leaves its session unchanged.

use engine::{Config, Engine, EngineError, Overflow, Sampler, Variant, Weights, generate, phases};

fn small(phase: &str, threads: usize) -> Result<Engine, EngineError> {
    let weights = Weights::synthetic(&Config::small(), 42).unwrap();
    Engine::new(&weights, Variant::phase(phase).unwrap(), threads)
}

#[test]
fn an_engine_needs_a_thread_and_weights_that_fit() {
    assert!(matches!(small("naive", 0), Err(EngineError::NoThreads)));
    let mut weights = Weights::synthetic(&Config::small(), 42).unwrap();
    weights.config.inner = 100;
    let error = Engine::new(&weights, Variant::naive(), 1).unwrap_err();
    let EngineError::Shape {
        name,
        expected,
        found,
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(
        (*name, &expected[..], &found[..]),
        (
            "a block's first MLP layer",
            &[128, 100][..],
            &[128, 512][..]
        )
    );
    assert!(
        error.to_string().contains("first MLP layer") && error.to_string().contains("[128, 100]"),
        "{error}"
    );
    weights.config = Config::small();
    weights.blocks.pop();
    let error = Engine::new(&weights, Variant::naive(), 1).unwrap_err();
    assert!(
        matches!(
            error,
            EngineError::Blocks {
                expected: 2,
                found: 1
            }
        ),
        "{error}"
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
        assert!(matches!(
            session.prefill(&[]),
            Err(EngineError::EmptyPrompt)
        ));
        let unknown = session.prefill(&[5, 256]).unwrap_err();
        assert!(
            matches!(
                unknown,
                EngineError::UnknownToken {
                    token: 256,
                    place: 1,
                    vocab: 256
                }
            ),
            "{unknown}"
        );
        assert!(
            unknown.to_string().contains("token 256") && unknown.to_string().contains("0..=255"),
            "{unknown}"
        );
        let full = session.prefill(&[0; 62]).unwrap_err();
        assert!(
            matches!(
                full,
                EngineError::ContextFull {
                    requested: 65,
                    context: 64
                }
            ),
            "{full}"
        );
        let rewind = session.rewind(4).unwrap_err();
        assert!(
            matches!(
                rewind,
                EngineError::Rewind {
                    requested: 4,
                    position: 3
                }
            ),
            "{rewind}"
        );
        assert_eq!((session.position(), session.tokens()), (3, &[1, 2, 3][..]));
        session.rewind(2).unwrap();
        // One row uses other kernels than three rows, so the last bits may differ.
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
    let error = batch.prefill(&[&[1]]).unwrap_err();
    assert!(
        matches!(
            error,
            EngineError::BatchSize {
                sequences: 2,
                given: 1
            }
        ),
        "{error}"
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
            generate(session, prompt, 20, &mut greedy, overflow, |token| {
                tokens.push(token)
            })
            .map(|()| tokens.clone())
            .map_err(|error| (error, tokens.len()))
        };
        let (error, generated) = run(&mut session, &prompt, Overflow::Error).unwrap_err();
        assert_eq!(generated, 5);
        assert!(
            matches!(
                error,
                EngineError::ContextFull {
                    requested: 65,
                    context: 64
                }
            ),
            "{error}"
        );

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
