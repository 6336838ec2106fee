//! Cards that are not there. Runs with and without sound cards.

use offhook::media::device::{DeviceSpec, Microphone, Speaker, list};

#[test]
fn a_card_that_does_not_exist_is_a_trouble_with_its_name() {
    let name = "no such card, surely";
    let spec = DeviceSpec::Named(name.to_owned());
    for trouble in [
        Microphone::open(&spec).unwrap_err(),
        Speaker::open(&spec).unwrap_err(),
    ] {
        assert_eq!(trouble.device, name);
        assert!(!trouble.detail.is_empty());
    }
}

#[test]
fn the_default_opens_or_says_why_not() {
    for trouble in [
        Microphone::open(&DeviceSpec::Default).err(),
        Speaker::open(&DeviceSpec::Default).err(),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!(trouble.device, "default");
        assert!(!trouble.detail.is_empty());
    }
}

#[test]
fn what_is_listed_has_an_id_and_a_name() {
    for card in list() {
        assert!(!card.id.is_empty() && !card.name.is_empty(), "{card:?}");
    }
}
