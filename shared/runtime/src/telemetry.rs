//! Traces and logs: W3C trace context in and out, OTLP where the standard `OTEL_…` variables name an endpoint, and
//! lines on standard error.

use std::io::IsTerminal;

use http::HeaderMap;
use opentelemetry::{
    Context, global,
    propagation::{Extractor, Injector},
    trace::TracerProvider as _,
};
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{Layer, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

pub use layer::{Trace, TraceLayer};

mod layer;

/// Either of these names an OTLP endpoint (OpenTelemetry, OTLP exporter configuration).
const OTLP_VARIABLES: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
/// Libraries that would trace the export of traces, or print what passes through them.
const QUIET: &str = "h2=warn,hyper=warn,hyper_util=warn,opentelemetry=warn,opentelemetry_sdk=warn,opentelemetry_otlp=warn,\
                     reqwest=warn,rustls=warn,sled=warn,tonic=warn,tower=warn";

/// Why telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// A filter cannot be read.
    #[error("{key} = \"{filter}\": is no filter; write a level such as `info`, or `info,egress=debug`")]
    Filter {
        /// Which one.
        key: &'static str,
        /// What was configured.
        filter: String,
        /// What is wrong with it.
        source: tracing_subscriber::filter::ParseError,
    },
    /// The OTLP exporter cannot be built from the environment.
    #[error("the OTLP exporter cannot be built from the OTEL_ variables")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// Telemetry was started before.
    #[error("telemetry runs already")]
    Twice(#[from] tracing_subscriber::util::TryInitError),
}

/// Keeps telemetry running; [`Telemetry::finish`] sends what is left.
#[derive(Debug)]
#[must_use = "spans that are not flushed are lost"]
pub struct Telemetry {
    provider: SdkTracerProvider,
}

/// Starts telemetry for this process under `service`, with filters such as `info` for the log and for what is exported.
///
/// Trace context is passed on even where nothing is exported. Called inside the runtime.
///
/// # Errors
/// When the filter or the exporter's settings cannot be used.
pub fn start(service: &'static str, log: &str, spans: &str) -> Result<Telemetry, TelemetryError> {
    let parse = |key, filter: &str| {
        format!("{QUIET},{filter}").parse::<Targets>().map_err(|source| TelemetryError::Filter {
            key,
            filter: filter.to_owned(),
            source,
        })
    };
    let lines = parse("telemetry.log", log)?;
    let spans = parse("telemetry.spans", spans)?;
    let resource = opentelemetry_sdk::Resource::builder().with_service_name(service).build();
    let mut provider = SdkTracerProvider::builder().with_resource(resource);
    if OTLP_VARIABLES.iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty())) {
        provider =
            provider.with_batch_exporter(opentelemetry_otlp::SpanExporter::builder().with_tonic().build()?);
    }
    let provider = provider.build();
    global::set_text_map_propagator(TraceContextPropagator::new());
    global::set_tracer_provider(provider.clone());
    let print = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let print =
        if std::io::stderr().is_terminal() { print.boxed() } else { print.json().with_ansi(false).boxed() };
    tracing_subscriber::registry()
        .with(print.with_filter(lines))
        .with(
            tracing_opentelemetry::layer()
                .with_tracer(provider.tracer("outgate"))
                // The build's source paths are no business of a trace.
                .with_location(false)
                // Nobody asks OpenTelemetry for the span that is current, and how long a span was not polled is not told: both
                // would be work at every poll of every call.
                .with_context_activation(false)
                .with_tracked_inactivity(false)
                .with_filter(spans),
        )
        .try_init()?;
    Ok(Telemetry { provider })
}

impl Telemetry {
    /// Sends what is left and stops.
    pub fn finish(self) {
        if let Err(error) = self.provider.shutdown() {
            eprint_line(&format!("the last traces could not be sent: {error}"));
        }
    }
}

/// The log has ended when this is needed.
#[expect(clippy::print_stderr, reason = "telemetry itself is what has stopped")]
fn eprint_line(text: &str) {
    eprintln!("{text}");
}

/// Writes the current span's context into headers (W3C Trace Context).
pub fn inject(headers: &mut HeaderMap) {
    let context = Span::current().context();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut Headers(headers)));
}

/// The current span's context as headers, for a request to the outside.
pub fn current() -> Vec<(String, String)> {
    let mut headers = HeaderMap::new();
    inject(&mut headers);
    headers
        .iter()
        .filter_map(|(name, value)| Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned())))
        .collect()
}

/// The context that headers carry.
fn extract(headers: &HeaderMap) -> Context {
    global::get_text_map_propagator(|propagator| propagator.extract(&Carrier(headers)))
}

struct Headers<'a>(&'a mut HeaderMap);

impl Injector for Headers<'_> {
    fn set(&mut self, key: &str, value: String) {
        if let (Ok(name), Ok(value)) = (http::HeaderName::try_from(key), http::HeaderValue::try_from(value)) {
            self.0.insert(name, value);
        }
    }
}

struct Carrier<'a>(&'a HeaderMap);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}
