//! The first adapter of the guide for authors, by the files and the commands that stand there.

use std::fs;

use serde_json::json;

use crate::harness::{Answer, Authority, Counterpart, Suite, project};

/// Where the guide's example goes; a counterpart stands in for it.
const THERE: &str = "https://api.github.com";

/// A fenced block: what its first line says besides the language, and what stands in it.
struct Block {
    kind: String,
    text: String,
}

/// The blocks that are files, commands and what these print, in order.
fn blocks() -> Vec<Block> {
    let guide = fs::read_to_string(project().join("docs/language/guide.md")).expect("the guide is there");
    let fenced = guide.split("\n```").skip(1).step_by(2);
    let block = |fenced: &str| {
        let (info, text) = fenced.split_once('\n')?;
        let kind = info.split_once(' ')?.1.to_owned();
        Some(Block { kind, text: format!("{text}\n") })
    };
    fenced.map(|fenced| block(fenced).expect("a block says what it is")).collect()
}

#[tokio::test]
async fn the_first_adapter_of_the_guide_runs_by_the_commands_that_stand_there() {
    let authority = Authority::new();
    let repository = json!({ "id": 724_712, "full_name": "rust-lang/rust", "created_at": "2010-06-16T20:39:03Z", "fork": false });
    let there = Counterpart::start(&authority, move |_| Answer::json(200, &repository)).await;
    let suite = Suite::start(&authority).await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let here = format!("{}/", folder.path().display());

    let (mut printed, mut commands) = (String::new(), 0);
    for Block { kind, text } in blocks() {
        if let Some(name) = kind.strip_prefix("file ") {
            let text = text.replace(THERE, &there.url(""));
            fs::write(folder.path().join(name), text).expect("a file can be written");
        } else if kind == "terminal" {
            for line in text.lines() {
                let words = line.strip_prefix("outgate ").expect("a command of the binary").split(' ');
                let arguments: Vec<_> = words
                    .map(
                        |word| {
                            if word.ends_with(".json") { format!("{here}{word}") } else { word.to_owned() }
                        },
                    )
                    .collect();
                let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
                let output = suite.command(&arguments).await;
                assert_eq!(output.code, 0, "{line}: {output:?}");
                printed += &output.stdout.replace(&here, "").replace(&there.url(""), THERE);
                commands += 1;
            }
        } else if kind == "prints" {
            assert_eq!(std::mem::take(&mut printed), text);
        }
    }
    assert_eq!((commands, &*printed), (4, ""));
    assert_eq!(there.only().path, "/repos/rust-lang/rust");
}
