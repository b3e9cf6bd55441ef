//! What renderings and mappings take of their limits, on the trace.

use mapping::Used;
use tracing::{Span, field::Empty, info_span};

/// A span around a rendering or a mapping: `stage` is `request` or `answer`.
pub(super) fn span(stage: &'static str, adapter: &str) -> Span {
    info_span!(
        "mapping",
        mapping.stage = stage,
        mapping.adapter = adapter,
        mapping.nodes = Empty,
        mapping.depth = Empty,
        mapping.output_bytes = Empty,
        mapping.fuel = Empty,
    )
}

/// Records what it took.
pub(super) fn record(span: &Span, used: Used) {
    span.record("mapping.nodes", used.nodes);
    span.record("mapping.depth", used.depth);
    span.record("mapping.output_bytes", used.output_bytes);
    span.record("mapping.fuel", used.fuel);
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use mapping::Used;
    use tracing::{field::Visit, span};
    use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt};

    /// Every field that is recorded, as text.
    #[derive(Clone, Default)]
    struct Fields(Arc<Mutex<Vec<String>>>);

    impl Visit for Fields {
        fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
            self.0.lock().unwrap().push(format!("{field}={value:?}"));
        }
    }

    impl<S: tracing::Subscriber> Layer<S> for Fields {
        fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
            attributes.record(&mut self.clone());
        }

        fn on_record(&self, _: &span::Id, record: &span::Record<'_>, _: Context<'_, S>) {
            record.record(&mut self.clone());
        }
    }

    #[test]
    fn what_was_used_is_on_the_span() {
        let fields = Fields::default();
        let subscriber = tracing_subscriber::registry().with(fields.clone());
        tracing::subscriber::with_default(subscriber, || {
            let span = super::span("answer", "ADAPTER.A-B");
            super::record(&span, Used { nodes: 3, depth: 2, output_bytes: 70, fuel: 9 });
        });
        let mut recorded = fields.0.lock().unwrap().clone();
        recorded.sort();
        let expected = [
            "mapping.adapter=\"ADAPTER.A-B\"",
            "mapping.depth=2",
            "mapping.fuel=9",
            "mapping.nodes=3",
            "mapping.output_bytes=70",
            "mapping.stage=\"answer\"",
        ];
        assert_eq!(recorded, expected);
    }
}
