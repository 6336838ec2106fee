//! Who calls, where a phone of another make, or a gateway to the telephone network, says it in its own way.

use std::fmt::Write as _;

use super::NameAddr;
use crate::address::{User, unescape};
use crate::id::{UserId, is_invisible};

impl NameAddr {
    /// Returns who that is, also where the user part is no ID of ours (RFC 3261, 19.1; RFC 3966).
    ///
    /// What an ID cannot hold stays percent-escaped, so that nobody is taken for somebody else; whoever
    /// names no user is `anonymous`.
    pub fn caller(&self) -> Option<User> {
        self.user().or_else(|| {
            let id = foreign(&self.uri)?;
            Some(User::new(UserId::parse(&id).ok()?, &self.display))
        })
    }
}

fn foreign(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    if scheme.eq_ignore_ascii_case("tel") {
        let number = rest.split(';').next().unwrap_or_default();
        let is_digit = |c: char| c.is_ascii_hexdigit() || "+*#-.()".contains(c);
        let is_number =
            number.chars().all(is_digit) && number.contains(|c: char| c.is_ascii_digit());
        return is_number.then(|| number.replace(['-', '.', '(', ')'], ""));
    }
    if !scheme.eq_ignore_ascii_case("sip") && !scheme.eq_ignore_ascii_case("sips") {
        return None;
    }
    let Some((user, _host)) = rest.rsplit_once('@') else {
        return Some("anonymous".to_owned());
    };
    // A password (19.1.1) is no part of who it is.
    let user = user.split(':').next().unwrap_or_default();
    // Nobody is called that; whoever writes it wants to deceive.
    let said = unescape(user).ok()?;
    if said.chars().any(|c| c.is_control() || is_invisible(c)) {
        return None;
    }
    let mut id = String::with_capacity(user.len());
    for c in user.chars() {
        match c {
            '@' | ';' | '<' | '>' | '/' | '"' => {
                write!(id, "%{:02X}", u32::from(c)).expect("writing to a String cannot fail");
            }
            c => id.push(c),
        }
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(value: &str) -> Option<(String, String)> {
        let user = NameAddr::parse(value).caller()?;
        Some((user.id.as_str().to_owned(), user.name))
    }

    #[test]
    fn whoever_has_no_id_of_ours_may_call_too() {
        for (value, id) in [
            ("<sip:al%69ce@x>;tag=1", "alice"),
            ("<tel:+1-201-555-0123;isub=1>;tag=1", "+12015550123"),
            ("tel:110", "110"),
            ("<sip:al%40ice@x>", "al%40ice"),
            ("<sip:alice:secret@x>", "alice"),
            (
                "<sip:100;phone-context=pbx@x;user=phone>",
                "100%3Bphone-context=pbx",
            ),
            ("<sip:a/b@x>", "a%2Fb"),
            ("<sip:gw.example>", "anonymous"),
        ] {
            assert_eq!(caller(value).expect(value).0, id);
        }
        let (id, name) = caller("\"Front desk\" <sip:pbx.example>").unwrap();
        assert_eq!((id.as_str(), name.as_str()), ("anonymous", "Front desk"));
    }

    #[test]
    fn what_names_nobody_does_not() {
        let long = format!("<sip:{}@x>", "a".repeat(65));
        for value in [
            "<https://x/y>",
            "<tel:abc>",
            "<sip:%1b[31m@x>",
            "<sip:%E2%80%AEbob@x>",
            "<sip:al%ice@x>",
            "<sip:%ff@x>",
            "<sip:a b@x>",
            &long,
            "",
        ] {
            assert_eq!(caller(value), None, "{value}");
        }
    }
}
