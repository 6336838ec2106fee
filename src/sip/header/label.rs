//! `Offhook-Call`: which call an INVITE and its answers belong to.

use super::id;
use crate::address;
use crate::id::{CallId, DeviceId, InvitationId, UserId};
use crate::phone::signal::CallLabel;

/// Writes `Offhook-Call`.
pub fn emit_label(label: &CallLabel) -> String {
    format!(
        "{};inv={};host={};dev={};group={}",
        label.call,
        label.invitation,
        address::escape(&label.host),
        label.device,
        u8::from(label.is_group)
    )
}

/// Reads `Offhook-Call`.
pub fn parse_label(value: &str) -> Option<CallLabel> {
    let mut parts = value.split(';').map(str::trim);
    let call = id(parts.next()?)?;
    let (mut invitation, mut host, mut device) = (None, None, None);
    let mut is_group = false;
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        match name.trim() {
            "inv" => invitation = id(value),
            "host" => host = UserId::parse(&address::unescape(value.trim()).ok()?).ok(),
            "dev" => device = id(value),
            "group" => is_group = value.trim() == "1",
            _ => {}
        }
    }
    Some(CallLabel {
        call: CallId::new(call),
        invitation: InvitationId::new(invitation?),
        host: host?,
        device: DeviceId::new(device?),
        is_group,
    })
}
