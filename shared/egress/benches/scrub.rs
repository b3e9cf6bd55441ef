//! What searching an answer for secrets costs: a body without any, and making the tables for a request.
//!
//! `cargo bench -p egress --features internals --bench scrub`

use bytes::Bytes;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use divan::{Bencher, counter::BytesCount};
use egress::internals::Scrubber;

const BODY: usize = 16 << 20;
/// What a client hands over at once.
const CHUNK: usize = 16 << 10;

fn main() {
    divan::main();
}

/// Bytes that repeat with every run, and nowhere else.
fn random(seed: u64, length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..length).map(|_| random.u8(..)).collect()
}

/// A number of secrets as they are issued, of 32 to 64 characters; the number 0 stands for one token of 4 KiB.
fn secrets(count: u64) -> Vec<Vec<u8>> {
    let secret = |seed, length| BASE64URL_NOPAD.encode(&random(seed, length)).into_bytes();
    match count {
        0 => vec![secret(1, 3072)],
        _ => (0..count).map(|seed| secret(seed, 24 + usize::try_from(seed).unwrap_or(0) * 24 / 16)).collect(),
    }
}

fn scrubber(count: u64) -> Scrubber {
    let secrets = secrets(count);
    Scrubber::new(&secrets.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn json() -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut text = Vec::with_capacity(BODY + 256);
    text.push(b'[');
    while text.len() < BODY {
        let (id, amount) = (random.u64(..), random.u32(..));
        let record = format!(
            r#"{{"id":"{id:016x}","customer":{{"name":"Ada Lovelace","city":"Gen\u00e8ve","active":true}},"amount":{amount}.50,"note":"Paid \"in full\" &amp; on time","link":"https://api.example.com/v1/orders/{id}?expand=lines%2Cnotes"}},"#
        );
        text.extend_from_slice(record.as_bytes());
    }
    text
}

fn bodies() -> [(&'static str, Bytes); 3] {
    let digits = BASE64.encode(&random(8, BODY / 4 * 3)).into_bytes();
    [("json", json().into()), ("random", random(9, BODY).into()), ("base64", digits.into())]
}

fn body(kind: &str) -> Bytes {
    bodies().into_iter().find_map(|(name, body)| (name == kind).then_some(body)).unwrap_or_default()
}

#[divan::bench_group(sample_count = 10, sample_size = 1)]
mod no_hit {
    use super::*;

    fn bench(bencher: Bencher<'_, '_>, kind: &str, count: u64) {
        let (scrubber, body) = (scrubber(count), body(kind));
        bencher.counter(BytesCount::new(body.len())).bench(|| {
            let mut chunks = scrubber.chunks();
            let mut length = 0;
            for start in (0..body.len()).step_by(CHUNK) {
                let (clean, count) = chunks.push(body.slice(start..body.len().min(start + CHUNK)));
                assert_eq!(count, 0);
                length += clean.len();
            }
            length + chunks.finish().0.len()
        });
    }

    #[divan::bench(args = [1, 4, 16, 0])]
    fn json(bencher: Bencher<'_, '_>, count: u64) {
        bench(bencher, "json", count);
    }

    #[divan::bench(args = [1, 4, 16, 0])]
    fn random(bencher: Bencher<'_, '_>, count: u64) {
        bench(bencher, "random", count);
    }

    #[divan::bench(args = [1, 4, 16, 0])]
    fn base64(bencher: Bencher<'_, '_>, count: u64) {
        bench(bencher, "base64", count);
    }
}

/// The number 0 is the token of 4 KiB.
#[divan::bench(args = [1, 4, 16, 0])]
fn build(bencher: Bencher<'_, '_>, count: u64) {
    let secrets = secrets(count);
    let secrets: Vec<&[u8]> = secrets.iter().map(Vec::as_slice).collect();
    bencher.bench(|| Scrubber::new(&secrets));
}
