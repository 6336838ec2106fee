//! Many calls, one after the other: what is over is forgotten.

use offhook::event::EndReason;
use offhook::phone::signal::{Heard, Say};

use crate::server::harness::server;
use crate::sip::phone::Phone;

const N_CALLS: usize = 500;

#[tokio::test]
async fn calls_leave_nothing_behind() {
    let server = server().await;
    let mut alice = Phone::new(&server.url(), "alice", "desk").await;
    let mut bob = Phone::new(&server.url(), "bob", "laptop").await;
    for n in 0..N_CALLS {
        let mine = alice.invites("bob");
        let theirs = bob.is_invited("alice").await;
        bob.agent.say(Say::Ringing { leg: theirs });
        assert!(matches!(alice.hears().await, Heard::Ringing { .. }));
        if n % 3 == 0 {
            bob.agent.say(Say::Refuse {
                leg: theirs,
                refusal: offhook::phone::signal::Refusal::Declined,
                data: None,
            });
            assert!(matches!(alice.hears().await, Heard::Refused { .. }));
            continue;
        }
        bob.accepts(theirs);
        assert!(matches!(alice.hears().await, Heard::Accepted { .. }));
        alice.agent.say(Say::Bye {
            leg: mine,
            reason: EndReason::RemoteHangUp,
            by: None,
            data: None,
        });
        assert!(matches!(bob.hears().await, Heard::Bye { .. }));
    }
    let load = server.load();
    assert_eq!(
        (load.connections, load.contacts, load.reserved),
        (2, 2, 0),
        "{load:?}"
    );
    // What is going on is the last call's; what is over is kept for 32 s, twice a call and no more.
    assert!(load.running <= 8, "{load:?}");
    assert!(load.unacknowledged <= 4, "{load:?}");
    assert!(load.finished <= 4 * N_CALLS + 8, "{load:?}");
    assert!(load.owners <= 2 * N_CALLS + 8, "{load:?}");
    println!("{load:?}");
    server.stop().await;
}
