//! A camera as it is written in an option, in the settings and on the screen.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::film;
use crate::media::device::{SpecError, Trouble};

/// Which camera is wanted. [`FromStr`] and [`Display`](fmt::Display) are each other's inverse.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum CameraSpec {
    /// `default`: the first one of this machine.
    #[default]
    Default,
    /// A camera by its name or its id, as `offhook devices` prints them.
    Named(String),
    /// `file:PATH.y4m`: a film, over and over, in real time.
    File(PathBuf),
    /// `test`: a moving picture with a clock in it.
    Test,
    /// `none`: there is no camera.
    None,
}

const CAMERAS: &str = "default, a camera's name or id, file:PATH.y4m, test or none";

impl CameraSpec {
    /// Says whether a film can be shown, before anybody calls anybody.
    ///
    /// Looks at files only; a camera is tried when it is opened.
    ///
    /// # Errors
    ///
    /// What is wrong with the file, and what to do about it.
    pub fn check(&self) -> Result<(), Trouble> {
        match self {
            Self::File(path) => film::check(path),
            Self::Default | Self::Named(_) | Self::Test | Self::None => Ok(()),
        }
    }
}

impl FromStr for CameraSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        match text.split_once(':') {
            _ if text.trim().is_empty() => Err(SpecError::new("camera", text, CAMERAS)),
            None if text == "default" => Ok(Self::Default),
            None if text == "test" => Ok(Self::Test),
            None if text == "none" => Ok(Self::None),
            None if text == "file" => Err(SpecError::new("camera", text, "file:PATH.y4m")),
            Some(("file", "")) => Err(SpecError::new("camera", text, "file:PATH.y4m")),
            Some(("file", path)) => Ok(Self::File(PathBuf::from(path))),
            _ => Ok(Self::Named(text.to_owned())),
        }
    }
}

impl fmt::Display for CameraSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Named(name) => f.write_str(name),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Test => f.write_str("test"),
            Self::None => f.write_str("none"),
        }
    }
}
