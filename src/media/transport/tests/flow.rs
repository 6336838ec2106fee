//! Pictures on their way.

use std::time::{Duration, Instant};

use openh264::decoder::Decoder;

use super::rig::{Pair, film, is_whole};
use crate::av::Pictures::{Exchange, None as Nothing, Receive};
use crate::media::transport::{Happening, Session, Way};

#[tokio::test]
async fn pictures_arrive_at_both_ends_as_they_were() {
    let mut pair = Pair::connected(Exchange, Exchange).await;
    assert_eq!(pair.a.session.pictures(), (true, true));
    assert_eq!(pair.b.session.pictures(), (true, true));
    let film = film(40);
    assert_eq!(pair.exchange(&film).await, [40, 40]);
    for side in [&pair.a, &pair.b] {
        let mut decoder = Decoder::new().expect("it goes well");
        let mut n_seen = 0;
        for ((data, is_contiguous), sent) in side.pictures.iter().zip(&film) {
            assert_eq!(**data, **sent);
            assert!(is_contiguous);
            n_seen += usize::from(decoder.decode(data).expect("it goes well").is_some());
        }
        assert_eq!(n_seen, 40);
        // Sound did not wait for pictures.
        assert_eq!(side.n_sounds, 40);
    }
    assert!(is_whole(&film[0]));
}

#[tokio::test]
async fn sound_overtakes_pictures_that_wait_for_the_line() {
    let mut pair = Pair::connected(Exchange, Exchange).await;
    let now = Instant::now();
    // A second of the line and more, all at once.
    let film: Vec<Vec<u8>> = film(40);
    for (n, picture) in film.iter().enumerate() {
        pair.a
            .session
            .send_picture(picture, n as u64 * 3000, now)
            .expect("it goes well");
    }
    for n in 0..5 {
        pair.a
            .session
            .send(&[0xf8, 0xff, 0xfe], n * 960, &[], now)
            .expect("it goes well");
    }
    pair.until("heard", |pair| pair.b.n_sounds == 5).await;
    let n_before = pair.b.pictures.len();
    assert!(n_before < 20, "{n_before}");
    pair.until("seen", |pair| pair.b.pictures.len() == 40).await;
}

#[tokio::test]
async fn one_that_only_looks_is_sent_pictures_and_sends_none() {
    let mut pair = Pair::connected(Exchange, Receive).await;
    assert_eq!(pair.a.session.pictures(), (false, true));
    assert_eq!(pair.b.session.pictures(), (true, false));
    assert_eq!(pair.exchange(&film(10)).await, [0, 10]);
    // Whoever begins to send was told to begin with a whole picture.
    assert_eq!((pair.a.n_wishes, pair.b.n_wishes), (1, 0));
}

#[tokio::test]
async fn one_in_twenty_packets_lost_is_sent_again() {
    let mut pair = Pair::connected(Exchange, Exchange).await;
    let film = film(150);
    // A receiver knows of a loss by what comes after, so nothing is lost of the first picture.
    pair.exchange(&film[..1]).await;
    pair.losing = 20;
    pair.exchange(&film[1..]).await;
    // Hardly ever is what is sent again lost too.
    pair.until("whole", |pair| pair.count(&film).iter().all(|n| *n >= 146))
        .await;
}

#[tokio::test]
async fn a_peer_whose_reports_stand_still_is_not_heard_however_many_streams_there_are() {
    let mut session = Session::new(Instant::now()).expect("loopback is there");
    let mut look = |of_sound, of_pictures| {
        for way in [Way::In, Way::Out] {
            session.reported(way, "0".into(), Some(of_sound));
            session.reported(way, "1".into(), Some(of_pictures));
        }
        let taken = session.take();
        taken
            .into_iter()
            .filter(|it| matches!(it, Happening::Heard))
            .count()
    };
    assert_eq!(
        [look(50, 9), look(50, 9), look(51, 9), look(51, 9)],
        [4, 0, 2, 0]
    );
}

#[tokio::test]
async fn wishes_for_whole_pictures_are_told_and_kept_apart() {
    let mut pair = Pair::connected(Exchange, Exchange).await;
    pair.exchange(&film(5)).await;
    let before = pair.a.n_wishes;
    let began = Instant::now();
    for _ in 0..50 {
        pair.b.session.ask_keyframe(Instant::now());
    }
    pair.until("asked", |pair| pair.a.n_wishes > before).await;
    assert_eq!(pair.a.n_wishes, before + 1);
    // The others wait together, and come when their time has.
    pair.until("asked again", |pair| pair.a.n_wishes > before + 1)
        .await;
    assert!(began.elapsed() >= Duration::from_millis(300));
    let n_wishes = pair.a.n_wishes;
    for _ in 0..25 {
        pair.step(Instant::now() + Duration::from_millis(20)).await;
    }
    assert_eq!(pair.a.n_wishes, n_wishes);
}

#[tokio::test]
async fn a_wish_before_anything_came_is_kept_until_there_is_somebody_to_ask() {
    let mut pair = Pair::connected(Exchange, Exchange).await;
    pair.b.session.ask_keyframe(Instant::now());
    let before = pair.a.n_wishes;
    pair.exchange(&film(5)).await;
    pair.until("asked", |pair| pair.a.n_wishes > before).await;
}

#[tokio::test]
async fn the_line_is_measured_for_pictures_and_for_nothing_else() {
    let mut pair = Pair::connected(Exchange, Exchange).await;
    pair.a.session.want_bandwidth(300_000, 2_000_000);
    let film = film(150);
    pair.exchange(&film).await;
    let measured = pair.a.bandwidth.expect("it goes well");
    assert!(measured > 400_000, "{measured}");
    // Held, there is nothing but sound, however much was wished for.
    pair.change(true, Exchange, Exchange, false);
    pair.exchange(&[]).await;
    pair.n_bytes = [0; 2];
    pair.exchange(&vec![Vec::new(); 50]).await;
    assert!(
        pair.n_bytes.iter().all(|n| *n < 12_000),
        "{:?}",
        pair.n_bytes
    );
}

#[tokio::test]
async fn a_voice_call_carries_nothing_more_than_sound() {
    let mut pair = Pair::connected(Nothing, Nothing).await;
    pair.a.session.want_bandwidth(300_000, 2_000_000);
    pair.exchange(&[]).await;
    pair.n_bytes = [0; 2];
    pair.exchange(&vec![Vec::new(); 50]).await;
    assert!(
        pair.n_bytes.iter().all(|n| *n < 12_000),
        "{:?}",
        pair.n_bytes
    );
}

#[tokio::test]
async fn a_peer_that_announces_no_streams_is_seen() {
    let plain = |sdp: String| {
        let kept = sdp
            .lines()
            .filter(|l| !l.starts_with("a=ssrc") && !l.starts_with("a=extmap"));
        kept.fold(String::new(), |text, line| text + line + "\r\n")
    };
    let mut pair = Pair::new();
    let now = Instant::now();
    let offer = plain(pair.a.session.offer(Exchange, now).expect("it goes well"));
    let answer = pair
        .b
        .session
        .answer(&offer, Exchange, now)
        .expect("it goes well");
    pair.a
        .session
        .accept(&plain(answer), now)
        .expect("it goes well");
    pair.until("connected", |pair| {
        pair.a.is_connected && pair.b.is_connected
    })
    .await;
    let film = film(100);
    pair.exchange(&film[..5]).await;
    pair.losing = 20;
    pair.exchange(&film[5..]).await;
    pair.until("whole", |pair| pair.count(&film).iter().all(|n| *n >= 92))
        .await;
}
