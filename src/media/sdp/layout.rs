//! The sections of a peer and their dialect, which all that we send it must keep to.

use super::section::Section;
use super::{MID, media_line, push};

/// RFC 3264, 8: sections stay, in their order, for as long as a session lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub(super) sections: Vec<Section>,
    pub(super) audio: usize,
    /// Whether the audio section is in a bundle.
    pub(super) is_bundled: bool,
}

impl Layout {
    /// Puts a description of ours, [`tidy`](super::tidy) already, into this shape.
    pub fn dress(&self, ours: &str) -> String {
        let (session, audio) = match ours.find("\r\nm=") {
            Some(at) => ours.split_at(at + 2),
            None => (ours, ""),
        };
        let offered = &self.sections[self.audio];
        let mut text = String::with_capacity(ours.len() + 64);
        let mid = offered.value("mid").unwrap_or(MID);
        for line in session.lines() {
            match line.starts_with("a=group:") {
                true if self.is_bundled => push(&mut text, &format!("a=group:BUNDLE {mid}")),
                true => {}
                false => push(&mut text, line),
            }
        }
        for (index, section) in self.sections.iter().enumerate() {
            if index != self.audio {
                refuse(section, &mut text);
                continue;
            }
            for line in audio.lines() {
                match line.split_once('=') {
                    Some(("m", rest)) => {
                        push(&mut text, &media_line(rest, None, Some(offered.proto())));
                    }
                    Some(("a", a)) if !offered.knows(a) => {}
                    Some(("a", a)) if a.starts_with("mid:") => {
                        push(&mut text, &format!("a=mid:{mid}"));
                    }
                    _ => push(&mut text, line),
                }
            }
        }
        text
    }
}

/// RFC 3264, 6: a refused stream keeps its line, with port 0.
fn refuse(section: &Section, text: &mut String) {
    let rest = section.lines[0].strip_prefix("m=").unwrap_or_default();
    push(text, &media_line(rest, Some(0), None));
    push(text, "c=IN IP4 0.0.0.0");
    if let Some(mid) = section.value("mid") {
        push(text, &format!("a=mid:{mid}"));
    }
    push(text, "a=inactive");
}
