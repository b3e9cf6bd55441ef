//! Answers of real token endpoints, and what must be made of each: `tests/fixtures/vectors` at the workspace's root.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::Value;
use tonic::Code;

use super::{
    counterpart::{Reply, Seen},
    *,
};

const VECTORS: &str = include_str!("../../../../tests/fixtures/vectors/oauth_token_responses.jsonl");

#[derive(Deserialize)]
struct Vector {
    name: String,
    status: u16,
    headers: HashMap<String, String>,
    body: String,
    expect: Expectation,
}

#[derive(Deserialize)]
struct Expectation {
    outcome: String,
    #[serde(default)]
    ttl_s: Value,
    #[serde(default)]
    retry_after_s: Value,
}

impl Vector {
    /// The answer, with what the file only describes made real.
    fn reply(&self) -> Reply {
        let body = match self.name.as_str() {
            "slow_headers" => return Reply::Silent,
            "slow_body" => return Reply::Unending,
            "gzip_bomb" => vec![0x1f; 1 << 20].into(),
            "big_body" => format!(r#"{{"access_token":"AT1","x":"{}"}}"#, "y".repeat(2 << 20)).into(),
            _ => self.body.clone().into(),
        };
        let headers = self.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        Reply::Answer { status: self.status, headers, body }
    }

    fn is_slow(&self) -> bool {
        self.name.starts_with("slow_")
    }

    fn check(&self, result: Result<Token, Status>) -> Result<(), String> {
        match (self.expect.outcome.as_str(), result) {
            ("token", Ok(token)) => self.check_token(&token),
            ("error_permanent", Err(status)) => {
                let told =
                    [("TOKEN_REFUSED", Code::FailedPrecondition), ("TOKEN_UNAVAILABLE", Code::Unavailable)]
                        .contains(&(reason(&status).as_str(), status.code()));
                match retry_after(&status) {
                    None if told => self.check_text(&status),
                    _ => Err(format!("{status:?}")),
                }
            }
            ("error_retryable", Err(status)) => {
                if reason(&status) != "TOKEN_UNAVAILABLE" || status.code() != Code::Unavailable {
                    return Err(format!("{status:?}"));
                }
                self.check_delay(retry_after(&status))?;
                self.check_text(&status)
            }
            (_, result) => Err(format!("{result:?}")),
        }
    }

    fn check_token(&self, token: &Token) -> Result<(), String> {
        let now = std::time::SystemTime::now();
        let left = token.expire_time.map(|time| {
            std::time::SystemTime::try_from(time).unwrap().duration_since(now).unwrap_or_default()
        });
        let expected = match &self.expect.ttl_s {
            Value::Null => None,
            Value::String(text) if text == "max" => Some(Config::default().longest_life),
            number => Some(Duration::from_secs(number.as_u64().unwrap())),
        };
        let fits = match (left, expected) {
            (None, None) => true,
            (Some(left), Some(expected)) => left <= expected && left + PATIENCE.min(expected) > expected,
            _ => false,
        };
        match token.access_token == "AT1" && fits {
            true => Ok(()),
            false => Err(format!("{token:?}: {left:?} left")),
        }
    }

    fn check_delay(&self, delay: Option<Duration>) -> Result<(), String> {
        let config = Config::default();
        let fits =
            |least: Duration, most: Duration| delay.is_some_and(|delay| delay > least && delay <= most);
        let fits = match &self.expect.retry_after_s {
            Value::String(text) if text == "max" => fits(Duration::from_secs(59), config.longest_retry_after),
            Value::Number(seconds) => {
                let seconds = Duration::from_secs(seconds.as_u64().unwrap());
                fits(seconds - Duration::from_secs(1), seconds)
            }
            _ => fits(Duration::ZERO, config.shortest_pause * 2),
        };
        if fits { Ok(()) } else { Err(format!("come back after {delay:?}")) }
    }

    /// Nothing of a body gets into an error, beyond a code of RFC 6749.
    fn check_text(&self, status: &Status) -> Result<(), String> {
        let text = format!("{status:?}");
        let leaked = ["S3CR3T", "<html", "AT1", "evil"].into_iter().find(|word| text.contains(word));
        leaked.map_or(Ok(()), |word| Err(format!("`{word}` in {text}")))
    }
}

fn vectors() -> Vec<Vector> {
    VECTORS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// An endpoint that gives each client, named after a vector, that vector's answer.
async fn endpoint(suite: &Suite) -> Counterpart {
    let by_name: HashMap<String, Reply> =
        vectors().iter().map(|vector| (vector.name.clone(), vector.reply())).collect();
    Counterpart::start(&suite.authority, move |_, seen| by_name[&client(seen)].clone()).await
}

/// The client that a request is of.
fn client(seen: &Seen) -> String {
    let basic = seen.headers["authorization"].to_str().unwrap().strip_prefix("Basic ").unwrap();
    let pair = String::from_utf8(STANDARD.decode(basic).unwrap()).unwrap();
    pair.split(':').next().unwrap().to_owned()
}

async fn run(suite: &Suite, chosen: impl Fn(&Vector) -> bool) -> usize {
    let counterpart = endpoint(suite).await;
    let mut wrong = Vec::new();
    let mut count = 0;
    for vector in vectors().iter().filter(|vector| chosen(vector)) {
        count += 1;
        let result = suite.get(&client_of(&counterpart, &vector.name)).await;
        if let Err(problem) = vector.check(result) {
            wrong.push(format!("{}: expected {}, got {problem}", vector.name, vector.expect.outcome));
        }
        // A token of seconds may have been renewed by now.
        let requests = counterpart.seen().iter().filter(|seen| client(seen) == vector.name).count();
        assert!(requests == 1 || vector.expect.outcome == "token", "{}: {requests} requests", vector.name);
    }
    assert!(wrong.is_empty(), "{} of {count} wrong:\n{}", wrong.len(), wrong.join("\n"));
    count
}

#[tokio::test]
async fn every_answer_is_read_as_it_must_be() {
    assert_eq!(run(&Suite::new(), |vector| !vector.is_slow()).await, 80);
}

#[tokio::test]
async fn an_answer_that_does_not_come_in_time_is_unavailable() {
    let config = Config { timeout: Duration::from_millis(500), ..Config::default() };
    let suite = Suite::with(config, Arc::new(MemoryStore::new().unwrap()));
    assert_eq!(run(&suite, Vector::is_slow).await, 2);
}
