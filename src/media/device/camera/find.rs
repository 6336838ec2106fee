//! Which cameras there are, and which one is meant.

use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::{CameraSpec, system};
use crate::av::Role;
use crate::media::device::Listed;

/// How long the drivers may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Goes before a device file in a camera's id.
const PREFIX: &str = "v4l:";

/// A camera of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it is now; another place each time it is plugged in.
    pub(super) node: PathBuf,
    /// Names it after it was plugged in elsewhere, too.
    pub(super) name: String,
}

impl Found {
    fn id(&self) -> String {
        format!("{PREFIX}{}", self.node.display())
    }

    /// Whether a text that somebody wrote means this one: its id, its device file or its name.
    fn is_called(&self, text: &str) -> bool {
        self.id() == text
            || self.node.to_str() == Some(text)
            || self.name.to_lowercase() == text.to_lowercase()
    }
}

/// Lists the cameras, in the order in which they are taken by `default` and by
/// [`next_after`]. Takes up to two seconds; empty when there are none or no driver answers.
pub fn list_cameras() -> Vec<Listed> {
    let listed = |(index, camera): (usize, Found)| Listed {
        id: camera.id(),
        name: camera.name,
        role: Role::Camera,
        is_default: index == 0,
    };
    found().into_iter().enumerate().map(listed).collect()
}

/// Returns the camera after one that is in use, after the last one the first.
///
/// Test pictures and films are not among them, so nobody shows those by mistake: after one of them
/// comes the first camera. Where there is no other, it is the one in use. Takes up to two seconds.
pub fn next_after(name: &str) -> CameraSpec {
    next(&found(), name)
}

fn next(cameras: &[Found], name: &str) -> CameraSpec {
    let at = cameras.iter().position(|camera| camera.is_called(name));
    let index = match at {
        Some(at) => (at + 1) % cameras.len(),
        // The first one is in use.
        None if name == "default" => 1 % cameras.len().max(1),
        None => 0,
    };
    match cameras.get(index) {
        Some(camera) => CameraSpec::Named(camera.name.clone()),
        None => name.parse().unwrap_or_default(),
    }
}

/// Finds the camera that is meant; `None` is the first one.
pub(super) fn find(cameras: Vec<Found>, name: Option<&str>) -> Option<Found> {
    cameras
        .into_iter()
        .find(|camera| name.is_none_or(|name| camera.is_called(name)))
}

/// Makes the names differ: cameras of one make add where they are plugged in.
pub(super) fn tell_apart(cameras: &mut [(Found, String)]) {
    let names: Vec<String> = cameras.iter().map(|(it, _)| it.name.clone()).collect();
    for (camera, place) in cameras {
        if names.iter().filter(|name| **name == camera.name).count() > 1 {
            camera.name = format!("{} ({place})", camera.name);
        }
    }
}

/// Whether a camera looks at the user, as far as its name tells.
pub(super) fn is_front(name: &str) -> bool {
    let name = name.to_lowercase();
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    !words.any(|word| ["rear", "back", "world", "environment"].contains(&word))
}

fn found() -> Vec<Found> {
    let (answer, answered) = mpsc::channel();
    let asked = thread::Builder::new()
        .name("cameras".into())
        .spawn(move || {
            // Nobody waits any more after two seconds.
            let _late = answer.send(system::cameras());
        });
    match asked {
        Ok(_asking) => answered.recv_timeout(PATIENCE).unwrap_or_default(),
        Err(_refused) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cameras(names: &[&str]) -> Vec<Found> {
        let named = |(index, name): (usize, &&str)| Found {
            node: format!("/dev/video{}", index * 2).into(),
            name: (*name).to_owned(),
        };
        names.iter().enumerate().map(named).collect()
    }

    #[test]
    fn the_next_camera_is_never_the_test_picture() {
        let two = cameras(&["Front", "Rear"]);
        for (cameras, in_use, next_one) in [
            (&two[..], "Front", "Rear"),
            (&two, "Rear", "Front"),
            (&two, "v4l:/dev/video0", "Rear"),
            (&two, "/dev/video2", "Front"),
            (&two, "default", "Rear"),
            (&two, "test", "Front"),
            (&two, "gone", "Front"),
            (&two[..1], "Front", "Front"),
            (&two[..1], "default", "Front"),
            (&[], "test", "test"),
            (&[], "default", "default"),
        ] {
            assert_eq!(next(cameras, in_use).to_string(), next_one, "{in_use}");
        }
    }

    #[test]
    fn a_camera_is_found_by_id_file_and_name() {
        for name in ["v4l:/dev/video2", "/dev/video2", "Rear", "REAR"] {
            let camera = find(cameras(&["Front", "Rear"]), Some(name)).unwrap();
            assert_eq!(camera.name, "Rear");
        }
        assert_eq!(find(cameras(&["Front"]), Some("Rear")), None);
        assert_eq!(find(cameras(&["Front"]), None).unwrap().name, "Front");
    }

    #[test]
    fn twins_are_told_apart_by_their_sockets() {
        let mut twins: Vec<_> = cameras(&["Cam", "Cam", "Other"])
            .into_iter()
            .zip(["usb-1".to_owned(), "usb-2".to_owned(), "usb-3".to_owned()])
            .collect();
        tell_apart(&mut twins);
        let names: Vec<&str> = twins.iter().map(|(camera, _)| &*camera.name).collect();
        assert_eq!(names, ["Cam (usb-1)", "Cam (usb-2)", "Other"]);
    }

    #[test]
    fn a_name_may_say_where_it_looks() {
        assert!(is_front("Integrated Camera") && is_front("Feedback Cam"));
        assert!(!is_front("HD Rear Camera") && !is_front("cam (back)"));
    }
}
