//! Digest authentication (RFC 3261, 22; RFC 7616; RFC 8760): MD5 and SHA-256 with `qop=auth`.
//!
//! Pure functions: random bits, counters and clocks come from the caller, nothing is stored.
//! `auth-int` and the `-sess` algorithms are not spoken; a challenge that asks for them is passed over.

use std::fmt;

use md5::{Digest as _, Md5};
use sha2::Sha256;

use super::header::unquote;

/// A hash function of RFC 8760, the weaker one first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// `MD5`, for those that know nothing better.
    Md5,
    /// `SHA-256`.
    Sha256,
}

impl Algorithm {
    /// Returns the name in `algorithm=`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    /// Reads `algorithm=`; without the parameter it is MD5 (RFC 7616, 3.3).
    pub fn parse(name: Option<&str>) -> Option<Self> {
        match name {
            None => Some(Self::Md5),
            Some(name) if name.eq_ignore_ascii_case("MD5") => Some(Self::Md5),
            // Some stacks leave the hyphen out.
            Some(name) if name.eq_ignore_ascii_case("SHA-256") => Some(Self::Sha256),
            Some(name) if name.eq_ignore_ascii_case("SHA256") => Some(Self::Sha256),
            Some(_) => None,
        }
    }

    /// Returns the length of a hash written in hexadecimal.
    pub const fn hex_len(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::Sha256 => 64,
        }
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
            Self::Sha256 => hex(&Sha256::digest(text.as_bytes())),
        }
    }
}

/// What a server keeps instead of a password, in hexadecimal: `H(user:realm:password)` for both algorithms.
#[derive(Clone, PartialEq, Eq)]
pub struct Ha1 {
    /// The MD5 one.
    pub md5: String,
    /// The SHA-256 one.
    pub sha256: String,
}

impl Ha1 {
    /// Computes both from a password.
    pub fn of(user: &str, realm: &str, password: &str) -> Self {
        let text = format!("{user}:{realm}:{password}");
        Self {
            md5: Algorithm::Md5.hash(&text),
            sha256: Algorithm::Sha256.hash(&text),
        }
    }

    /// Reads `md5=HEX, sha-256=HEX`, the value of `Offhook-Claim`.
    pub fn parse_claim(value: &str) -> Option<Self> {
        let params = params(value);
        let part = |name: &str, algorithm: Algorithm| {
            let text = params
                .iter()
                .find(|(key, _)| key == name)?
                .1
                .to_ascii_lowercase();
            let fits = text.len() == algorithm.hex_len()
                && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            fits.then_some(text)
        };
        Some(Self {
            md5: part("md5", Algorithm::Md5)?,
            sha256: part("sha-256", Algorithm::Sha256)?,
        })
    }

    /// Writes the value of `Offhook-Claim`. It is as good as the password at this realm:
    /// only for loopback or verified TLS.
    pub fn to_claim(&self) -> String {
        format!("md5={}, sha-256={}", self.md5, self.sha256)
    }

    fn get(&self, algorithm: Algorithm) -> &str {
        match algorithm {
            Algorithm::Md5 => &self.md5,
            Algorithm::Sha256 => &self.sha256,
        }
    }
}

/// Never shows the hashes: they log in as well as the password does.
impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ha1(..)")
    }
}

/// One `WWW-Authenticate` or `Proxy-Authenticate` that we can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Whose password is asked for.
    pub realm: String,
    /// To be repeated.
    pub nonce: String,
    /// To be repeated, if there is one.
    pub opaque: Option<String>,
    /// With which hash.
    pub algorithm: Algorithm,
    /// Whether `qop=auth` is offered; without it the oldest form is used (RFC 2069).
    pub qop: bool,
    /// The credentials were right, only the nonce was too old: try again without asking anybody.
    pub stale: bool,
}

impl Challenge {
    /// Reads all challenges out of header values; several may share one value.
    pub fn parse_all<'a>(values: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        let mut found = Vec::new();
        for value in values {
            for (scheme, params) in schemes(value) {
                if scheme.eq_ignore_ascii_case("Digest") {
                    found.extend(Self::of(&params));
                }
            }
        }
        found
    }

    /// Returns the challenge with the strongest algorithm; of equals the first.
    pub fn strongest(challenges: &[Self]) -> Option<&Self> {
        challenges
            .iter()
            .rev()
            .max_by_key(|challenge| challenge.algorithm)
    }

    /// Computes the `Authorization` value. `count` is the how-manieth use of this nonce, from 1;
    /// `cnonce` is fresh random text without quotes.
    pub fn answer(
        &self,
        user: &str,
        password: &str,
        method: &str,
        uri: &str,
        count: u32,
        cnonce: &str,
    ) -> String {
        let ha1 = self
            .algorithm
            .hash(&format!("{user}:{}:{password}", self.realm));
        let qop = self.qop.then_some((count, cnonce));
        let response = response(self.algorithm, &ha1, &self.nonce, qop, method, uri);
        let mut value = format!(
            "Digest username={}, realm={}, nonce={}, uri={}, response=\"{response}\", algorithm={}",
            quoted(user),
            quoted(&self.realm),
            quoted(&self.nonce),
            quoted(uri),
            self.algorithm.name(),
        );
        if self.qop {
            value += &format!(", qop=auth, nc={count:08x}, cnonce={}", quoted(cnonce));
        }
        if let Some(opaque) = &self.opaque {
            value += &format!(", opaque={}", quoted(opaque));
        }
        value
    }

    /// Writes the header value, as a server does.
    pub fn to_value(&self) -> String {
        let mut value = format!(
            "Digest realm={}, nonce={}, algorithm={}",
            quoted(&self.realm),
            quoted(&self.nonce),
            self.algorithm.name()
        );
        if self.qop {
            value += ", qop=\"auth\"";
        }
        if let Some(opaque) = &self.opaque {
            value += &format!(", opaque={}", quoted(opaque));
        }
        if self.stale {
            value += ", stale=true";
        }
        value
    }

    fn of(params: &[(String, String)]) -> Option<Self> {
        let get = |name: &str| find(params, name);
        let qop = match get("qop") {
            None => false,
            Some(offer)
                if offer
                    .split(',')
                    .any(|qop| qop.trim().eq_ignore_ascii_case("auth")) =>
            {
                true
            }
            Some(_) => return None,
        };
        Some(Self {
            realm: get("realm")?.to_owned(),
            nonce: get("nonce")?.to_owned(),
            opaque: get("opaque").map(str::to_owned),
            algorithm: Algorithm::parse(get("algorithm"))?,
            qop,
            stale: get("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }
}

/// An `Authorization` or `Proxy-Authorization`, read by a server. Nothing in it is trusted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who it claims to be.
    pub username: String,
    /// The realm it was computed for.
    pub realm: String,
    /// The nonce it was computed for.
    pub nonce: String,
    /// The URI it was computed for.
    pub uri: String,
    /// The hash, in hexadecimal.
    pub response: String,
    /// With which hash function.
    pub algorithm: Algorithm,
    /// `nc` and `cnonce`, with `qop=auth`.
    pub qop: Option<(u32, String)>,
}

impl Credentials {
    /// Reads a header value; `None` if it is not a complete Digest of a kind spoken here.
    pub fn parse(value: &str) -> Option<Self> {
        let mut schemes = schemes(value);
        if schemes.len() != 1 {
            return None;
        }
        let (scheme, params) = schemes.pop()?;
        if !scheme.eq_ignore_ascii_case("Digest") {
            return None;
        }
        let get = |name: &str| find(&params, name);
        let qop = match get("qop") {
            None => None,
            Some(qop) if qop.eq_ignore_ascii_case("auth") => {
                let count = get("nc").filter(|nc| nc.len() == 8)?;
                let count = u32::from_str_radix(count, 16).ok()?;
                Some((count, get("cnonce")?.to_owned()))
            }
            Some(_) => return None,
        };
        Some(Self {
            username: get("username")?.to_owned(),
            realm: get("realm")?.to_owned(),
            nonce: get("nonce")?.to_owned(),
            uri: get("uri")?.to_owned(),
            response: get("response")?.to_ascii_lowercase(),
            algorithm: Algorithm::parse(get("algorithm"))?,
            qop,
        })
    }

    /// Tells whether whoever wrote this knows the password behind `ha1`. Nonce, count and user are
    /// the caller's to check. Takes the same time wherever the hashes differ.
    pub fn is_proof(&self, ha1: &Ha1, method: &str) -> bool {
        let qop = self
            .qop
            .as_ref()
            .map(|(count, cnonce)| (*count, cnonce.as_str()));
        let ha1 = ha1.get(self.algorithm);
        let expected = response(self.algorithm, ha1, &self.nonce, qop, method, &self.uri);
        is_same(expected.as_bytes(), self.response.as_bytes())
    }
}

/// RFC 7616, 3.4.1.
fn response(
    algorithm: Algorithm,
    ha1: &str,
    nonce: &str,
    qop: Option<(u32, &str)>,
    method: &str,
    uri: &str,
) -> String {
    let ha2 = algorithm.hash(&format!("{method}:{uri}"));
    match qop {
        Some((count, cnonce)) => {
            algorithm.hash(&format!("{ha1}:{nonce}:{count:08x}:{cnonce}:auth:{ha2}"))
        }
        None => algorithm.hash(&format!("{ha1}:{nonce}:{ha2}")),
    }
}

fn is_same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    out
}

fn find<'a>(params: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let (_, value) = params.iter().find(|(key, _)| key == name)?;
    Some(value)
}

/// Cuts `Digest a=1, b="2", Digest a=3` into its schemes with their parameters.
fn schemes(value: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for item in items(value) {
        let item = item.trim();
        let key_end = item.find('=').unwrap_or(item.len());
        let item = match item[..key_end]
            .trim_end()
            .split_once(|c: char| c.is_whitespace())
        {
            Some((scheme, _)) => {
                found.push((scheme.to_owned(), Vec::new()));
                &item[scheme.len()..]
            }
            None => item,
        };
        if let (Some((_, params)), Some(param)) = (found.last_mut(), param(item)) {
            params.push(param);
        }
    }
    found
}

fn params(value: &str) -> Vec<(String, String)> {
    items(value).into_iter().filter_map(param).collect()
}

fn param(item: &str) -> Option<(String, String)> {
    let (key, value) = item.split_once('=')?;
    Some((key.trim().to_ascii_lowercase(), unquote(value.trim())))
}

/// Splits at the commas outside quotes.
fn items(value: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut start, mut is_quoted, mut is_escaped) = (0, false, false);
    for (at, c) in value.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => {
                found.push(&value[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&value[start..]);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7616, 3.9.1, with SIP's names for nothing: the arithmetic is the same.
    const NONCE: &str = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    const CNONCE: &str = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

    fn challenge(algorithm: Algorithm) -> Challenge {
        Challenge {
            realm: "http-auth@example.org".into(),
            nonce: NONCE.into(),
            opaque: None,
            algorithm,
            qop: true,
            stale: false,
        }
    }

    #[test]
    fn the_answers_are_those_of_rfc_7616() {
        for (algorithm, expected) in [
            (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
            (
                Algorithm::Sha256,
                "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            ),
        ] {
            let password = "Circle of Life";
            let value = challenge(algorithm).answer(
                "Mufasa",
                password,
                "GET",
                "/dir/index.html",
                1,
                CNONCE,
            );
            let credentials = Credentials::parse(&value).expect("it is our own");
            assert_eq!(credentials.response, expected);
            let ha1 = Ha1::of("Mufasa", "http-auth@example.org", password);
            assert!(credentials.is_proof(&ha1, "GET"));
            assert!(!credentials.is_proof(&ha1, "POST"));
            assert!(!credentials.is_proof(&Ha1::of("Mufasa", "http-auth@example.org", "x"), "GET"));
        }
    }

    #[test]
    fn the_count_is_hexadecimal() {
        let value = challenge(Algorithm::Md5).answer("a", "b", "REGISTER", "sip:x", 0x1a2, "c");
        assert!(value.contains("nc=000001a2"), "{value}");
        let credentials = Credentials::parse(&value).expect("it is our own");
        assert_eq!(credentials.qop, Some((0x1a2, "c".into())));
    }

    #[test]
    fn the_strongest_of_all_challenges_is_taken() {
        let one = "Digest realm=\"a, b\", nonce=\"1\", qop=\"auth,auth-int\", Digest realm=\"a\", \
                   nonce=\"2\", algorithm=SHA-256, stale=TRUE, opaque=\"o\\\"o\"";
        let found = Challenge::parse_all([
            one,
            "Basic realm=\"a\"",
            "Digest realm=x, nonce=y, algorithm=SHA-512-256",
        ]);
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].realm.as_str(), found[0].qop), ("a, b", true));
        let best = Challenge::strongest(&found).expect("there are two");
        assert_eq!(
            (best.nonce.as_str(), best.qop, best.stale),
            ("2", false, true)
        );
        assert_eq!(best.opaque.as_deref(), Some("o\"o"));
        assert_eq!(
            Challenge::parse_all([best.to_value().as_str()]),
            vec![best.clone()]
        );
    }

    #[test]
    fn garbage_is_no_credentials() {
        for value in [
            "",
            "Digest",
            "Digest ,,,=,\"",
            "Digest username=\"a",
            "Basic QQ==",
            "Digest é=\"\\",
            "Digest username=a, realm=b, nonce=c, uri=d, response=e, qop=auth, nc=1, cnonce=f",
            "Digest username=a, realm=b, nonce=c, uri=d, response=e, qop=auth-int",
            "Digest username=a, realm=b, nonce=c, uri=d, response=e, algorithm=MD5-sess",
        ] {
            assert_eq!(Credentials::parse(value), None, "{value}");
        }
    }

    #[test]
    fn a_claim_survives_the_wire() {
        let ha1 = Ha1::of("alice", "offhook", "secret");
        assert_eq!(Ha1::parse_claim(&ha1.to_claim()), Some(ha1.clone()));
        assert_eq!(Ha1::parse_claim("md5=00, sha-256=11"), None);
        assert_eq!(format!("{ha1:?}"), "Ha1(..)");
    }
}
