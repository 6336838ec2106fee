//! Which cards there are, asked of every sound system on a thread that may hang.

use std::sync::mpsc;

use cpal::HostId;
use cpal::traits::{DeviceTrait, HostTrait};

use super::select::{name_of, serves};
use super::{PATIENCE, errand};
use crate::media::device::hotplug::Survey;
use crate::media::device::{Direction, Listed};

/// What the kernel says of its cards.
const KERNEL: [&str; 2] = ["/proc/asound/cards", "/proc/asound/pcm"];

/// Looks around, as often as it is asked.
#[derive(Debug, Default)]
pub(crate) struct Surveyor {
    alsa: Option<Alsa>,
}

impl Surveyor {
    /// Lists the cards of the first sound system that has any; empty when none answers in time.
    pub(crate) fn survey(&mut self) -> Survey {
        let (done, listed) = mpsc::channel();
        let alsa = self.alsa.take();
        let work = move || {
            let _ = done.send(look(alsa));
        };
        if errand::too_many_hang() || errand::run("sound-list", work).is_err() {
            return Survey::default();
        }
        let (survey, alsa) = listed.recv_timeout(PATIENCE).unwrap_or_default();
        self.alsa = alsa;
        survey
    }
}

/// What ALSA answered last. To do so it opens every card and reads all of its configuration, so it
/// is only asked again when the kernel's cards have changed.
#[derive(Debug)]
struct Alsa {
    kernel: String,
    /// Whether the kernel said the same at the look before: a card that has just come may not be
    /// ours to open yet.
    is_settled: bool,
    cards: Vec<Listed>,
}

impl Alsa {
    fn ask(
        last: Option<Self>,
        kernel: String,
        list: impl FnOnce() -> Option<Vec<Listed>>,
    ) -> Option<Self> {
        let same = last.filter(|last| last.kernel == kernel);
        let is_settled = same.is_some();
        let cards = match same {
            Some(same) if same.is_settled => same.cards,
            _ => list()?,
        };
        Some(Self {
            kernel,
            is_settled,
            cards,
        })
    }
}

fn look(mut alsa: Option<Alsa>) -> (Survey, Option<Alsa>) {
    let mut survey = Survey::default();
    for id in cpal::available_hosts() {
        let cards = if id.name() == "ALSA" {
            alsa = Alsa::ask(alsa, kernel(), || list(id));
            alsa.as_ref().map(|alsa| alsa.cards.clone())
        } else {
            list(id)
        };
        let Some(cards) = cards else { continue };
        survey.hosts.push(id.to_string());
        survey.cards = cards;
        // A sound server speaks for the cards behind it.
        if !survey.cards.is_empty() {
            break;
        }
    }
    (survey, alsa)
}

fn kernel() -> String {
    KERNEL
        .map(|path| std::fs::read_to_string(path).unwrap_or_default())
        .concat()
}

/// Lists the cards of a sound system; `None` where it does not answer.
fn list(id: HostId) -> Option<Vec<Listed>> {
    let host = cpal::host_from_id(id).ok()?;
    let devices = host.devices().ok()?;
    let id_of = |device: cpal::Device| device.id().ok().map(|id| id.to_string());
    let defaults = [
        (
            Direction::Microphone,
            host.default_input_device().and_then(id_of),
        ),
        (
            Direction::Speaker,
            host.default_output_device().and_then(id_of),
        ),
    ];
    let mut cards = Vec::new();
    for device in devices {
        let Ok(id) = device.id().map(|id| id.to_string()) else {
            continue;
        };
        // A hole in the ground, which ALSA always has.
        if id == "alsa:null" {
            continue;
        }
        for (role, default) in &defaults {
            if serves(&device, *role) {
                cards.push(Listed {
                    id: id.clone(),
                    name: name_of(&device),
                    role: (*role).into(),
                    is_default: default.as_ref() == Some(&id),
                });
            }
        }
    }
    Some(cards)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn alsa_is_asked_again_when_the_kernel_has_other_cards_and_once_more_a_little_later() {
        let n_asked = Cell::new(0);
        let mut alsa = None;
        let kernels = ["", "", "", "a", "a", "a", "a", "", "a"];
        let asked = kernels.map(|kernel| {
            n_asked.set(0);
            alsa = Alsa::ask(alsa.take(), kernel.to_owned(), || {
                n_asked.set(1);
                Some(Vec::new())
            });
            n_asked.get()
        });
        assert_eq!(asked, [1, 1, 0, 1, 1, 0, 0, 1, 1]);
    }

    #[test]
    fn alsa_that_does_not_answer_is_asked_again() {
        let ask = |last, answer| Alsa::ask(last, "a".to_owned(), || answer);
        assert!(ask(None, None).is_none());
        let first = ask(None, Some(Vec::new()));
        assert!(ask(first, None).is_none());
    }
}
