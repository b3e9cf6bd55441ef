//! `${uuid}`: a name that nothing else has.

use ring::hmac;

use super::{Example, Function, Group, Split};
use crate::plan::Plan;

pub(super) static UUID: Function = Function {
    name: "uuid",
    signature: "${uuid}",
    group: Group::Signing,
    summary: "A UUID for this step",
    doc: "It is as random as a UUID is (version 4, RFC 9562, section 5.4), and belongs to the step and to the place where \
          `${uuid}` is written. The same place gives the same UUID for as long as the step lasts, on a retry too: the \
          counterparty can recognise what it has seen already. Two places, and two steps, give two. To use one twice, write \
          it into a constant and read that.",
    secrets: None,
    examples: &[Example { text: "${uuid}", given: &[], gives: r#""92066e8b-2d7a-432d-87eb-f844f9a8bcbc""# }],
    split: Split::Most(1),
    arguments: 0..=0,
    compile: |compiler, call, text, _| Plan::Uuid(compiler.place(text, &call.range).into()),
};

/// The UUID of a place, from the randomness of the step: its HMAC, cut to size and marked as version 4.
pub(crate) fn uuid(seed: &[u8; 16], place: &str) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, seed), place.as_bytes());
    let mut bytes = [0_u8; 16];
    bytes.iter_mut().zip(tag.as_ref()).for_each(|(byte, random)| *byte = *random);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let groups = [&bytes[..4], &bytes[4..6], &bytes[6..8], &bytes[8..10], &bytes[10..]];
    groups.map(hex).join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::uuid;

    #[test]
    fn every_place_of_every_step_has_its_own_and_keeps_it() {
        let all = || {
            let steps = (0..32_u8).map(|step| [step; 16]);
            steps
                .flat_map(|seed| ["", "A-B"].map(|r| (0..8).map(move |at| uuid(&seed, &format!("{r}:{at}")))))
        };
        let seen: HashSet<String> = all().flatten().collect();
        assert_eq!(seen.len(), 32 * 2 * 8);
        assert!(all().flatten().all(|uuid| seen.contains(&uuid)));
    }

    #[test]
    fn its_form_is_that_of_version_4() {
        for seed in 0..=255_u8 {
            let uuid = uuid(&[seed; 16], ":0");
            let groups: Vec<&str> = uuid.split('-').collect();
            assert_eq!(groups.iter().map(|group| group.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
            assert!(uuid.chars().all(|c| c == '-' || c.is_ascii_digit() || ('a'..='f').contains(&c)));
            assert!(groups[2].starts_with('4') && groups[3].starts_with(['8', '9', 'a', 'b']), "{uuid}");
        }
    }
}
