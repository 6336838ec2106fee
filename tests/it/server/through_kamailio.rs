//! What Kamailio keeps for people who are away, with `assets/kamailio/kamailio.cfg`.

use offhook::sip::digest::Challenge;

use super::harness::{Phone, Text};
use crate::harness::kamailio::Kamailio;

async fn sign_in(kamailio: &Kamailio, user: &str) -> Phone {
    let mut phone = Phone::connect_to(&kamailio.url(), user, user).await;
    let answer = phone.register(&format!("{user}-pw")).await;
    assert_eq!(answer.what(), "200", "{}", answer.0);
    phone
}

/// Says something, with the proof that Kamailio wants, and returns the answer.
async fn message(phone: &mut Phone, to: &str, kind: &str, body: &str) -> Text {
    let uri = format!("sip:{to}@offhook.test");
    let rest = format!(
        "Content-Type: {kind}\r\nX-Unknown: as it was\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    phone.request("MESSAGE", to, &rest).await;
    let refusal = phone.expect("407").await;
    let challenges = Challenge::parse_all(refusal.all("Proxy-Authenticate"));
    let (user, password) = (phone.user.clone(), format!("{}-pw", phone.user));
    let proof = challenges[0].answer(&user, &password, "MESSAGE", &uri, 1, "cnonce");
    let more = format!("Proxy-Authorization: {proof}\r\n{rest}");
    phone.request("MESSAGE", to, &more).await;
    phone.hear().await
}

#[tokio::test]
async fn what_was_said_to_somebody_away_is_heard_at_the_next_sign_in() {
    let kamailio = Kamailio::start();
    let mut alice = sign_in(&kamailio, "alice").await;
    let ours = "application/vnd.offhook+json";
    let start = "{\"text\":\"caf\u{e9} 'quoted' \\u0000 %s\"}\r\n\r\n\t";
    let long = format!("{start}{}", "x".repeat(16 * 1024 - start.len()));
    let all = [(ours, long.as_str()), ("text/plain", "hello"), (ours, "{}")];
    for (kind, body) in all {
        let answer = message(&mut alice, "bob", kind, body).await;
        assert_eq!(answer.what(), "202", "{}", answer.0);
    }
    let longer = format!("{long}x");
    let answer = message(&mut alice, "bob", ours, &longer).await;
    assert_eq!(answer.what(), "413", "{}", answer.0);
    let answer = message(&mut alice, "nobody", ours, "{}").await;
    assert_eq!(answer.what(), "404", "{}", answer.0);

    let mut bob = sign_in(&kamailio, "bob").await;
    for (kind, body) in all {
        let message = bob.expect("MESSAGE").await;
        assert_eq!(message.body(), body);
        assert!(message.get("From").starts_with("<sip:alice@offhook.test>"));
        assert_eq!(message.get("Content-Type"), kind);
        assert_eq!(message.get("X-Unknown"), "as it was");
        assert!(message.get("Date").ends_with(" GMT"));
        assert!(message.all("Contact").is_empty());
        bob.say(&message.reply("200 OK", "")).await;
    }
}

#[tokio::test]
async fn nobody_speaks_in_another_ones_name() {
    let kamailio = Kamailio::start();
    let mut alice = sign_in(&kamailio, "alice").await;
    for method in ["MESSAGE", "INVITE", "REFER"] {
        let uri = "sip:carol@offhook.test";
        let from = "bob";
        let refusal = alice.ask(method, uri, from, "").await;
        assert_eq!(refusal.what(), "407", "{}", refusal.0);
        let challenges = Challenge::parse_all(refusal.all("Proxy-Authenticate"));
        let proof = challenges[0].answer("alice", "alice-pw", method, uri, 1, "cnonce");
        let more = format!("Proxy-Authorization: {proof}\r\n");
        let refusal = alice.ask(method, uri, from, &more).await;
        assert_eq!(refusal.what(), "403", "{}", refusal.0);
    }
}

#[tokio::test]
async fn a_route_leads_nowhere_but_to_phones() {
    let kamailio = Kamailio::start();
    let mut mallory = Phone::connect_to(&kamailio.url(), "mallory", "m").await;
    let outside = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let outside = outside.local_addr().expect("it has one");
    let here = kamailio.url().replace("ws://", "sip:");
    let to = "To: <sip:bob@offhook.test>;tag=2\r\n";
    let there = format!("sip:bob@{outside};transport=tcp");
    let alias = format!("{outside}~2").replace(':', "~");
    for (uri, routes) in [
        (there.clone(), format!("Route: <{here};lr>\r\n")),
        (
            "sip:bob@x.invalid".to_owned(),
            format!("Route: <{here};lr>\r\nRoute: <{there};lr>\r\n"),
        ),
        (format!("sip:bob@x.invalid;alias={alias}"), String::new()),
    ] {
        let more = format!("{routes}{to}");
        let refusal = mallory.ask("OPTIONS", &uri, "mallory", &more).await;
        assert_eq!(refusal.what(), "403", "{uri} {routes}: {}", refusal.0);
    }
}
