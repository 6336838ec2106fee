//! `Offhook-Join`: an INVITE that rings nowhere, between members of a group or to its host.

use super::id;
use crate::id::CallId;
use crate::phone::signal::{Purpose, Token};

/// Hexadecimal digits in a token of 128 bits.
const TOKEN_DIGITS: usize = 32;

/// Writes `Offhook-Join`; without a token it asks the host to be let in.
pub fn emit_join(call: &CallId, token: Option<&Token>) -> String {
    match token {
        Some(token) => format!("{call};token={}", token.0),
        None => call.to_string(),
    }
}

/// Reads `Offhook-Join` of an INVITE that belongs to `call`; `None` if it means another call.
///
/// A token that is none becomes an empty one, which is nobody's: it must be refused, and never ring.
pub fn parse_join(value: &str, call: &CallId) -> Option<Purpose> {
    let mut parts = value.split(';').map(str::trim);
    if id(parts.next()?)? != call.as_str() {
        return None;
    }
    let token = parts
        .filter_map(|part| part.split_once('='))
        .find(|(name, _)| name.trim() == "token");
    Some(match token {
        Some((_, token)) => {
            let token = parse_token(token.trim()).unwrap_or_else(|| Token(String::new()));
            Purpose::Mesh { token }
        }
        None => Purpose::Join,
    })
}

/// Reads a token.
pub(in crate::sip) fn parse_token(text: &str) -> Option<Token> {
    let fits = text.len() == TOKEN_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    fits.then(|| Token(text.to_owned()))
}
