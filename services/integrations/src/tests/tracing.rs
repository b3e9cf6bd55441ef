//! W3C trace context, from the caller to the counterpart.

use opentelemetry::{global, trace::TracerProvider};
use opentelemetry_sdk::{propagation::TraceContextPropagator, trace::SdkTracerProvider};
use proto::integrations::v1::TraceContext;
use tonic::Request;
use tracing_subscriber::layer::SubscriberExt;

use super::{
    counterpart::Counterpart,
    world::{World, get, header, open},
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test]
async fn trace_context_goes_out_only_where_the_integration_says_so() {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let provider = SdkTracerProvider::builder().build();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    // For this thread, which is the only one of this test.
    let _guard =
        tracing::subscriber::set_default(tracing_subscriber::registry().with(oracle::layer()).with(layer));

    let counterpart = Counterpart::quiet().await;
    let world = World::new(&counterpart).await;
    let kinds = [TraceContext::Sent, TraceContext::Withheld, TraceContext::Unspecified];
    for (index, kind) in kinds.into_iter().enumerate() {
        let mut integration = open(&counterpart, None);
        integration.trace_context = kind.into();
        world.create(&format!("i{index}"), integration).await.unwrap();
        let mut message = get(format!("{}/x", counterpart.origin()));
        message.name = format!("tenants/acme/integrations/i{index}");
        if kind == TraceContext::Sent {
            message.headers =
                vec![header("traceparent", "00-00000000000000000000000000000001-0000000000000001-01")];
        }
        // The link writes the context of the span it is used in; here the caller is in none, and says it itself.
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01").parse().unwrap());
        world.integrations().execute_integration(request).await.unwrap();
    }
    let sent: Vec<_> = counterpart.seen().iter().map(|seen| seen.header("traceparent").to_owned()).collect();
    assert!(
        sent[0].starts_with(&format!("00-{TRACE}-")) && !sent[0].contains("00f067aa0ba902b7"),
        "{sent:?}"
    );
    assert_eq!(sent[1..], ["", ""]);
}
