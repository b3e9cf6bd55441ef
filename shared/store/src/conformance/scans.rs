//! What `scan` answers.

use bytes::Bytes;

use super::{Fixture, Outcome, keys, put_all, refused};
use crate::{
    Batch, ErrorKind, MAX_OPS, MAX_PAGE_BYTES, MAX_PAGE_ENTRIES, Op, Precondition, Range, Revision, Store,
    StoreExt,
};

/// Page after page, each behind the last, to the end.
pub async fn a_listing_reads_every_page(fixture: Fixture) -> Outcome {
    let names = fill(&*fixture.store, MAX_PAGE_ENTRIES * 2 + 10).await?;
    let listing = fixture.store.list(Range::prefix("n/")).await?;
    assert_eq!(keys(&listing.entries), names);
    assert!(listing.revision > Revision::ZERO);
    Ok(())
}

/// And says whether it goes on.
pub async fn a_page_ends_at_its_limit(fixture: Fixture) -> Outcome {
    put_all(&*fixture.store, &["a", "b", "c"]).await?;
    for (limit, shown, more) in [(1, 1, true), (2, 2, true), (3, 3, false), (4, 3, false)] {
        let page = fixture.store.scan(Range::all(), limit).await?;
        assert_eq!((page.entries.len(), page.more), (shown, more), "limit {limit}");
    }
    Ok(())
}

/// Large values make short pages.
pub async fn a_page_has_a_most_of_bytes(fixture: Fixture) -> Outcome {
    let value = Bytes::from(vec![7; 900_000]);
    for number in 0..8 {
        fixture.store.put(&format!("key/{number}"), value.clone(), Precondition::None).await?;
    }
    let page = fixture.store.scan(Range::all(), 100).await?;
    let bytes: usize = page.entries.iter().map(|entry| entry.value.len()).sum();
    assert!((MAX_PAGE_BYTES..MAX_PAGE_BYTES + value.len()).contains(&bytes), "{bytes} bytes in a page");
    assert!(page.more);
    assert_eq!(fixture.store.list(Range::all()).await?.entries.len(), 8);
    Ok(())
}

/// Whatever the caller asks for.
pub async fn a_page_has_a_most_of_entries(fixture: Fixture) -> Outcome {
    fill(&*fixture.store, MAX_PAGE_ENTRIES + 1).await?;
    let page = fixture.store.scan(Range::all(), usize::MAX).await?;
    assert_eq!((page.entries.len(), page.more), (MAX_PAGE_ENTRIES, true));
    Ok(())
}

/// A prefix is not a pattern, and what sorts beside it is not in it.
pub async fn a_prefix_takes_no_neighbours(fixture: Fixture) -> Outcome {
    put_all(&*fixture.store, &["a", "a.", "a/", "a/1", "a/2/x", "a/\u{10ffff}", "a0", "b", "A/1"]).await?;
    let page = fixture.store.scan(Range::prefix("a/"), 10).await?;
    assert_eq!(keys(&page.entries), ["a/", "a/1", "a/2/x", "a/\u{10ffff}"]);
    let page = fixture.store.scan(Range::prefix("a/\u{10ffff}"), 10).await?;
    assert_eq!(keys(&page.entries), ["a/\u{10ffff}"]);
    Ok(())
}

/// Nothing in it, or turned around: a page without entries.
pub async fn a_range_can_be_empty(fixture: Fixture) -> Outcome {
    let revision = put_all(&*fixture.store, &["a", "c"]).await?;
    for range in
        [Range::prefix("b"), Range::between("c", "a"), Range::between("a", "a"), Range::all().after("c")]
    {
        let page = fixture.store.scan(range.clone(), 10).await?;
        assert_eq!((page.entries.len(), page.more, page.revision), (0, false, revision), "{range:?}");
    }
    Ok(())
}

/// From `a` to `c` is `a` and `b`.
pub async fn a_range_has_its_start_and_not_its_end(fixture: Fixture) -> Outcome {
    put_all(&*fixture.store, &["a", "b", "b/1", "c", "d"]).await?;
    let page = fixture.store.scan(Range::between("a", "c"), 10).await?;
    assert_eq!(keys(&page.entries), ["a", "b", "b/1"]);
    Ok(())
}

/// By bytes, in whatever order they were put.
pub async fn a_scan_is_in_key_order(fixture: Fixture) -> Outcome {
    put_all(&*fixture.store, &["b", "ä", "a/2", "a", "B", "a/10", "鍵", "a0"]).await?;
    let page = fixture.store.scan(Range::all(), 10).await?;
    assert_eq!(keys(&page.entries), ["B", "a", "a/10", "a/2", "a0", "b", "ä", "鍵"]);
    Ok(())
}

/// It could never go on.
pub async fn a_zero_limit_is_refused(fixture: Fixture) -> Outcome {
    assert_eq!(refused(fixture.store.scan(Range::all(), 0).await), Some(ErrorKind::Invalid));
    Ok(())
}

/// Also where that key is not there.
pub async fn after_goes_on_behind_a_key(fixture: Fixture) -> Outcome {
    put_all(&*fixture.store, &["a/1", "a/2", "a/20", "a/3", "b"]).await?;
    for (key, left) in
        [("a/2", &["a/20", "a/3"][..]), ("a/200", &["a/3"]), ("a", &["a/1", "a/2", "a/20", "a/3"])]
    {
        let page = fixture.store.scan(Range::prefix("a/").after(key), 10).await?;
        assert_eq!(keys(&page.entries), left, "after {key}");
    }
    Ok(())
}

/// Nor do they fill a page.
pub async fn deleted_keys_are_not_listed(fixture: Fixture) -> Outcome {
    put_all(&*fixture.store, &["a", "b", "c"]).await?;
    fixture.store.delete("b", Precondition::Exists).await?;
    let page = fixture.store.scan(Range::all(), 2).await?;
    assert_eq!((keys(&page.entries), page.more), (vec!["a", "c"], false));
    Ok(())
}

/// Puts that many keys, in few commits, and answers them in order.
async fn fill(store: &dyn Store, count: usize) -> Result<Vec<String>, crate::Error> {
    let names: Vec<String> = (0..count).map(|number| format!("n/{number:06}")).collect();
    for part in names.chunks(MAX_OPS) {
        store.commit(Batch::new(part.iter().map(|name| Op::put(name.clone(), "v")).collect())?).await?;
    }
    Ok(names)
}
