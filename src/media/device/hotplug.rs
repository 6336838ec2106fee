//! Cards that come and go: what differs between two looks, and which card may stand in for another.

use std::path::Path;

use super::{DeviceSpec, Direction, Listed, occupied, route};

/// Cards that are tried in place of one, at most.
const MOST_STAND_INS: usize = 6;

/// What one look around found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Survey {
    /// The sound systems that answered, as their ids begin.
    pub(crate) hosts: Vec<String>,
    /// The cards of these.
    pub(crate) cards: Vec<Listed>,
}

/// What differs from the look before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Changes {
    /// Cards that are there now and were not.
    pub(crate) new: Vec<Listed>,
    /// Cards that were there and are not.
    pub(crate) gone: Vec<Listed>,
    /// All that are there.
    pub(crate) cards: Vec<Listed>,
}

/// The last look at each sound system.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    hosts: Vec<String>,
    cards: Vec<Listed>,
}

impl Memory {
    /// Takes a survey. What a sound system has when it is looked at first is not new, and the
    /// cards of one that does not answer are not gone: it is.
    pub(crate) fn compare(&mut self, survey: Survey) -> Changes {
        let is_in = |cards: &[Listed], card: &Listed| {
            cards
                .iter()
                .any(|other| other.id == card.id && other.role == card.role)
        };
        let new = survey.cards.iter().filter(|card| {
            self.hosts.iter().any(|host| host == card.host()) && !is_in(&self.cards, card)
        });
        let new = new.cloned().collect();
        let (kept, gone) = std::mem::take(&mut self.cards)
            .into_iter()
            .filter(|card| !is_in(&survey.cards, card))
            .partition(|card| !survey.hosts.iter().any(|host| host == card.host()));
        self.cards = kept;
        self.cards.extend(survey.cards.iter().cloned());
        for host in survey.hosts {
            if !self.hosts.contains(&host) {
                self.hosts.push(host);
            }
        }
        Changes {
            new,
            gone,
            cards: survey.cards,
        }
    }

    /// Forgets all: the next survey is the first one.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }
}

impl Listed {
    /// Returns which sound system it belongs to.
    fn host(&self) -> &str {
        self.id.split(':').next().unwrap_or_default()
    }

    /// Returns whether a device string that names a card means this one.
    pub(crate) fn is_named(&self, wanted: &str) -> bool {
        let bare = self.id.split_once(':').map(|(_, bare)| bare);
        self.id == wanted
            || bare == Some(wanted)
            || route::is_same_card(&self.id, wanted)
            || self.name.to_lowercase() == wanted.to_lowercase()
    }

    /// Returns whether people would choose it: one way to each real card, not what a speaker
    /// plays, and nothing that only ALSA's configuration knows.
    pub(crate) fn is_offerable(&self) -> bool {
        if is_hollow(&self.id) || self.name.starts_with("Monitor of ") {
            return false;
        }
        let Some(id) = self.id.strip_prefix("alsa:") else {
            return true;
        };
        let is_number = route::card_of(&self.id).is_none_or(|card| card.parse::<u32>().is_ok());
        id.starts_with("plughw:") && !is_number
    }

    /// Ranks ways to the same card: a shared one, one with conversions, the bare one.
    fn rank(&self) -> Option<u8> {
        let Some(id) = self.id.strip_prefix("alsa:") else {
            return Some(0);
        };
        ["plughw:CARD=", "sysdefault:CARD=", "hw:CARD="]
            .iter()
            .position(|way| id.starts_with(way))
            .map(|at| at as u8)
    }
}

/// Returns whether the device of that id in use, in that direction, keeps a card busy: another way
/// to it, or one of ALSA's own that ends there, as `default` may.
pub(crate) fn is_way_to(in_use: &str, card: &str, role: Direction) -> bool {
    if in_use == card || route::is_same_card(in_use, card) {
        return true;
    }
    let is_alias = in_use.starts_with("alsa:") && route::card_of(in_use).is_none();
    let node = route::pcm_node(card, role == Direction::Microphone);
    is_alias && node.is_some_and(|node| occupied::is_ours(Path::new(&node)))
}

/// Returns whether nobody can be heard through it: what a speaker plays, or a hole in the ground.
pub(crate) fn is_hollow(id: &str) -> bool {
    let id = id.to_lowercase();
    id.ends_with(".monitor")
        || ["null", "dummy"]
            .iter()
            .any(|word| id.ends_with(&format!(":{word}")))
}

/// Returns what to try in place of a card, the best first. `lost` is the id of the one that was in
/// use, if there was one.
pub(crate) fn stand_ins(
    cards: &[Listed],
    role: Direction,
    chosen: &DeviceSpec,
    lost: Option<&str>,
) -> Vec<DeviceSpec> {
    let is_chosen = |card: &Listed| match chosen {
        DeviceSpec::Named(wanted) => card.is_named(wanted),
        DeviceSpec::Default | DeviceSpec::File(_) | DeviceSpec::Tone(_) | DeviceSpec::None => false,
    };
    let mut others: Vec<(u8, &Listed)> = cards
        .iter()
        .filter(|card| card.role == role.into() && !is_hollow(&card.id))
        .filter(|card| !card.name.starts_with("Monitor of "))
        .filter(|card| lost != Some(card.id.as_str()) && !is_chosen(card))
        .filter_map(|card| Some((card.rank()?, card)))
        .collect();
    others.sort_by_key(|(rank, _)| *rank);
    let others = others
        .iter()
        .map(|(_, card)| DeviceSpec::Named(card.id.clone()));
    // The default that just failed to open is not tried again; one that was in use may be another now.
    let has_failed = *chosen == DeviceSpec::Default && lost.is_none();
    let default = (!has_failed).then_some(DeviceSpec::Default);
    default
        .into_iter()
        .chain(others)
        .take(MOST_STAND_INS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(id: &str) -> Listed {
        Listed {
            id: id.to_owned(),
            name: id.to_uppercase(),
            role: Direction::Speaker.into(),
            is_default: false,
        }
    }

    fn survey(hosts: &[&str], ids: &[&str]) -> Survey {
        Survey {
            hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
            cards: ids.iter().map(|id| card(id)).collect(),
        }
    }

    fn ids(cards: &[Listed]) -> Vec<&str> {
        cards.iter().map(|card| card.id.as_str()).collect()
    }

    #[test]
    fn cards_come_and_go_by_their_ids() {
        let mut memory = Memory::default();
        let first = memory.compare(survey(&["p"], &["p:a", "p:b"]));
        assert_eq!((first.new, first.gone), (vec![], vec![]), "the first look");
        let second = memory.compare(survey(&["p"], &["p:b", "p:c"]));
        assert_eq!(
            (ids(&second.new), ids(&second.gone)),
            (vec!["p:c"], vec!["p:a"])
        );
        let third = memory.compare(survey(&["p"], &["p:b", "p:c"]));
        assert_eq!((third.new, third.gone), (vec![], vec![]));
    }

    #[test]
    fn the_cards_of_a_dead_server_are_not_gone() {
        let mut memory = Memory::default();
        memory.compare(survey(&["p"], &["p:a"]));
        let dead = memory.compare(survey(&["alsa"], &["alsa:default"]));
        assert_eq!((dead.new, dead.gone), (vec![], vec![]));
        let back = memory.compare(survey(&["p"], &["p:a"]));
        assert_eq!((back.new, back.gone), (vec![], vec![]));
        // It answers, and has nothing any more.
        let empty = memory.compare(survey(&["p"], &[]));
        assert_eq!(ids(&empty.gone), ["p:a"]);
    }

    #[test]
    fn the_default_stands_in_first_and_monitors_never() {
        let cards: Vec<Listed> = [
            "p:gone",
            "p:s2.monitor",
            "p:s2",
            "alsa:null",
            "alsa:upmix",
            "alsa:hw:CARD=PCH,DEV=0",
            "alsa:plughw:CARD=PCH,DEV=0",
        ]
        .map(card)
        .to_vec();
        let named = |id: &str| DeviceSpec::Named(id.to_owned());
        let found = stand_ins(&cards, Direction::Speaker, &named("P:GONE"), Some("p:gone"));
        let expected = [
            DeviceSpec::Default,
            named("p:s2"),
            named("alsa:plughw:CARD=PCH,DEV=0"),
            named("alsa:hw:CARD=PCH,DEV=0"),
        ];
        assert_eq!(found, expected);
        let found = stand_ins(&cards, Direction::Speaker, &DeviceSpec::Default, None);
        assert_eq!(found[0], named("p:gone"), "the default failed already");
        assert_eq!(
            stand_ins(&cards, Direction::Microphone, &DeviceSpec::Default, None),
            []
        );
    }

    #[test]
    fn one_way_to_each_real_card_is_offered() {
        let rows = [
            ("pulseaudio:alsa_output.usb", true),
            ("pulseaudio:alsa_output.usb.monitor", false),
            ("alsa:plughw:CARD=Headset,DEV=0", true),
            ("alsa:plughw:CARD=1,DEV=0", false),
            ("alsa:hw:CARD=Headset,DEV=0", false),
            ("alsa:front:CARD=Headset,DEV=0", false),
            ("alsa:null", false),
            ("alsa:pulse", false),
        ];
        for (id, is_offered) in rows {
            assert_eq!(card(id).is_offerable(), is_offered, "{id}");
        }
    }
}
