//! Reads the few things of a URI that routing turns on. Strict: what two parsers could read in
//! two ways is nobody's name.

use crate::address::Address;
use crate::id::UserId;

/// Returns the user of a `From`, `To` or `Contact` value; `None` if it is not plainly one SIP URI.
pub(crate) fn user_of_header(value: &str) -> Option<UserId> {
    user_of(in_header(value)?)
}

/// Returns the URI in a `From`, `To` or `Contact` value of one address (RFC 3261, 25.1).
pub(crate) fn in_header(value: &str) -> Option<&str> {
    let value = value.trim();
    let after_name = match value.strip_prefix('"') {
        Some(rest) => &rest[end_of_quoted(rest)? + 1..],
        None => value,
    };
    let (uri, rest) = match after_name.split_once('<') {
        Some((name, rest)) => {
            if name.contains(['"', '@', ':', ';', ',', '>']) {
                return None;
            }
            rest.split_once('>')?
        }
        // The other form has no display name, and parameters belong to the header.
        None if value.starts_with('"') => return None,
        None => value.split_at(value.find(';').unwrap_or(value.len())),
    };
    let rest = rest.trim();
    let is_plain = (rest.is_empty() || rest.starts_with(';'))
        && !rest.contains(['<', '>', '@', ','])
        && !uri.contains(['<', '>', '"', ' ', '\t']);
    is_plain.then_some(uri)
}

/// Returns the URI of one `Contact` value and its parameters. Those may be quoted, and hold `<` and `>`
/// then: `+sip.instance="<urn:uuid:...>"` (RFC 5626, 4.1).
pub(crate) fn in_contact(value: &str) -> Option<(&str, &str)> {
    if let Some(uri) = in_header(value) {
        return Some((uri, params_of_header(value)));
    }
    let (address, params) = value.split_at(value.find('>')? + 1);
    let params = params.trim();
    let bare: String = params.split('"').step_by(2).collect();
    let is_plain = params.matches('"').count() % 2 == 0
        && bare.starts_with(';')
        && !bare.contains(['<', '>', '@', ',', '\\']);
    is_plain
        .then(|| in_header(address))
        .flatten()
        .map(|uri| (uri, params))
}

/// Returns the parameters after the URI of a header value, `;expires=60` for instance.
pub(crate) fn params_of_header(value: &str) -> &str {
    let after = match value.rfind('>') {
        Some(at) => &value[at + 1..],
        None => value,
    };
    after.find(';').map_or("", |at| &after[at..])
}

/// Finds a parameter without regard to case; one without a value is empty.
pub(crate) fn param<'a>(params: &'a str, name: &str) -> Option<&'a str> {
    params.split(';').find_map(|param| {
        let (key, value) = param.split_once('=').unwrap_or((param, ""));
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Returns the user part as an ID.
pub(crate) fn user_of(uri: &str) -> Option<UserId> {
    let (scheme, rest) = uri.split_once(':')?;
    let is_sip = scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips");
    if !is_sip || rest.matches('@').count() != 1 {
        return None;
    }
    Address::parse(uri).ok().map(|address| address.user)
}

/// Returns what two spellings of one contact have in common (RFC 3261, 19.1.4): user and host with
/// port, the host in lower case. JsSIP lower-cases hosts it received.
pub(crate) fn contact_key(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("sip") && !scheme.eq_ignore_ascii_case("sips") {
        return None;
    }
    let end = rest.find([';', '?']).unwrap_or(rest.len());
    let (user, host) = match rest[..end].split_once('@') {
        Some((user, host)) => (user, host),
        None => ("", &rest[..end]),
    };
    let user = crate::address::unescape(user).ok()?;
    (!host.is_empty()).then(|| format!("{user}@{}", host.to_ascii_lowercase()))
}

/// Tells whether two URIs name the same place, whatever their parameters.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    matches!((contact_key(one), contact_key(other)), (Some(one), Some(other)) if one == other)
}

/// Tells whether the host is one that cannot be (RFC 2606), as phones without an address have it.
pub(crate) fn is_made_up(uri: &str) -> bool {
    contact_key(uri).is_some_and(|key| key.ends_with(".invalid"))
}

fn end_of_quoted(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(value: &str) -> Option<String> {
        user_of_header(value).map(|user| user.to_string())
    }

    #[test]
    fn one_name_is_read_in_one_way() {
        for value in [
            "<sip:alice@x>;tag=1",
            "sip:alice@x;tag=1",
            "Alice <sips:%61lice@x:7443;transport=ws>;tag=1",
            "\"a <sip:bob@x> \\\" b\" <sip:alice@x>",
        ] {
            assert_eq!(user(value).as_deref(), Some("alice"), "{value}");
        }
        for value in [
            "",
            "<sip:x>",
            "<tel:+1>",
            "sip:alice@x;a=<sip:bob@x>",
            "<sip:alice@x>,<sip:bob@x>",
            "<sip:alice@x>;a=<sip:bob@x>",
            "<sip:alice@bob@x>",
            "\"a\" sip:alice@x",
            "\"a <sip:alice@x>",
            "sip:bob@x <sip:alice@x>",
            "<sip:a%00@x>",
        ] {
            assert_eq!(user(value), None, "{value}");
        }
    }

    #[test]
    fn a_phone_reads_the_name_that_was_checked() {
        use proptest::prelude::{Just, Strategy as _, prop};
        use proptest::strategy::Union;
        const WORDS: [&str; 22] = [
            "sip:",
            "sips:",
            "alice",
            "bob",
            "@",
            "@x",
            "<",
            ">",
            "<sip:bob@x>",
            "<sip:alice@x>",
            "\"",
            "\\",
            ";",
            ";tag=1",
            ",",
            " ",
            "%61",
            "%",
            ":",
            "?",
            "=",
            "\t",
        ];
        let word = Union::new(WORDS.map(Just));
        let value = prop::collection::vec(word, 1..12).prop_map(|words| words.concat());
        let with_name = (value.clone(), value.clone())
            .prop_map(|(name, end)| format!("{name}<sip:alice@x>{end}"));
        let config = proptest::test_runner::Config {
            cases: 20_000,
            failure_persistence: None,
            ..Default::default()
        };
        let mut runner = proptest::test_runner::TestRunner::new(config);
        let outcome = runner.run(&Union::new([value.boxed(), with_name.boxed()]), |value| {
            let read = crate::sip::header::NameAddr::parse(&value).user();
            if let Some(checked) = user_of_header(&value) {
                proptest::prop_assert_eq!(read.map(|user| user.id), Some(checked));
            }
            Ok(())
        });
        outcome.unwrap();
    }

    #[test]
    fn a_contact_may_say_which_phone_it_is() {
        let value =
            "<sip:x@a.invalid;transport=ws>;expires=9;+sip.instance=\"<urn:uuid:1>\";reg-id=1";
        let (uri, params) = in_contact(value).expect("it is one");
        assert_eq!(uri, "sip:x@a.invalid;transport=ws");
        assert_eq!(param(params, "expires"), Some("9"));
        assert_eq!(param(params, "+sip.instance"), Some("\"<urn:uuid:1>\""));
        assert_eq!(in_contact("sip:x@a;q=1"), Some(("sip:x@a", ";q=1")));
        for value in [
            "<sip:x@a>;a=\"<\";b=<sip:y@b>",
            "<sip:x@a>;a=\"<sip:y@b>",
            "<sip:x@a>\"<sip:y@b>\"",
            "<sip:x@a>;a=\"<\",<sip:y@b>",
        ] {
            assert_eq!(in_contact(value), None, "{value}");
        }
    }

    #[test]
    fn spellings_of_one_contact_are_one() {
        let key = contact_key("sip:bob@Abc.Invalid;transport=WS");
        assert_eq!(key, contact_key("SIP:b%6Fb@abc.invalid"));
        assert_ne!(key, contact_key("sip:Bob@abc.invalid"));
        assert_ne!(key, contact_key("sip:bob@abc.invalid:5060"));
    }
}
