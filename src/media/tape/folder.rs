//! Where a recording's files are, and what they are called.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The longest name of a file, in bytes, without its ending.
const LONGEST: usize = 64;
/// How many recordings of one call are told apart.
const MOST: u32 = 1000;

/// Makes a file's name of what somebody is called, whoever chose that: letters and digits of ASCII,
/// `-`, `_` and `.`, all else is `_`; never empty, hidden, or longer than 64 bytes.
pub fn file_stem(name: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let safe = name.chars().map(|c| if is_safe(c) { c } else { '_' });
    let mut safe: String = safe.take(LONGEST).collect();
    if safe.starts_with('.') {
        safe.replace_range(..1, "_");
    }
    if safe.is_empty() {
        safe.push('_');
    }
    safe
}

/// Makes a directory of that name that only its owner may look into; numbered, where there is one.
pub(super) fn create(dir: &Path, name: &str) -> io::Result<PathBuf> {
    let mut builder = DirBuilder::new();
    builder.mode(0o700);
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let name = file_stem(name);
    for n in 1..=MOST {
        let path = match n {
            1 => dir.join(&name),
            n => dir.join(format!("{name}-{n}")),
        };
        match builder.create(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            other => return other.map(|()| path).map_err(|error| told(&error, dir)),
        }
    }
    Err(io::Error::other("too many recordings of one call"))
}

/// Makes a file that is new and only its owner's.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|error| told(&error, path))
}

/// Says where it went wrong.
fn told(error: &io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn whatever_somebody_is_called_the_file_stays_where_it_belongs() {
        let told = [
            ("bob", "bob"),
            ("../../etc/passwd", "_._.._etc_passwd"),
            ("..", "_."),
            (".bashrc", "_bashrc"),
            ("a/b\\c:d", "a_b_c_d"),
            ("Jörg", "J_rg"),
            ("", "_"),
            ("a\0\n\x1b[2J", "a____2J"),
        ];
        for (name, wanted) in told {
            assert_eq!(file_stem(name), wanted, "{name:?}");
            assert!(!file_stem(name).contains('/'), "{name:?}");
        }
        assert_eq!(file_stem(&"x".repeat(500)).len(), 64);
    }

    #[test]
    fn only_the_owner_may_look_and_a_second_recording_has_its_own_directory() {
        let dir = tempfile::tempdir().expect("a directory");
        let below = dir.path().join("recordings");
        let paths = [1, 2, 3].map(|_| create(&below, "01CALL").expect("it can be made"));
        let names = paths.each_ref().map(|path| path.file_name());
        let wanted = ["01CALL", "01CALL-2", "01CALL-3"].map(|name| Some(name.as_ref()));
        assert_eq!(names, wanted);
        let file = paths[0].join("mix.opus");
        create_file(&file).expect("it can be made");
        assert!(create_file(&file).is_err(), "never over another one");
        let mode = |path: &Path| {
            let metadata = std::fs::metadata(path).expect("it is there");
            metadata.permissions().mode() & 0o777
        };
        assert_eq!((mode(&paths[0]), mode(&file)), (0o700, 0o600));
    }
}
