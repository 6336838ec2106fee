//! Who sends pictures to whom, however it changes.

use std::time::Instant;

use super::rig::{Pair, film};
use crate::av::Pictures::{self, Exchange, None as Nothing, Receive};

/// What the lines of each section say: kind, whether it is refused, direction.
fn sections(sdp: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for line in sdp.lines() {
        if let Some(rest) = line.strip_prefix("m=") {
            let mut words = rest.split(' ');
            let kind = words.next().expect("it goes well");
            let refused = if words.next() == Some("0") {
                " refused"
            } else {
                ""
            };
            found.push(format!("{kind}{refused}"));
        } else if ["a=sendrecv", "a=sendonly", "a=recvonly", "a=inactive"].contains(&line) {
            let last = found.last_mut().expect("it goes well");
            *last = format!("{last} {}", &line[2..]);
        }
    }
    found
}

fn reoffer(pair: &mut Pair, is_held: bool, pictures: Pictures) -> String {
    let now = Instant::now();
    pair.a
        .session
        .reoffer(is_held, pictures, false, now)
        .expect("it goes well")
}

fn answer(pair: &mut Pair, offer: &str, pictures: Pictures) -> String {
    pair.b
        .session
        .answer(offer, pictures, Instant::now())
        .expect("it goes well")
}

fn agreed(pair: &Pair) -> [(bool, bool); 2] {
    [pair.a.session.pictures(), pair.b.session.pictures()]
}

const BOTH: [(bool, bool); 2] = [(true, true); 2];
const NEITHER: [(bool, bool); 2] = [(false, false); 2];

#[tokio::test]
async fn pictures_are_added_later_and_dropped_from_either_side_again_and_again() {
    let mut pair = Pair::connected(Nothing, Nothing).await;
    assert_eq!(agreed(&pair), NEITHER);
    let film = film(4);
    for n in 0..20 {
        pair.change(false, Exchange, Exchange, n % 5 == 4);
        assert_eq!(agreed(&pair), BOTH, "{n}");
        if n % 4 == 0 {
            assert_eq!(pair.exchange(&film).await, [4, 4], "{n}");
        }
        pair.turn();
        let offer = reoffer(&mut pair, false, Nothing);
        assert_eq!(sections(&offer), ["audio sendrecv", "video inactive"]);
        let answer = answer(&mut pair, &offer, Exchange);
        assert_eq!(sections(&answer), ["audio sendrecv", "video inactive"]);
        pair.a
            .session
            .accept(&answer, Instant::now())
            .expect("it goes well");
        assert_eq!(agreed(&pair), NEITHER);
    }
    pair.change(false, Receive, Exchange, false);
    assert_eq!(agreed(&pair), [(true, false), (false, true)]);
    assert_eq!(pair.exchange(&film).await, [4, 0]);
}

#[tokio::test]
async fn a_peer_that_refuses_pictures_is_not_asked_again_and_may_ask_itself() {
    let mut pair = Pair::connected(Exchange, Nothing).await;
    assert_eq!(agreed(&pair), NEITHER);
    for _ in 0..3 {
        let offer = reoffer(&mut pair, false, Exchange);
        assert_eq!(
            sections(&offer),
            ["audio sendrecv", "video refused inactive"]
        );
        let answer = answer(&mut pair, &offer, Exchange);
        assert_eq!(
            sections(&answer),
            ["audio sendrecv", "video refused inactive"]
        );
        pair.a
            .session
            .accept(&answer, Instant::now())
            .expect("it goes well");
        assert_eq!(agreed(&pair), NEITHER);
    }
    assert_eq!(pair.exchange(&film(3)).await, [0, 0]);
    pair.turn();
    let offer = reoffer(&mut pair, false, Exchange);
    assert_eq!(sections(&offer), ["audio sendrecv", "video sendrecv"]);
    let answer = answer(&mut pair, &offer, Exchange);
    pair.a
        .session
        .accept(&answer, Instant::now())
        .expect("it goes well");
    assert_eq!(agreed(&pair), BOTH);
    assert_eq!(pair.exchange(&film(5)).await, [5, 5]);
    // From then on either may.
    pair.turn();
    pair.change(false, Nothing, Exchange, false);
    pair.change(false, Exchange, Exchange, false);
    assert_eq!(pair.exchange(&film(5)).await, [5, 5]);
}

#[tokio::test]
async fn pictures_that_a_peer_drops_with_port_zero_come_back_under_another_name() {
    let mut pair = Pair::connected(Exchange, Exchange).await;
    let film = film(4);
    assert_eq!(pair.exchange(&film).await, [4, 4]);
    for n in 0..20 {
        // As a browser does that stops a transceiver.
        let offer = reoffer(&mut pair, false, Nothing);
        let (sound, video) = offer.split_once("m=video ").expect("it goes well");
        let (_, rest) = video.split_once(' ').expect("it goes well");
        let names: Vec<&str> = sound.lines().filter(|l| l.starts_with("a=mid:")).collect();
        let group = format!("a=group:BUNDLE {}", &names[0][6..]);
        let is_group = |l: &&str| l.starts_with("a=group:");
        let was = sound.lines().find(is_group).expect("it goes well");
        let dropped = format!("{}m=video 0 {rest}", sound.replace(was, &group));
        let answered = answer(&mut pair, &dropped, Exchange);
        assert_eq!(
            sections(&answered),
            ["audio sendrecv", "video refused inactive"],
            "{n}"
        );
        pair.a
            .session
            .accept(&answered, Instant::now())
            .expect("it goes well");
        assert_eq!(agreed(&pair), NEITHER);
        pair.turn();
        // The side on which it was dropped offers it anew, in the same place.
        let offer = reoffer(&mut pair, false, Exchange);
        assert_eq!(
            sections(&offer),
            ["audio sendrecv", "video sendrecv"],
            "{n}"
        );
        let answered = answer(&mut pair, &offer, Exchange);
        assert_eq!(
            sections(&answered),
            ["audio sendrecv", "video sendrecv"],
            "{n}"
        );
        pair.a
            .session
            .accept(&answered, Instant::now())
            .expect("it goes well");
        assert_eq!(agreed(&pair), BOTH);
        if n % 6 == 0 {
            assert_eq!(pair.exchange(&film).await, [4, 4], "{n}");
        }
    }
}

#[tokio::test]
async fn nobody_sees_anything_while_one_holds() {
    let mut pair = Pair::connected(Exchange, Exchange).await;
    for n in 0..4 {
        let offer = reoffer(&mut pair, true, Exchange);
        assert_eq!(sections(&offer), ["audio sendonly", "video inactive"]);
        // At once, on our side.
        assert_eq!(pair.a.session.pictures(), (false, false));
        let answered = answer(&mut pair, &offer, Exchange);
        assert_eq!(sections(&answered), ["audio recvonly", "video inactive"]);
        pair.a
            .session
            .accept(&answered, Instant::now())
            .expect("it goes well");
        assert_eq!(agreed(&pair), NEITHER);
        assert_eq!(pair.exchange(&film(3)).await, [0, 0], "{n}");
        // What the held one offers meanwhile ends no hold.
        pair.turn();
        pair.change(false, Exchange, Exchange, n == 2);
        assert_eq!(agreed(&pair), NEITHER);
        pair.turn();
        pair.change(false, Exchange, Exchange, n == 1);
        assert_eq!(agreed(&pair), BOTH);
        assert_eq!(pair.exchange(&film(3)).await, [3, 3], "{n}");
        pair.turn();
    }
}

#[tokio::test]
async fn a_refused_offer_leaves_pictures_as_they_were() {
    let mut pair = Pair::connected(Nothing, Nothing).await;
    for _ in 0..3 {
        let offer = reoffer(&mut pair, false, Exchange);
        assert_eq!(sections(&offer), ["audio sendrecv", "video sendrecv"]);
        pair.a.session.withdraw(Instant::now());
        assert_eq!(agreed(&pair), NEITHER);
        // Crossed, the peer's comes first.
        reoffer(&mut pair, false, Exchange);
        pair.turn();
        pair.change(true, Nothing, Exchange, false);
        pair.change(false, Nothing, Exchange, false);
        pair.turn();
    }
    pair.change(false, Exchange, Exchange, false);
    reoffer(&mut pair, true, Exchange);
    assert_eq!(pair.a.session.pictures(), (false, false));
    pair.a.session.withdraw(Instant::now());
    assert_eq!(agreed(&pair), BOTH);
    // A bad answer is a refused offer.
    reoffer(&mut pair, true, Exchange);
    pair.a
        .session
        .accept("v=0", Instant::now())
        .expect_err("it is none");
    assert_eq!(agreed(&pair), BOTH);
    assert_eq!(pair.exchange(&film(3)).await, [3, 3]);
}

#[tokio::test]
async fn our_own_pictures_stop_whether_the_peer_likes_it_or_not() {
    let mut pair = Pair::connected(Exchange, Exchange).await;
    for ours in [Receive, Nothing] {
        reoffer(&mut pair, false, ours);
        assert!(!pair.a.session.pictures().1);
        pair.a.session.withdraw(Instant::now());
        assert_eq!(agreed(&pair), [(true, false), (true, true)]);
        // More than before is true with the peer's consent only.
        reoffer(&mut pair, false, Exchange);
        pair.a.session.withdraw(Instant::now());
        assert_eq!(agreed(&pair), [(true, false), (true, true)]);
        pair.change(false, Exchange, Exchange, false);
        assert_eq!(agreed(&pair), BOTH);
    }
}

#[tokio::test]
async fn a_way_that_is_looked_for_anew_carries_pictures_too() {
    let mut pair = Pair::connected(Exchange, Exchange).await;
    for n in 0..3 {
        pair.change(false, Exchange, Exchange, true);
        pair.turn();
        pair.exchange(&[]).await;
        assert_eq!(pair.exchange(&film(3)).await, [3, 3], "{n}");
    }
}

#[tokio::test]
async fn a_peer_without_a_bundle_gets_sound_only() {
    let unbundled = |sdp: &str| {
        let lines = sdp.lines().filter(|l| !l.starts_with("a=group:"));
        lines.fold(String::new(), |text, l| text + l + "\r\n")
    };
    for (change_offer, change_answer) in [(true, false), (false, true)] {
        let mut pair = Pair::new();
        let now = Instant::now();
        let mut offer = pair.a.session.offer(Exchange, now).expect("it goes well");
        if change_offer {
            offer = unbundled(&offer);
        }
        let mut answer = pair
            .b
            .session
            .answer(&offer, Exchange, now)
            .expect("it goes well");
        if change_answer {
            answer = unbundled(&answer);
        } else {
            assert_eq!(
                sections(&answer),
                ["audio sendrecv", "video refused inactive"]
            );
            assert!(!answer.contains("a=group"));
        }
        pair.a.session.accept(&answer, now).expect("it goes well");
        pair.until("connected", |pair| {
            pair.a.is_connected && pair.b.is_connected
        })
        .await;
        assert_eq!(pair.a.session.pictures(), (false, false));
        // One whose answer was changed on its way may send what nobody looks at.
        let picture = film(1).remove(0);
        for side in [&mut pair.a, &mut pair.b] {
            let now = Instant::now();
            side.session
                .send_picture(&picture, 0, now)
                .expect("it goes well");
            side.session
                .send(&[0xf8, 0xff, 0xfe], 0, &[], now)
                .expect("it goes well");
        }
        pair.until("heard", |pair| pair.a.n_sounds > 0 && pair.b.n_sounds > 0)
            .await;
        pair.exchange(&[]).await;
        assert!(pair.a.pictures.is_empty());
    }
}
