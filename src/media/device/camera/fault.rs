//! What a camera's error numbers mean.

use std::path::Path;

use crate::av::DeviceException;
use crate::media::device::{Trouble, occupied};

/// Why a camera does not go on.
#[derive(Debug)]
pub(super) struct Fault {
    /// The number the system gave, if it gave one.
    pub(super) errno: Option<i32>,
    /// What was tried, and what came of it.
    pub(super) words: String,
}

pub(super) const EPERM: i32 = 1;
pub(super) const ENOENT: i32 = 2;
pub(super) const EIO: i32 = 5;
pub(super) const ENXIO: i32 = 6;
pub(super) const EACCES: i32 = 13;
pub(super) const EBUSY: i32 = 16;
pub(super) const ENODEV: i32 = 19;
pub(super) const EINVAL: i32 = 22;
const ENOSPC: i32 = 28;

impl Fault {
    pub(super) fn new(what: &str, error: &std::io::Error) -> Self {
        Self {
            errno: error.raw_os_error(),
            words: format!("{what}: {error}"),
        }
    }

    /// Says what it means for the user. `has_shown`: a picture came from this device before.
    pub(super) fn trouble(&self, device: &str, node: &Path, has_shown: bool) -> Trouble {
        use DeviceException::{
            DeviceOccupied, DeviceUnplugged, Generic, InvalidId, PermissionNotGranted,
        };
        let node_name = node.display();
        let (exception, detail) = match self.errno {
            Some(EBUSY) => (DeviceOccupied, occupied_by(node)),
            Some(EACCES | EPERM) => {
                let detail = format!(
                    "you may not open {node_name}; join the group video \
                     (`sudo usermod -aG video $USER`) and sign in again"
                );
                (PermissionNotGranted, detail)
            }
            Some(ENOENT | ENXIO | ENODEV) if has_shown => {
                let detail = "it went away; plug it in again, or choose another camera";
                (DeviceUnplugged, detail.to_owned())
            }
            Some(ENOENT | ENXIO | ENODEV) => {
                let detail =
                    format!("{node_name} is not there; plug it in, or choose another camera");
                (InvalidId, detail)
            }
            Some(ENOSPC) => {
                let detail = "too much runs over its cable; plug it into another socket, or end \
                              other USB devices";
                (Generic, detail.to_owned())
            }
            _ => {
                let detail = format!("it does not work ({}); plug it in again", self.words);
                (Generic, detail)
            }
        };
        Trouble::new(exception, device, detail)
    }
}

/// The trouble of a machine without a camera, or without the one that was named.
pub(super) fn missing(name: Option<&str>) -> Trouble {
    let detail = match name {
        Some(_) => "no camera has this name; `offhook devices` lists those there are",
        None => "this machine has no camera; plug one in, or try --camera test",
    };
    Trouble::new(
        DeviceException::InvalidId,
        name.unwrap_or("default"),
        detail,
    )
}

fn occupied_by(node: &Path) -> String {
    let users = occupied::users_of(node);
    let used = users.first().map_or_else(
        || "another program uses it".to_owned(),
        |user| user.to_string(),
    );
    format!("{used}; end that one, or choose another camera")
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeviceException::{
        DeviceOccupied, DeviceUnplugged, Generic, InvalidId, PermissionNotGranted,
    };

    #[test]
    fn each_number_has_its_kind() {
        for (errno, before, after) in [
            (EBUSY, DeviceOccupied, DeviceOccupied),
            (EACCES, PermissionNotGranted, PermissionNotGranted),
            (EPERM, PermissionNotGranted, PermissionNotGranted),
            (ENOENT, InvalidId, DeviceUnplugged),
            (ENXIO, InvalidId, DeviceUnplugged),
            (ENODEV, InvalidId, DeviceUnplugged),
            (EIO, Generic, Generic),
            (ENOSPC, Generic, Generic),
            (71, Generic, Generic),
        ] {
            let fault = Fault {
                errno: Some(errno),
                words: String::new(),
            };
            let node = Path::new("/dev/no-such-camera");
            let kind = |has_shown| fault.trouble("Cam", node, has_shown).exception;
            assert_eq!((kind(false), kind(true)), (before, after), "{errno}");
        }
    }
}
