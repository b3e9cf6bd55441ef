//! What the disk, or somebody, has changed: it is told by name, hides no other, and can be written over and deleted.

use proto::registers::v1::{ListRegistersRequest, watch_registers_response::Event};
use runtime::names::Name;
use store::{Precondition, StoreExt};

use super::{watching::next, world::*};
use crate::layout;

/// Where a register is damaged.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Head,
    /// The newest write, which the head names.
    Write,
    /// The same, and nothing is left of it.
    Lost,
    /// Its text, in a record that is whole.
    Text,
}

const ALL: [Damage; 4] = [Damage::Head, Damage::Write, Damage::Lost, Damage::Text];

fn named(key: &str) -> String {
    format!("tenants/acme/registers/{key}")
}

/// Damages a register that was written so many times.
async fn damage(world: &World, name: &str, writes: u64, how: Damage) {
    let name = Name::parse("name", "registers", name).unwrap();
    let (head, write) = (layout::head(&name), layout::revision(&name, writes));
    match how {
        Damage::Head => world.store.put(&head, "damaged".into(), Precondition::Exists).await,
        Damage::Write => world.store.put(&write, "damaged".into(), Precondition::Exists).await,
        Damage::Lost => world.store.delete(&write, Precondition::Exists).await,
        Damage::Text => {
            let mut value = world.store.get(&write).await.unwrap().unwrap().value.to_vec();
            let last = value.iter().rposition(|byte| *byte == b'}').unwrap();
            value[last] = b'{';
            world.store.put(&write, value.into(), Precondition::Exists).await
        }
    }
    .unwrap();
}

#[tokio::test]
async fn a_damaged_register_is_told_by_name_and_breaks_no_watch() {
    for how in ALL {
        let world = World::new();
        let client = world.client();
        for key in ["A", "B", "C"] {
            put(&client, &named(key), "{}").await.unwrap();
        }
        damage(&world, &named("B"), 1, how).await;
        let mut told = watch(&client, "tenants/acme", "").await.unwrap();
        let mut seen = Vec::new();
        let (_, end) = loop {
            match next(&mut told).await {
                (Event::Put(register), _) => seen.push(register.name),
                (Event::Unreadable(name), etag) => {
                    assert_eq!(etag, "", "nobody goes on from the middle of a snapshot");
                    seen.push(format!("unreadable {name}"));
                }
                end => break end,
            }
        };
        assert_eq!(seen, [named("A"), format!("unreadable {}", named("B")), named("C")], "{how:?}");
        // The watch goes on: with others, with what is damaged while it lasts, and with what takes its place.
        let a = put(&client, &named("A"), "1").await.unwrap();
        assert_eq!(next(&mut told).await, (Event::Put(a.clone()), a.etag.clone()));
        damage(&world, &named("C"), 1, Damage::Head).await;
        let (event, etag) = next(&mut told).await;
        assert_eq!(event, Event::Unreadable(named("C")));
        let b = put(&client, &named("B"), "2").await.unwrap();
        assert_eq!(next(&mut told).await, (Event::Put(b.clone()), b.etag.clone()));
        delete(&client, &named("C"), &etag).await.unwrap();
        assert_eq!(next(&mut told).await.0, Event::Deleted(named("C")));
        // Whoever was away hears of the same.
        let mut told = watch(&client, "tenants/acme", &end).await.unwrap();
        assert_eq!(next(&mut told).await.0, Event::Put(a), "{how:?}");
    }
}

#[tokio::test]
async fn a_damaged_register_is_never_served_and_is_written_over() {
    for how in ALL {
        for name in [SHARED, PRIVATE] {
            let world = World::new();
            let client = world.client();
            put(&client, name, "{\"a\": 1}").await.unwrap();
            let first = get(&client, name).await.unwrap();
            put(&client, name, "{\"a\": 2}").await.unwrap();
            damage(&world, name, 2, how).await;
            refused(get(&client, name).await, "INTERNAL");
            // What lies over it would be as unreadable.
            refused(patch(&client, name, "{\"b\": 1}").await, "INTERNAL");
            refused(put_if(&client, name, "{}", "\"0\"").await, "ETAG_MISMATCH");
            refused(put_if(&client, name, "{}", &first.etag).await, "ETAG_MISMATCH");
            // What it was before it was damaged can still be read, and put again; behind a write that is gone nobody can
            // tell what was forgotten.
            let remembers = !matches!(how, Damage::Lost);
            if remembers {
                let past = get_as(&client, name, Default::default(), &first.etag).await.unwrap();
                assert_eq!(past, first, "{how:?}");
            }
            let anew = put(&client, name, first.text.clone()).await.unwrap();
            assert_eq!(get(&client, name).await.unwrap(), anew, "{how:?}");
            assert_eq!(anew.create_time, first.create_time, "{how:?}");
            let etags: Vec<_> =
                history(&client, name).await.into_iter().map(|past| past.register.unwrap().etag).collect();
            let oldest = if remembers { &first.etag } else { &anew.etag };
            assert_eq!((etags.first(), etags.last()), (Some(&anew.etag), Some(oldest)), "{how:?}");
        }
    }
}

#[tokio::test]
async fn a_damaged_register_is_deleted() {
    for how in ALL {
        let world = World::new();
        let client = world.client();
        put(&client, SHARED, "{}").await.unwrap();
        damage(&world, SHARED, 1, how).await;
        delete(&client, SHARED, "").await.unwrap();
        refused(get(&client, SHARED).await, "REGISTER_NOT_FOUND");
        refused(delete(&client, SHARED, "").await, "REGISTER_NOT_FOUND");
        let request = ListRegistersRequest { parent: "tenants/acme".to_owned(), ..Default::default() };
        let listed = client.clone().list_registers(request).await.unwrap().into_inner();
        assert_eq!((listed.registers.len(), listed.unreadable.len()), (0, 0), "{how:?}");
    }
}
