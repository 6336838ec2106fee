//! The sections of a peer and their dialect, which all that we send it must keep to.

use super::section::{Section, is_mid_extension, split};
use super::{MID, media_line, picture, push};

/// RFC 3264, 8: sections stay, in their order, for as long as a session lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub(super) sections: Vec<Section>,
    pub(super) audio: usize,
    /// The section of pictures, if there is one that is not refused.
    pub(super) video: Option<usize>,
    /// Whether the audio section is in a bundle.
    pub(super) is_bundled: bool,
}

impl Layout {
    /// Returns which section is the one of pictures.
    pub const fn video(&self) -> Option<usize> {
        self.video
    }

    /// Whether a section of pictures could be added: without a bundle it would need a way of its own.
    pub const fn has_room(&self) -> bool {
        self.is_bundled
    }

    /// Returns the same with a place for the section of pictures that `ours` has: RFC 3264, 8.1,
    /// in place of a refused one, or at the end.
    #[must_use]
    pub fn with_video(&self, ours: &str) -> Self {
        let mut layout = self.clone();
        let Some(mut section) = video_of(ours) else {
            return layout;
        };
        let is_used = |mid: &str| self.sections.iter().any(|s| s.value("mid") == Some(mid));
        let name = section.value("mid").unwrap_or(MID).to_owned();
        let others = (0..).map(|n| format!("v{n}"));
        let free = std::iter::once(name)
            .chain(others)
            .find(|mid| !is_used(mid));
        section.rename(&free.unwrap_or_default());
        section.set_proto(self.sections[self.audio].proto());
        let is_spare = |(at, s): (usize, &Section)| at != self.audio && s.kind() == "video";
        let spare = self.sections.iter().enumerate().position(is_spare);
        let at = spare.unwrap_or(self.sections.len());
        match layout.sections.get_mut(at) {
            Some(place) => *place = section,
            None => layout.sections.push(section),
        }
        layout.video = Some(at);
        layout
    }

    /// Returns the same with its section of pictures refused.
    #[must_use]
    pub const fn without_video(mut self) -> Self {
        self.video = None;
        self
    }

    /// Puts a description of ours, [`tidy`](super::tidy) already, into this shape.
    pub fn dress(&self, ours: &str) -> String {
        let Ok((session, sections)) = split(ours) else {
            return ours.to_owned();
        };
        let of_kind = |kind: &str| sections.iter().find(|s| s.kind() == kind);
        let (audio, video) = (of_kind("audio"), of_kind("video"));
        let placed: Vec<Option<&Section>> = (0..self.sections.len())
            .map(|at| match at {
                _ if at == self.audio => audio,
                _ if Some(at) == self.video => video,
                _ => None,
            })
            .collect();
        let mut text = String::with_capacity(ours.len() + 64);
        for line in &session {
            if !line.starts_with("a=group:") {
                push(&mut text, line);
            } else if self.is_bundled {
                let taken = self.sections.iter().zip(&placed);
                let taken = taken.filter(|(_, ours)| ours.is_some());
                let mids = taken.map(|(offered, _)| offered.value("mid").unwrap_or(MID));
                let group = mids.fold("a=group:BUNDLE".to_owned(), |group, mid| group + " " + mid);
                push(&mut text, &group);
            }
        }
        // RFC 9143, 7.1.3: the first of a bundle says where it is.
        let first = placed.iter().flatten().next().copied();
        let candidates = match first == audio {
            true => Vec::new(),
            false => audio.map(Section::candidates).unwrap_or_default(),
        };
        for (offered, ours) in self.sections.iter().zip(placed) {
            match ours {
                Some(ours) => {
                    dress_section(ours, offered, candidates.is_empty(), &mut text);
                    if Some(ours) == first {
                        candidates.iter().for_each(|line| push(&mut text, line));
                    }
                }
                None => refuse(offered, &mut text),
            }
        }
        text
    }
}

fn dress_section(ours: &Section, offered: &Section, is_found_here: bool, text: &mut String) {
    let mid = offered.value("mid").unwrap_or(MID);
    let is_named = ours.value("mid") == Some(mid);
    for line in &ours.lines {
        match line.split_once('=') {
            Some(("m", rest)) => push(text, &media_line(rest, None, Some(offered.proto()))),
            Some(("a", a)) if !offered.knows(a) => {}
            Some(_) if !is_found_here && is_candidate(line) => {}
            Some(("a", a)) if a.starts_with("mid:") => push(text, &format!("a=mid:{mid}")),
            // str0m would put its own name there.
            Some(("a", _)) if !is_named && is_mid_extension(line) => {}
            Some(("a", _)) if ours.kind() == "video" => {
                if let Some(line) = picture::suit(line, offered) {
                    push(text, &line);
                }
            }
            _ => push(text, line),
        }
    }
}

/// Returns the section of pictures of a description of ours.
pub(super) fn video_of(ours: &str) -> Option<Section> {
    let (_, sections) = split(ours).ok()?;
    sections.into_iter().find(|s| s.kind() == "video")
}

fn is_candidate(line: &str) -> bool {
    line.starts_with("a=candidate:") || line == "a=end-of-candidates"
}

impl Section {
    /// The lines that say where it is sent from and to.
    pub(super) fn candidates(&self) -> Vec<String> {
        let lines = self.lines.iter().filter(|line| is_candidate(line));
        lines.cloned().collect()
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
