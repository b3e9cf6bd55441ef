//! What is found in a ledger that is not as it was written.

use proptest::prelude::*;

use super::*;

#[tokio::test]
async fn every_flipped_bit_is_found_and_named() {
    let scene = Scene::new();
    let scene = Scene { options: Options { segment_bytes: 1, ..scene.options }, ..scene };
    let ledger = scene.open().unwrap();
    ledger.record(vec![entry(1)]).await.unwrap();
    ledger.record(vec![entry(2)]).await.unwrap();
    drop(ledger);
    let files = scene.files();
    assert_eq!(files.len(), 2);
    let mut number = 1;
    for (path, bytes) in &files {
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                fs::write(path, changed).unwrap();
                let broken = scene.verify().expect_err("a bit was flipped");
                // Without its line end, the last entry of the ledger counts as unfinished, and the one of the file before
                // as running on; either is told where it stands.
                assert_eq!(broken_at(&broken), Some(number), "{broken}");
            }
            assert!(at % 16 > 0 || scene.open().is_err());
            number += u64::from(bytes[at] == b'\n');
        }
        fs::write(path, bytes).unwrap();
    }
    scene.verify().unwrap();
}

/// Something that is done to the lines of a ledger.
#[derive(Clone, Debug)]
enum Fault {
    Remove(usize),
    Swap(usize, usize),
    Repeat(usize, usize),
    Foreign(usize),
    CutLines(usize),
    CutBytes(usize),
}

impl Fault {
    /// Gives the number of the first entry that is not as it was; none where nothing was done.
    fn apply(&self, lines: &mut Vec<Vec<u8>>, foreign: &[Vec<u8>]) -> Option<usize> {
        let before = lines.clone();
        match *self {
            Self::Remove(at) => drop(lines.remove(at % before.len())),
            Self::Swap(one, other) => lines.swap(one % before.len(), other % before.len()),
            Self::Repeat(from, to) => {
                lines.insert(to % (before.len() + 1), before[from % before.len()].clone())
            }
            Self::Foreign(at) => lines[at % before.len()] = foreign[at % before.len()].clone(),
            Self::CutLines(keep) => lines.truncate(keep % before.len()),
            Self::CutBytes(keep) => {
                let mut text = before.concat();
                text.truncate(keep % text.len());
                *lines = text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            }
        }
        let same = lines.iter().zip(&before).take_while(|(new, old)| new == old).count();
        // Another ledger's first entry begins a chain as well as this one's: the next one does not continue it.
        let begins = matches!(self, Self::Foreign(at) if at % before.len() == 0);
        (*lines != before).then_some(same + 1 + usize::from(begins))
    }
}

fn fault() -> impl Strategy<Value = Fault> {
    let at = 0..1000_usize;
    prop_oneof![
        at.clone().prop_map(Fault::Remove),
        (at.clone(), at.clone()).prop_map(|(one, other)| Fault::Swap(one, other)),
        (at.clone(), at.clone()).prop_map(|(from, to)| Fault::Repeat(from, to)),
        at.clone().prop_map(Fault::Foreign),
        at.prop_map(Fault::CutLines),
        (0..10_000_usize).prop_map(Fault::CutBytes),
    ]
}

/// Lines in files of the same lengths as before, as far as they go.
fn rewritten(files: &Files, lines: Vec<Vec<u8>>) -> Files {
    let counts = files.values().map(|bytes| bytes.iter().filter(|byte| **byte == b'\n').count());
    let (mut lines, mut left) = (lines.into_iter(), files.len());
    let counts: Vec<_> = counts.collect();
    files
        .keys()
        .zip(counts)
        .map(|(path, count)| {
            left -= 1;
            let most = if left == 0 { usize::MAX } else { count };
            (path.clone(), lines.by_ref().take(most).flatten().collect())
        })
        .collect()
}

#[test]
fn whatever_is_done_to_entries_is_found_and_named() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let scene = runtime.block_on(Scene::with(12));
    let other = runtime.block_on(Scene::with(12));
    let lines = |files: &Files| -> Vec<Vec<u8>> {
        let text = files.values().flatten().copied().collect::<Vec<_>>();
        text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    };
    let (files, foreign) = (scene.files(), lines(&other.files()));
    proptest!(ProptestConfig::with_cases(2000), |(fault in fault())| {
        let mut changed = lines(&files);
        let Some(first) = fault.apply(&mut changed, &foreign) else { return Ok(()) };
        scene.replace(&rewritten(&files, changed));
        let broken = scene.verify().expect_err("something was done to it");
        prop_assert_eq!(broken_at(&broken), Some(first as u64), "{}", broken);
    });
}

#[tokio::test]
async fn a_file_that_is_missing_or_misnamed_is_found() {
    let scene = Scene::with(12).await;
    let files = scene.files();
    let paths: Vec<_> = files.keys().cloned().collect();
    assert_eq!(paths.len(), 4);
    for (index, path) in paths.iter().enumerate() {
        let mut fewer = files.clone();
        fewer.remove(path);
        scene.replace(&fewer);
        assert_eq!(broken_at(&scene.verify().unwrap_err()), Some(3 * index as u64 + 1));
    }
    let mut swapped = files.clone();
    swapped.insert(paths[2].clone(), files[&paths[3]].clone());
    swapped.insert(paths[3].clone(), files[&paths[2]].clone());
    scene.replace(&swapped);
    assert_eq!(broken_at(&scene.verify().unwrap_err()), Some(7));
    assert!(scene.open().is_err());
    scene.replace(&files);
    scene.verify().unwrap();
    scene.open().unwrap();
}

#[tokio::test]
async fn the_checkpoint_is_missed_and_proved() {
    let scene = Scene::with(3).await;
    let path = scene.path().join("head");
    let text = fs::read_to_string(&path).unwrap();
    for other in [String::new(), "x".repeat(1024), text.replace("\"sequence\":", "\"sequence\":1")] {
        fs::write(&path, &other).unwrap();
        assert!(matches!(scene.verify(), Err(Broken::Checkpoint(_))), "{other}");
        assert!(matches!(scene.open(), Err(OpenError::Broken(Broken::Checkpoint(_)))));
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(scene.open(), Err(OpenError::Broken(Broken::Checkpoint(_)))));
    // Keys that did not seal it.
    fs::write(&path, &text).unwrap();
    let stranger = KeyRing::create(scene.folder.path().join("stranger")).unwrap();
    assert!(matches!(verify(&scene.path(), Some(&stranger), None), Err(Broken::Checkpoint(_))));
    // One of its two places is enough.
    fs::write(&path, text.replacen("\"seal\":\"01", "\"seal\":\"02", 1)).unwrap();
    scene.verify().unwrap();
}

#[tokio::test]
async fn a_ledger_that_was_written_anew_is_found_by_the_checkpoint_or_a_head_that_was_noted_down() {
    let (scene, other) = (Scene::with(7).await, Scene::with(7).await);
    let noted = scene.verify().unwrap().head;
    let (files, forged) = (scene.files(), other.files());
    let named = files.keys().cloned().zip(forged.values().cloned()).collect();
    scene.replace(&named);
    assert_eq!(problem(scene.verify().unwrap_err()), Problem::Checkpoint);
    // Without the keys a forged checkpoint passes; a head that was noted down does not let it.
    fs::copy(other.path().join("head"), scene.path().join("head")).unwrap();
    verify(&scene.path(), None, None).unwrap();
    let known = Some(noted);
    assert_eq!(problem(verify(&scene.path(), None, known).unwrap_err()), Problem::Checkpoint);
    let text: Vec<u8> = files.into_values().flatten().collect();
    let export = |known| verify_export(Path::new("export"), &text[..], false, known);
    export(known).unwrap();
    let later = Head { sequence: noted.sequence + 1, ..noted };
    assert_eq!(problem(export(Some(later)).unwrap_err()), Problem::Missing);
}

#[tokio::test]
async fn an_export_may_begin_later_and_leaves_out_what_it_is_said_to() {
    let scene = Scene::with(6).await;
    let text = String::from_utf8(scene.files().into_values().flatten().collect()).unwrap();
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let export =
        |lines: &[&str], gaps| verify_export(Path::new("export"), lines.concat().as_bytes(), gaps, None);
    assert_eq!(export(&lines[2..], false).unwrap().entries, 4);
    let some = [lines[0], lines[1], lines[4], lines[5]];
    assert_eq!(problem(export(&some, false).unwrap_err()), Problem::Sequence { after: 2, found: 5 });
    assert_eq!(export(&some, true).unwrap().gaps, 1);
    let back = [lines[3], lines[1]];
    assert_eq!(problem(export(&back, true).unwrap_err()), Problem::Sequence { after: 4, found: 2 });
}
