//! The yardstick: Rust that knows this one mapping, over `serde_json::Value`.

use divan::{Bencher, black_box};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sides::{ANSWER, CONSTANTS, INPUT, META, NOW, parse};

pub(crate) fn rfc3339(milliseconds: i64) -> String {
    format!("{:.3}", Timestamp::from_millisecond(milliseconds).unwrap())
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn make_request(constants: &Value, input: &Value) -> String {
    let address = &input["address"];
    let request = json!({
        "method": constants["method"],
        "url": format!("{}/company", text(&constants["url"])),
        "headers": { "Content-Type": "application/json", "X-Api-Key": constants["apiKey"] },
        "body": {
            "id": input["id"],
            "name": input["name"],
            "address": {
                "zip": address["zip"],
                "city": address["city"],
                "state": address["state"],
                "street": address["street"],
                "country": address["country"],
            },
        },
    });
    request.to_string()
}

fn make_result() -> String {
    let (meta, response) = (parse(black_box(META)), parse(black_box(ANSWER)));
    let result = json!({
        "extName": "Accounting",
        "extId": text(&response["id"]),
        "extStatus": if text(&meta["error"]) == "true" { "EXT.ERROR" } else { "EXT.OK" },
        "extMessage": text(&meta["message"]),
        "extTimestamp": rfc3339(NOW),
    });
    result.to_string()
}

#[divan::bench]
fn by_hand_request(bencher: Bencher) {
    let (constants, input) = (parse(CONSTANTS), parse(INPUT));
    bencher.bench_local(|| drop(black_box(make_request(&constants, black_box(&input)))));
}

#[divan::bench]
fn by_hand_request_from_bytes(bencher: Bencher) {
    let constants = parse(CONSTANTS);
    bencher.bench_local(|| drop(black_box(make_request(&constants, &parse(black_box(INPUT))))));
}

#[divan::bench]
fn by_hand_result(bencher: Bencher) {
    bencher.bench_local(|| drop(black_box(make_result())));
}

pub(crate) fn request_from_bytes() -> String {
    make_request(&parse(CONSTANTS), &parse(INPUT))
}

pub(crate) fn result() -> String {
    make_result()
}
