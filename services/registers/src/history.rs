//! The history of a register.

use prost::Message;
use runtime::{Refusal, names::Name};

use crate::{
    book::{Book, Past, not_found},
    damaged, layout, record,
};

/// A page of a history ends behind the write with which its contents pass this many bytes (2 MiB).
const PAGE_BYTES: usize = 2 << 20;

impl Book {
    /// The writes of a register, newest first, and the number of the last of them where more follow. One whose record is
    /// damaged is left out.
    ///
    /// # Errors
    /// REGISTER_NOT_FOUND when there never was one of this name.
    pub(crate) async fn history(
        &self,
        name: &Name,
        before: Option<u64>,
        size: usize,
    ) -> Result<(Vec<Past>, Option<u64>), Refusal> {
        let current = self.recovered(name).await?.ok_or_else(|| not_found(name))?;
        let newest =
            before.map_or(current.head.number, |before| current.head.number.min(before.saturating_sub(1)));
        let mut found = Vec::new();
        let mut bytes = 0;
        for number in (current.oldest()..=newest).rev() {
            // What is forgotten between two reads is older than all that was read.
            let past = match self.past(name, number).await {
                Err(refusal) if record::is_damage(&refusal) => {
                    damaged::report(&layout::revision(name, number), &refusal);
                    continue;
                }
                past => past?,
            };
            let Some(past) = past else { break };
            bytes += past.content.as_ref().map_or(0, Message::encoded_len);
            found.push(past);
            if found.len() == size || bytes > PAGE_BYTES {
                let more = number > current.oldest();
                return Ok((found, more.then_some(number)));
            }
        }
        Ok((found, None))
    }
}
