//! Conversion of the engine's spans to those of the protocol.

use engine::trace::Trace;
use harness_probe::protocol::Span;

/// The spans of a trace; empty if there is no trace.
pub(super) fn spans(trace: Option<Trace>) -> Vec<Span> {
    let trace = trace.unwrap_or_default();
    let span = |span: &engine::trace::Span| Span {
        name: span.operation.name().to_owned(),
        parent: span.parent,
        calls: span.calls,
        nanoseconds: span.nanoseconds,
        shortest: span.shortest,
        longest: span.longest,
    };
    trace.spans().iter().map(span).collect()
}

#[cfg(test)]
mod tests {
    use engine::Variant;
    use engine::variant::Decode;
    use harness_probe::Options;

    /// The calls of all spans with a name.
    fn calls(spans: &[super::Span], name: &str) -> u64 {
        spans
            .iter()
            .filter(|span| span.name == name)
            .map(|span| span.calls)
            .sum()
    }

    #[test]
    fn an_inference_records_every_call_of_its_operations() {
        let registry = crate::registry().expect("no checkpoint is named");
        let workload = registry.get("small/inference").expect("there");
        let runs = 2;
        for phase in workload.phases() {
            let mut prepared = workload
                .prepare(
                    &phase,
                    &Options {
                        threads: 1,
                        isa: None,
                    },
                )
                .expect("prepared");
            prepared.start_spans();
            (0..runs).for_each(|_| prepared.run(&mut || {}));
            assert_eq!(prepared.check(), Ok(()));
            let spans = prepared.take_spans();
            let tokens = workload.unit().per_run;
            let (steps, layers) = (runs * tokens, 2);
            assert_eq!(calls(&spans, "prefill"), runs, "{phase}");
            assert_eq!(calls(&spans, "decode"), steps - runs, "{phase}");
            assert_eq!(calls(&spans, "sampling"), steps, "{phase}");
            // With a KV-cache, a prompt has a product for keys and values and one for queries.
            let variant = Variant::parse(&phase).expect("a phase");
            let more = match variant.decode {
                Decode::KvCache => layers * runs,
                _ => 0,
            };
            let products = calls(&spans, "qkv product");
            assert_eq!(products, layers * steps + more, "{phase}");
            assert_eq!(
                calls(&spans, "layer_norm"),
                (2 * layers + 1) * steps,
                "{phase}"
            );
            for (index, span) in spans.iter().enumerate() {
                assert!(
                    span.parent.is_none_or(|parent| parent < index),
                    "{phase}: {span:?}"
                );
                assert!(
                    span.shortest <= span.longest && span.longest <= span.nanoseconds,
                    "{phase}: {span:?}"
                );
                let inside = spans.iter().filter(|other| other.parent == Some(index));
                assert!(
                    inside.map(|span| span.nanoseconds).sum::<u64>() <= span.nanoseconds,
                    "{phase}: {span:?}"
                );
            }
            prepared.run(&mut || {});
            assert!(
                prepared.take_spans().is_empty(),
                "{phase}: spans are recorded only after start_spans"
            );
        }
    }
}
