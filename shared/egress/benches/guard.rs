//! The guard of a URL, whole: parsed, matched among the listed endpoints, its scheme, port and address checked.
//!
//! `cargo bench -p egress --bench guard`. Every decision stays below 2 µs, with 1, 10 and 100 endpoints listed: the one that
//! covers the URL is the last of them, and the others differ from it as late as they can. Before anything is timed, every
//! row is held to the decision that its URL is for.
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot be run fails")]

use std::net::IpAddr;

use divan::{Bencher, Divan, black_box};
use egress::{Destination, EgressPolicy, Endpoint, Scheme};
use http::Method;

const LISTED: [usize; 3] = [1, 10, 100];
const ADDRESS: &str = "93.184.215.14";

/// What the guard decides with, and the URL it decides about.
struct Case {
    url: String,
    endpoints: Vec<Endpoint>,
    policy: EgressPolicy,
    address: IpAddr,
}

impl Case {
    /// A URL among so many endpoints, of which the last covers `/v1/**` of its host.
    fn new(url: impl Into<String>, listed: usize) -> Self {
        let others = (1..listed).map(|index| format!("https://api.example.com/v1/other-{index}/items/**"));
        let last = "https://api.example.com/v1/**".to_owned();
        let international = "https://b\u{fc}cher.example/v1/**".to_owned();
        let endpoints = others
            .chain([if listed == 0 { international } else { last }])
            .map(|text| Endpoint::parse(&text, &[]).unwrap());
        Self {
            url: url.into(),
            endpoints: endpoints.collect(),
            policy: EgressPolicy::default(),
            address: ADDRESS.parse().unwrap(),
        }
    }

    /// What `Door::send` decides before it asks for a secret, the look-up itself left out.
    fn passes(&self) -> bool {
        self.passed().is_some()
    }

    /// The destination, if it may be called.
    fn passed(&self) -> Option<Destination> {
        let destination = Destination::parse(black_box(&self.url)).ok()?;
        let passes = self.endpoints.iter().any(|listed| listed.covers(&Method::GET, &destination))
            && destination.scheme() == Scheme::Https
            && self.policy.permits_port(destination.port())
            && !destination.has_special_name()
            && self.policy.permits_address(black_box(self.address));
        passes.then_some(destination)
    }

    /// Times a decision that was made as expected.
    fn bench(&self, bencher: Bencher<'_, '_>, expected: bool) {
        assert_eq!(self.passes(), expected, "{}", self.url);
        bencher.bench_local(|| self.passes());
    }
}

fn main() {
    Divan::default().sample_size(1000).sample_count(200).config_with_args().main();
}

#[divan::bench(args = LISTED)]
fn plain(bencher: Bencher<'_, '_>, listed: usize) {
    Case::new("https://api.example.com/v1/customers/42/orders", listed).bench(bencher, true);
}

#[divan::bench(args = LISTED)]
fn query_of_1_kb(bencher: Bencher<'_, '_>, listed: usize) {
    Case::new(format!("https://api.example.com/v1/customers?{}", query()), listed).bench(bencher, true);
}

fn query() -> String {
    "filter=name%20eq%20%27Ada%27&".repeat(36)[..1024].to_owned()
}

/// No decision, but what comes after it: the URL library writes the query of the URL that is sent, letter by letter.
#[divan::bench]
fn query_of_1_kb_and_the_url_that_is_sent(bencher: Bencher<'_, '_>) {
    let case = Case::new(format!("https://api.example.com/v1/customers?{}", query()), 1);
    bencher.bench_local(|| case.passed().map(Destination::into_url));
}

#[divan::bench(args = LISTED)]
fn encoded_space(bencher: Bencher<'_, '_>, listed: usize) {
    Case::new("https://api.example.com/v1/customers/Ada%20Lovelace/orders", listed).bench(bencher, true);
}

#[divan::bench(args = LISTED)]
fn encoded_slash_and_parameters(bencher: Bencher<'_, '_>, listed: usize) {
    Case::new("https://api.example.com/v1/files/a%2Fb%252Fc;v=1/x", listed).bench(bencher, true);
}

#[divan::bench(args = LISTED)]
fn encoded_japanese(bencher: Bencher<'_, '_>, listed: usize) {
    let url = "https://api.example.com/v1/%E3%83%95%E3%82%A1%E3%82%A4%E3%83%AB/%E6%97%A5%E6%9C%AC%E8%AA%9E";
    Case::new(url, listed).bench(bencher, true);
}

#[divan::bench]
fn name_in_ascii_of_an_international_one(bencher: Bencher<'_, '_>) {
    Case::new("https://xn--bcher-kva.example/v1/x", 0).bench(bencher, true);
}

#[divan::bench]
fn international_name(bencher: Bencher<'_, '_>) {
    Case::new("https://b\u{fc}cher.example/v1/x", 0).bench(bencher, true);
}

#[divan::bench(args = LISTED)]
fn refused_leads_outside(bencher: Bencher<'_, '_>, listed: usize) {
    Case::new("https://api.example.com/v1/x/..%2f..%2fadmin", listed).bench(bencher, false);
}

#[divan::bench(args = LISTED)]
fn refused_not_listed(bencher: Bencher<'_, '_>, listed: usize) {
    Case::new("https://api.example.com/v2/customers/42", listed).bench(bencher, false);
}

#[divan::bench]
fn refused_user(bencher: Bencher<'_, '_>) {
    Case::new("https://api.example.com@evil.example/v1/x", 1).bench(bencher, false);
}

#[divan::bench]
fn refused_spelling_of_an_address(bencher: Bencher<'_, '_>) {
    Case::new("https://0x7f.1/v1/x", 1).bench(bencher, false);
}
