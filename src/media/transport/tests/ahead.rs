//! Sessions that were made while it rang.

use std::time::{Duration, Instant};

use super::rig::Pair;
use crate::av::Pictures;
use crate::media::transport::Session;

const NOTHING: Pictures = Pictures::None;

#[tokio::test]
async fn half_a_minute_behind_the_dam_nothing_leaves_and_then_it_connects() {
    let ring = Duration::from_secs(30);
    let now = Instant::now();
    let then = now.checked_sub(ring).expect("the machine is up for longer");
    let mut pair = Pair::made(then);
    let (a, b) = (&mut pair.a.session, &mut pair.b.session);
    b.dam();
    b.tap();
    let offer = a.offer(NOTHING, then).expect("it goes well");
    let answer = b.answer(&offer, NOTHING, then).expect("it goes well");
    for n in 0..3000 {
        let at = then + Duration::from_millis(10) * n;
        b.tick(at).expect("it goes well");
    }
    assert_eq!(b.deadline(), None);
    assert!(b.tapped().is_empty(), "a word got out");
    assert!(b.is_at_home());
    b.sockets.tap = None;
    b.open(now).expect("it goes well");
    a.accept(&answer, now).expect("it goes well");
    let is_up = |pair: &mut Pair| pair.a.is_connected && pair.b.is_connected;
    pair.until("connected", is_up).await;
}

#[tokio::test]
async fn another_one_than_the_first_answers_and_the_session_begins_anew() {
    let now = Instant::now();
    let mut first = Session::new(now).expect("loopback is there");
    let mut pair = Pair::new();
    let offer = pair.a.session.offer(NOTHING, now).expect("it goes well");
    let answer = first.answer(&offer, NOTHING, now).expect("it goes well");
    let other = pair.b.session.answer(&offer, NOTHING, now);
    other.expect("it goes well");
    pair.a.session.accept(&answer, now).expect("it goes well");
    pair.again();
    let anew = pair.a.session.offer(NOTHING, now).expect("it goes well");
    // To whoever answers it is the same session, of the same phone, with another way to it.
    let line = |text: &str, start: &str| {
        let mut lines = text.lines().filter(|it| it.starts_with(start));
        lines.next().map(str::to_owned)
    };
    for same in ["a=fingerprint:", "a=mid:", "a=group:"] {
        assert_eq!(line(&offer, same), line(&anew, same));
    }
    assert_ne!(line(&offer, "a=ice-ufrag:"), line(&anew, "a=ice-ufrag:"));
    let version = |text: &str| {
        let origin = line(text, "o=").unwrap_or_default();
        let mut words = origin.split(' ').skip(1).map(str::to_owned);
        (
            words.next(),
            words.next().and_then(|it| it.parse::<u64>().ok()),
        )
    };
    let ((id, was), (id_now, is)) = (version(&offer), version(&anew));
    assert_eq!(id, id_now);
    assert_eq!(was.map(|was| was + 1), is);
    let answer = pair.b.session.answer(&anew, NOTHING, now);
    let answer = answer.expect("it goes well");
    pair.a.session.accept(&answer, now).expect("it goes well");
    let is_up = |pair: &mut Pair| pair.a.is_connected && pair.b.is_connected;
    pair.until("connected", is_up).await;
    pair.a
        .session
        .send(&[0xf8, 0xff, 0xfe], 960, &[], Instant::now())
        .expect("it goes well");
    pair.until("heard", |pair| pair.b.n_sounds == 1).await;
}
