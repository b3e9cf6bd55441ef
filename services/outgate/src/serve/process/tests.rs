use rustix::process::{dumpable_behavior, getrlimit};

use super::*;

#[test]
fn each_of_two_ways_keeps_the_memory_out_of_core_files() {
    keep_memory_private();
    assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
    assert_eq!(getrlimit(Resource::Core), Rlimit { current: Some(0), maximum: Some(0) });
}
