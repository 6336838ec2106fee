//! The configuration: TOML text in, values and located errors out. Opens no file.

mod url;

pub use url::{ServerUrl, ServerUrlError};
