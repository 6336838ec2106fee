//! What somebody in a call does and how well it comes through, in words.

use std::time::Duration;

use ratatui::style::Style;

use crate::av::{MicrophoneState, Role, Verdict};
use crate::config::Push;
use crate::event::InvitationState;
use crate::phone::Call;
use crate::phone::call::{Link, MediaState, Member, Stage};
use crate::tui::meters::{PeerMeter, is_speech};
use crate::tui::page::Page;
use crate::tui::theme;
use crate::tui::words::{
    clock, exception_key, exception_name, exception_predicate, state_word,
    their_exception_sentence, verdict, volume,
};

/// Tells how it stands with somebody, whatever the stage.
pub(super) fn state(page: &Page<'_>, call: &Call, member: &Member) -> (String, Style) {
    if member.state == InvitationState::Accepted {
        return talking(page, call, member);
    }
    invited(page, call, member)
}

/// Tells in a few words that nothing comes of somebody, or which device is broken, and how.
pub(super) fn fault(page: &Page<'_>, member: &Member) -> Option<String> {
    if let Some(MediaState::Silent { since }) = member.media() {
        let seconds = page.ui.now.saturating_duration_since(since).as_secs();
        return Some(format!("nothing comes through {seconds} s"));
    }
    let microphone = member.microphone_exception().map(|it| ("mic", it));
    let camera = || member.camera_exception().map(|it| ("cam", it));
    let (what, exception) = microphone.or_else(camera)?;
    Some(format!("{what} {}", exception_predicate(exception)))
}

/// Tells how far the invitation of somebody has come: a sign, a word, the seconds, what was said.
pub(super) fn invited(page: &Page<'_>, call: &Call, member: &Member) -> (String, Style) {
    let word = state_word(member.state);
    let (sign, style) = match member.state {
        InvitationState::Ringing => (bell(page), theme::ringing()),
        InvitationState::Sent => ("·".to_owned(), theme::dim()),
        InvitationState::Accepted => ("✓".to_owned(), theme::good()),
        InvitationState::Declined | InvitationState::Busy => ("✕".to_owned(), theme::bad()),
        InvitationState::Timeout => ("–".to_owned(), theme::warning()),
        InvitationState::Canceled => ("×".to_owned(), theme::dim()),
        InvitationState::Offline => ("○".to_owned(), theme::warning()),
        InvitationState::Left | InvitationState::Kicked => ("←".to_owned(), theme::dim()),
    };
    let mut told = format!("{sign} {word}");
    if member.state == InvitationState::Ringing {
        if let Some(rung) = rung(page, call, member) {
            told.push_str(&format!(" {}", clock(rung)));
        }
        // The demo's devices are all in this very program.
        if let Some(device) = member.device.as_ref().filter(|_| !page.ui.options.demo) {
            told.push_str(&format!(" on {}", crate::address::clean(device, 32)));
        }
    }
    if let Some(note) = &member.note {
        told.push_str(&format!(" \"{note}\""));
    }
    (told, style)
}

/// Returns for how long an invitation of ours has rung, by when it gives up.
fn rung(page: &Page<'_>, call: &Call, member: &Member) -> Option<Duration> {
    let until = if let Link::Inviting { until } = member.link {
        until
    } else if let Stage::Calling { until, .. } = call.stage {
        until
    } else {
        return None;
    };
    let left = until.saturating_duration_since(page.ui.now);
    call.ring.checked_sub(left)
}

/// Draws a ringing bell, which moves where things may.
pub(super) fn bell(page: &Page<'_>) -> String {
    let bell = match page.ui.beat(Duration::from_millis(400)) % 3 {
        0 => "((●))",
        1 => " (●) ",
        _ => "  ●  ",
    };
    bell.to_owned()
}

/// Tells what somebody who has taken the call does.
pub(super) fn talking(page: &Page<'_>, call: &Call, member: &Member) -> (String, Style) {
    let connecting = || ("connecting the sound".to_owned(), theme::warning());
    match member.media() {
        None | Some(MediaState::Connecting { .. }) => return connecting(),
        Some(MediaState::Silent { since }) => {
            let seconds = page.ui.now.saturating_duration_since(since).as_secs();
            let told = format!("nothing comes through, reconnecting {seconds} s");
            return (told, theme::bad());
        }
        Some(MediaState::Closed { .. }) => return ("has left".to_owned(), theme::warning()),
        Some(MediaState::Flowing) => {}
    }
    if member.is_holding {
        let name = page.ui.name_of(&member.user);
        return (format!("on hold by {name}"), theme::warning());
    }
    if call.is_held {
        return ("on hold, h takes it up".to_owned(), theme::warning());
    }
    if let Some(exception) = member.microphone_exception() {
        let name = page.ui.name_of(&member.user);
        let told = their_exception_sentence(name, Role::Microphone, exception);
        let told = format!("{told} ({})", exception_name(exception));
        return (told, theme::bad());
    }
    if let Some(exception) = member.devices.camera_exception {
        let name = page.ui.name_of(&member.user);
        let told = their_exception_sentence(name, Role::Camera, exception);
        let told = format!("{told} ({})", exception_name(exception));
        return (told, theme::bad());
    }
    let (told, style) = match member.microphone() {
        _ if member.is_silenced => ("muted by you, M undoes it", theme::warning()),
        MicrophoneState::Muted => ("muted", theme::warning()),
        MicrophoneState::None => ("has no microphone", theme::warning()),
        MicrophoneState::On if page.phone.is_deafened() => {
            ("your ears are OFF, e opens them", theme::warning())
        }
        MicrophoneState::On if member.is_speaking => ("› speaking", theme::their_voice()),
        MicrophoneState::On if member.ours && member.devices.seq > 0 && !member.devices.speaker => {
            ("mic on, does not hear you", theme::warning())
        }
        MicrophoneState::On => ("mic on", theme::text()),
    };
    (told.to_owned(), style)
}

/// Tells what our own microphone does.
pub(super) fn ours(page: &Page<'_>, call: &Call) -> (String, Style) {
    let is_speaking = is_speech(page.meters.microphone);
    if let Some(exception) = page.ui.fault(page.phone) {
        let (key, hint) = exception_key(exception);
        let told = format!("microphone: {}, {key} {hint}", exception_name(exception));
        return (told, theme::bad());
    }
    let (told, style) = match (page.phone.is_muted(), is_speaking) {
        _ if call.is_held => ("nobody hears you: on hold", theme::warning()),
        (true, _) if page.phone.is_deafened() => {
            ("MUTED, ears OFF: e opens them", theme::warning())
        }
        (true, true) => ("MUTED, and you are talking: m", theme::warning()),
        (true, false) => ("MUTED, m turns it on", theme::warning()),
        (false, _) if page.ui.microphone.name == "none" => {
            ("no microphone, o devices", theme::warning())
        }
        (false, _) if !page.phone.is_pushed_open() => (push(page), theme::warning()),
        (false, _) if page.phone.is_speaking() => ("› speaking", theme::own_voice()),
        (false, _) => ("mic on", theme::text()),
    };
    (told.to_owned(), style)
}

/// Says how push to talk lets us talk, or what keeps us silent.
fn push(page: &Page<'_>) -> &'static str {
    let is_hold = page.ui.options.releases;
    match (page.phone.settings().push, is_hold) {
        (Push::Mute, _) => "SILENT: Space is down",
        (Push::Talk | Push::Off, true) => "SILENT, hold Space to talk",
        (Push::Talk | Push::Off, false) => "SILENT, press Space to talk (this terminal: on/off)",
    }
}

/// Tells how loud somebody is played here, where that is not as it comes, before something else.
pub(super) fn with_volume(member: &Member, detail: String) -> String {
    match (member.gain, detail.is_empty()) {
        (0, _) => detail,
        (db, true) => volume(db),
        (db, false) => format!("{}  {detail}", volume(db)),
    }
}

/// A wave that nobody hears is drawn dim.
pub(super) const fn voice(style: Style, is_off: bool) -> Style {
    if is_off { theme::dim() } else { style }
}

/// Tells how well it comes through: a word first, then the numbers.
pub(super) fn quality(meter: &PeerMeter) -> String {
    let (Some(short), Some(quality)) = (short_quality(meter), &meter.quality) else {
        return String::new();
    };
    let (jitter, buffer) = (quality.jitter_ms, quality.buffer_ms);
    format!("{short}  jitter {jitter} ms  buffer {buffer} ms")
}

/// The same without what few people want to know.
pub(super) fn short_quality(meter: &PeerMeter) -> Option<String> {
    let quality = meter.quality.as_ref()?;
    let (rtt, loss) = (quality.rtt_ms?, quality.loss_percent);
    let word = verdict(quality);
    Some(match quality.verdict {
        // It names a time already.
        Verdict::SlowLine => format!("{word}  loss {loss}"),
        Verdict::Fine
        | Verdict::UplinkDrops
        | Verdict::DownlinkDrops
        | Verdict::SlowMachine
        | Verdict::NothingComes => format!("{word}: {rtt} ms  loss {loss}"),
    })
}
