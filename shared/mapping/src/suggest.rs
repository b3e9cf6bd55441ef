//! *Did you mean …*

/// The longest word that is compared with others, in bytes: comparing takes the product of two lengths.
const LONGEST: usize = 64;

/// The candidate that is most like `word`, if one is like it at all. Of long words none is.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LONGEST {
        return None;
    }
    let word = word.to_lowercase();
    let likeness = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        #[cfg(test)]
        crate::tests::work::done(word.len() * candidate.len());
        // Of a short word one slip changes much.
        let slip = word.len() > 2 && word.len() < 8 && strsim::osa_distance(&word, &candidate) == 1;
        strsim::jaro_winkler(&word, &candidate).max(if slip { 0.9 } else { 0.0 })
    };
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (likeness(candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// A proposal for a word that is unknown, if it is like one that is known.
pub(crate) fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

/// A proposal for a word that is unknown: what it may have meant, or all there is if that is not much.
pub(crate) fn among<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    const MOST: usize = 12;
    match candidates.clone().into_iter().count() {
        0 => None,
        1..=MOST => Some(proposal(word, candidates)),
        _ => did_you_mean(word, candidates),
    }
}

/// A proposal for a word that is unknown: what it may have meant, or all there is.
pub(crate) fn proposal<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    proposed(nearest(word, candidates.clone()), candidates)
}

/// As [`proposal`], where the candidate that is most like the word is known.
pub(crate) fn proposed<'a>(nearest: Option<&str>, candidates: impl IntoIterator<Item = &'a str>) -> String {
    match nearest {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => {
            let all: Vec<String> = candidates.into_iter().map(|candidate| format!("`{candidate}`")).collect();
            format!("known: {}", all.join(", "))
        }
    }
}

#[cfg(test)]
mod tests;
