//! The media's devices and levels, as the screen takes them.

use crate::media::Meters;
use crate::phone::Phone;
use crate::tui::{self, FoundDevice, PeerMeter};

/// Lists the sound cards. May take two seconds.
pub(crate) fn found() -> Vec<FoundDevice> {
    let listed = crate::media::device::list();
    listed
        .into_iter()
        .map(|device| FoundDevice {
            role: device.role,
            id: device.id,
            name: device.name,
        })
        .collect()
}

/// Reads the levels of everybody in a call.
pub(crate) fn meters(meters: &Meters, phone: &Phone) -> tui::Meters {
    let members = phone.calls().iter().flat_map(|call| &call.members);
    let peers = members.filter_map(|member| {
        let leg = member.leg?;
        let reading = meters.leg(leg)?;
        let meter = PeerMeter {
            level: reading.level,
            rtt: reading.rtt,
            loss: reading.loss,
            jitter: reading.jitter,
            buffer: reading.buffer,
        };
        Some((leg, meter))
    });
    let peers: Vec<_> = peers.collect();
    let loudest = peers
        .iter()
        .map(|(_, peer)| peer.level)
        .fold(tui::SILENCE, f32::max);
    tui::Meters {
        microphone: meters.microphone(),
        speaker: loudest,
        peers,
    }
}
