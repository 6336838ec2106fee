//! Which devices there are.

use super::guest;
use super::party::Party;

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn the_picker_lists_the_card_both_ways() {
    let party = Party::new();
    let mut alice = party.person("alice", &[]);
    alice.opens_devices();
    alice.shows("Loopback");
    alice.types("\t");
    alice.shows("›SPEAKER");
    alice.shows("Loopback");
}

#[test]
#[ignore = "needs the guest of tests/vm/run"]
fn a_machine_without_devices_has_none_to_list() {
    let party = Party::new();
    guest::unplug_all();
    let mut alice = party.person("alice", &[]);
    alice.opens_devices();
    alice.shows("none");
    alice.shows_no("Loopback");
}
