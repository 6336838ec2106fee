//! Calls of several people, in fair weather.

use expect_test::expect;
use offhook::address::Address;
use offhook::command::Command;

use super::line::Weather;
use super::pair::{ACCEPT, DECLINE, HANG_UP, Pair, seconds};

/// A dial to several people.
pub(crate) fn dial_all(to: &[&str]) -> Command {
    let to = to.iter().map(|to| Address::parse(to).expect("an address"));
    Command::dial(to.collect())
}

#[test]
fn several_people_are_called_at_once() {
    let mut pair = Pair::with(&["alice", "bob", "carol", "dave"], Weather::default(), 1);
    pair.alice(dial_all(&["bob", "carol", "dave"]));
    pair.run(seconds(1));
    pair.bob(ACCEPT);
    pair.run(seconds(1));
    pair.order("carol", ACCEPT).expect("it rings");
    pair.run(seconds(1));
    pair.order("dave", DECLINE).expect("it rings");
    pair.run(seconds(1));
    pair.bob(HANG_UP);
    pair.run(seconds(1));
    pair.alice(HANG_UP);
    pair.run(seconds(10));
    expect![[r#"
        00.000 alice -> invite    bob, expires 60
        00.000 alice !  call.outgoing.sent
        00.000 alice !  invitation.user_state   bob sent
        00.000 alice -> invite    carol, expires 60
        00.000 alice !  invitation.user_state   carol sent
        00.000 alice -> invite    dave, expires 60
        00.000 alice !  invitation.user_state   dave sent
        00.050 bob   -> ringing
        00.050 bob   !  call.incoming.received  from alice
        00.050 bob   ~  incoming
        00.050 bob   !  ring.start
        00.050 carol -> ringing
        00.050 carol !  call.incoming.received  from alice
        00.050 carol ~  incoming
        00.050 carol !  ring.start
        00.050 dave  -> ringing
        00.050 dave  !  call.incoming.received  from alice
        00.050 dave  ~  incoming
        00.050 dave  !  ring.start
        00.100 alice !  invitation.user_state   bob ringing (bob)
        00.100 alice ~  ringback
        00.100 alice -> message   bob: 5 by alice: alice accepted, bob ringing, carol sent, dave sent
        00.100 alice !  invitation.user_state   carol ringing (carol)
        00.100 alice -> message   bob: 6 by alice: alice accepted, bob ringing, carol ringing, dave sent
        00.100 alice -> message   carol: 6 by alice: alice accepted, bob ringing, carol ringing, dave sent
        00.100 alice !  invitation.user_state   dave ringing (dave)
        00.100 alice -> message   bob: 7 by alice: alice accepted, bob ringing, carol ringing, dave ringing
        00.100 alice -> message   carol: 7 by alice: alice accepted, bob ringing, carol ringing, dave ringing
        00.100 alice -> message   dave: 7 by alice: alice accepted, bob ringing, carol ringing, dave ringing
        00.150 bob   !  invitation.user_state   carol ringing
        00.150 carol !  invitation.user_state   bob ringing
        00.150 bob   !  invitation.user_state   dave ringing
        00.150 carol !  invitation.user_state   dave ringing
        00.150 dave  !  invitation.user_state   bob ringing, carol ringing
        01.000 bob   !  call.incoming.accept_pressed
        01.000 bob   ~  silence
        01.000 bob   !  ring.stop
        01.000 bob   -> accept
        01.000 bob   -> message   bob: Accepted on bob
        01.000 bob   !  room.state              call logining
        01.000 bob   -> device    0 mic on
        01.050 alice ~  silence
        01.050 alice !  invitation.user_state   bob accepted (bob)
        01.050 alice !  call.outgoing.accepted  bob
        01.050 alice -> device    0 mic on
        01.050 alice -> roster    8 by alice: alice accepted, bob accepted, carol ringing, dave ringing
        01.050 alice -> message   carol: 8 by alice: alice accepted, bob accepted, carol ringing, dave ringing
        01.050 alice -> message   dave: 8 by alice: alice accepted, bob accepted, carol ringing, dave ringing
        01.100 carol !  invitation.user_state   bob accepted
        01.100 dave  !  invitation.user_state   bob accepted
        01.150 alice ~  connected
        01.150 alice !  room.state              call logined
        01.150 alice !  user.enter              bob
        01.150 bob   ~  connected
        01.150 bob   !  room.state              call logined
        01.150 bob   !  user.enter              alice
        02.000 carol !  call.incoming.accept_pressed
        02.000 carol ~  silence
        02.000 carol !  ring.stop
        02.000 carol -> accept
        02.000 carol -> message   carol: Accepted on carol
        02.000 carol !  room.state              call logining
        02.000 carol -> device    0 mic on
        02.050 alice !  invitation.user_state   carol accepted (carol)
        02.050 alice !  call.outgoing.accepted  carol
        02.050 alice -> device    0 mic on
        02.050 alice -> roster    9 by alice: alice accepted, bob accepted, carol accepted, dave ringing
        02.050 alice -> roster    9 by alice: alice accepted, bob accepted, carol accepted, dave ringing
        02.050 alice -> message   dave: 9 by alice: alice accepted, bob accepted, carol accepted, dave ringing
        02.100 bob   !  invitation.user_state   carol accepted
        02.100 dave  !  invitation.user_state   carol accepted
        02.100 bob   -> invite    carol, expires 5
        02.150 alice ~  joined
        02.150 alice !  user.enter              carol
        02.150 carol ~  connected
        02.150 carol !  room.state              call logined
        02.150 carol !  user.enter              alice
        02.150 carol -> accept
        02.150 carol -> device    0 mic on
        02.200 bob   -> device    0 mic on
        02.300 bob   ~  joined
        02.300 bob   !  user.enter              carol
        02.300 carol ~  joined
        02.300 carol !  user.enter              bob
        03.000 dave  !  call.incoming.decline_pressed
        03.000 dave  -> message   dave: Declined on dave
        03.000 dave  -> refuse    Declined
        03.000 dave  ~  silence
        03.000 dave  !  ring.stop
        03.000 dave  !  call.end                declined
        03.050 alice !  invitation.user_state   dave declined (dave)
        03.050 alice !  call.outgoing.declined  dave
        03.050 alice -> roster    10 by alice: alice accepted, bob accepted, carol accepted, dave declined
        03.050 alice -> roster    10 by alice: alice accepted, bob accepted, carol accepted, dave declined
        03.100 bob   !  invitation.user_state   dave declined
        03.100 carol !  invitation.user_state   dave declined
        04.000 bob   !  hangup.confirm
        04.000 bob   -> bye       remote_hang_up
        04.000 bob   -> bye       remote_hang_up
        04.000 bob   ~  ended
        04.000 bob   !  user.leave              alice
        04.000 bob   !  user.leave              carol
        04.000 bob   !  room.state              call logout
        04.000 bob   !  call.end                local_hang_up after 3000 ms
        04.050 alice ~  left
        04.050 alice !  user.leave              bob
        04.050 alice !  invitation.user_state   bob left (bob)
        04.050 alice -> roster    11 by alice: alice accepted, carol accepted, bob left, dave declined
        04.050 carol ~  left
        04.050 carol !  user.leave              bob
        04.050 carol !  invitation.user_state   bob left
        05.000 alice !  hangup.confirm
        05.000 alice -> bye       remote_hang_up
        05.000 alice ~  ended
        05.000 alice !  user.leave              carol
        05.000 alice !  room.state              call logout
        05.000 alice !  call.end                local_hang_up after 3950 ms
        05.050 carol ~  left
        05.050 carol !  user.leave              alice
        05.050 carol !  invitation.user_state   alice left
        05.050 carol ~  ended
        05.050 carol !  room.state              call logout
        05.050 carol !  call.end                remote_hang_up after 3050 ms"#]].assert_eq(&pair.transcript());
}
