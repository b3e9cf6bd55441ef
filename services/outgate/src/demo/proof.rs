//! Looks for the secrets wherever they must not be.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use prost::Message;

use super::{
    acts::{AccountingAct, CrmAct, expect},
    stage::{Secrets, Stage},
};
use crate::failure::Failure;

/// What was searched. Finding anything would have been a failure.
#[derive(Debug)]
pub(super) struct Proof {
    /// Answers of the suite.
    pub(super) answers: usize,
    /// Files of its data folder.
    pub(super) files: usize,
}

/// Searches every answer that the suite gave, and every file that it keeps.
///
/// # Errors
/// When a secret is found, or a file cannot be read.
pub(super) fn search(stage: &Stage, crm: &CrmAct, accounting: &AccountingAct) -> Result<Proof, Failure> {
    let needles = needles(&stage.secrets);
    let mut answers: Vec<Vec<u8>> = crm.answers.iter().map(Message::encode_to_vec).collect();
    answers.push(accounting.explained.encode_to_vec());
    answers.extend([&accounting.json, &accounting.xml].map(Message::encode_to_vec));
    expect(answers.iter().all(|answer| !holds(answer, &needles)), "an answer of the suite holds a secret")?;
    let wrong = |error: io::Error| Failure::file(format!("{}: {error}", stage.data().display()));
    let mut files = Vec::new();
    walk(&stage.data(), &mut files).map_err(wrong)?;
    for file in &files {
        let kept = fs::read(file).map_err(wrong)?;
        expect(!holds(&kept, &needles), &format!("{} holds a secret", file.display()))?;
    }
    Ok(Proof { answers: answers.len(), files: files.len() })
}

/// Each secret as it is, and in base64 at the three places that it can begin at.
fn needles(secrets: &Secrets) -> Vec<Vec<u8>> {
    let mut needles = Vec::new();
    for secret in [&secrets.crm, &secrets.token, &secrets.accounting] {
        needles.push(secret.as_bytes().to_vec());
        for offset in 0..3 {
            let text = STANDARD_NO_PAD.encode([&b"xx"[..offset], secret.as_bytes()].concat());
            // The digits at both ends also depend on what stands around the secret.
            needles.push(text.as_bytes()[4..text.len() - 4].to_vec());
        }
    }
    needles
}

fn holds(text: &[u8], needles: &[Vec<u8>]) -> bool {
    needles.iter().any(|needle| text.windows(needle.len()).any(|window| window == needle))
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
