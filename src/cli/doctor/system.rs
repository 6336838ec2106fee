//! What is not a device: codecs, the terminal, the way to the server.

use std::io::IsTerminal as _;
use std::time::Duration;

use super::Finding;
use crate::config::ServerUrl;
use crate::media::audio::FRAME;
use crate::media::audio::opus::{Speech, SpeechSettings};
#[cfg(feature = "vp8")]
use crate::media::video::{Codec, Decoded, Decoder, Encoder, Planar, Rate};
use crate::sip;

/// How long a name or a server is waited for.
const LIMIT: Duration = Duration::from_secs(3);
/// The least that the screen needs, columns and rows.
const LEAST: (u16, u16) = (40, 10);

pub(super) fn codecs() -> Vec<Finding> {
    let opus = match Speech::new(SpeechSettings::default()) {
        // A packet is twenty milliseconds.
        Ok(mut speech) => match [(); 2].map(|()| speech.encode(&[0.1; FRAME])) {
            [None, None] => Finding::fail("opus", "it makes no packets"),
            _ => Finding::ok("opus", "sound: works"),
        },
        Err(error) => Finding::fail("opus", error.to_string()),
    };
    let encoder = openh264::encoder::Encoder::new().map(|_encoder| ());
    let decoder = openh264::decoder::Decoder::new().map(|_decoder| ());
    let h264 = match encoder.and(decoder) {
        Ok(()) => Finding::ok("h264", "pictures: works"),
        Err(error) => Finding::fail("h264", error.to_string()),
    };
    vec![
        opus,
        h264,
        #[cfg(feature = "vp8")]
        vp8(),
    ]
}

/// Encodes a picture and decodes it.
#[cfg(feature = "vp8")]
fn vp8() -> Finding {
    let rate = Rate {
        bitrate: 100_000,
        fps: 15,
    };
    let mut picture = Planar::black(64, 48);
    let encoded = Encoder::new(Codec::Vp8, rate)
        .and_then(|mut encoder| encoder.encode(&picture, Duration::ZERO, true));
    match encoded {
        Ok(frame) => {
            let frame = frame.map(|frame| frame.data).unwrap_or_default();
            match Decoder::new(Codec::Vp8).decode(&frame, true, &mut picture) {
                Decoded::Picture => Finding::ok("vp8", "pictures: works"),
                Decoded::Nothing | Decoded::NeedsKeyframe => {
                    Finding::fail("vp8", "it does not decode what it encodes")
                }
            }
        }
        Err(error) => Finding::fail("vp8", error.to_string()),
    }
}

pub(super) fn terminal() -> Vec<Finding> {
    let is_utf8 = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .find_map(set)
        .is_some_and(|locale| {
            let locale = locale.to_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        });
    let locale = match is_utf8 {
        true => Finding::ok("locale", "UTF-8"),
        false => Finding::warn("locale", "not UTF-8: names and lines may look wrong")
            .hint("set LANG to something like C.UTF-8, or OFFHOOK_ASCII=1 for plain signs"),
    };
    vec![locale, colours(), size()]
}

fn colours() -> Finding {
    const WHAT: &str = "terminal";
    let term = set("TERM").unwrap_or_default();
    if term.is_empty() || term == "dumb" {
        return Finding::warn(WHAT, "TERM is not set, or dumb: the screen cannot be drawn")
            .hint("`offhook call` and `offhook listen` need no screen");
    }
    let colours = match set("COLORTERM").as_deref() {
        _ if set("NO_COLOR").is_some() => "no colours, as NO_COLOR asks",
        Some("truecolor" | "24bit") => "16 million colours",
        _ if term.contains("256color") => "256 colours",
        _ => "16 colours",
    };
    Finding::ok(WHAT, format!("{term}: {colours}, {}", pictures(&term)))
}

/// Guesses by the environment how pictures could be drawn; the screen asks the terminal itself.
fn pictures(term: &str) -> &'static str {
    let program = set("TERM_PROGRAM").unwrap_or_default().to_lowercase();
    if set("TMUX").is_some() || term.starts_with("screen") {
        "pictures in half blocks, inside a multiplexer"
    } else if set("KITTY_WINDOW_ID").is_some() || term.contains("kitty") || term.contains("ghostty")
    {
        "pictures by kitty's protocol"
    } else if matches!(program.as_str(), "iterm.app" | "wezterm") {
        "pictures by iTerm2's protocol"
    } else if term.contains("foot") || term.contains("mlterm") {
        "pictures as sixels"
    } else {
        "pictures in half blocks"
    }
}

fn size() -> Finding {
    const WHAT: &str = "size";
    if !std::io::stdout().is_terminal() {
        return Finding::ok(WHAT, "stdout is no terminal; not measured");
    }
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns >= LEAST.0 && rows >= LEAST.1 => {
            Finding::ok(WHAT, format!("{columns}x{rows}"))
        }
        Ok((columns, rows)) => {
            let (least_columns, least_rows) = LEAST;
            let told =
                format!("{columns}x{rows}: too small, {least_columns}x{least_rows} is needed");
            Finding::warn(WHAT, told)
        }
        Err(error) => Finding::warn(WHAT, format!("cannot be asked: {error}")),
    }
}

pub(super) fn network(server: Option<&ServerUrl>) -> Vec<Finding> {
    const WHAT: &str = "server";
    let Some(server) = server else {
        let finding = Finding::warn(WHAT, "none is configured");
        let hint = "give one with `--server`, or start one with `offhook serve`";
        return vec![finding.hint(hint)];
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return vec![Finding::fail(WHAT, format!("no runtime: {error}"))],
    };
    let url = server.as_str();
    let reached = runtime.block_on(sip::probe(url, LIMIT));
    // A name server that does not answer holds nobody up here.
    runtime.shutdown_background();
    vec![match reached {
        Ok(at) => Finding::ok(WHAT, format!("{url} answers ({at})")),
        Err(why) => Finding::fail(WHAT, format!("{url}: {why}"))
            .hint("is it running there, and does a firewall or proxy stand between?"),
    }]
}

/// Reads a variable of the environment that is set to something.
fn set(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
