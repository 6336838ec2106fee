//! Who holds a device file open.

use std::fs;
use std::path::Path;

/// No more than so many are told.
const MOST: usize = 8;

/// Returns the processes that have a file open: their ids and the names of their programs.
///
/// Looks at `/proc`, so it sees one's own processes only (root sees all), and nothing where there
/// is no `/proc`.
pub(crate) fn users_of(path: &Path) -> Vec<(u32, String)> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let Ok(processes) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let ids = processes.flatten().filter_map(|process| {
        let pid: u32 = process.file_name().to_str()?.parse().ok()?;
        let files = fs::read_dir(process.path().join("fd")).ok()?;
        let holds_it = |link: std::io::Result<fs::DirEntry>| {
            link.is_ok_and(|link| fs::read_link(link.path()).is_ok_and(|to| to == path))
        };
        files.into_iter().any(holds_it).then_some(pid)
    });
    ids.take(MOST).map(|pid| (pid, program(pid))).collect()
}

/// The name of a program as the kernel has it, 15 bytes; any program may choose it.
fn program(pid: u32) -> String {
    let name = fs::read(format!("/proc/{pid}/comm")).unwrap_or_default();
    let name = String::from_utf8_lossy(&name);
    let name: String = name.trim().chars().filter(|c| !c.is_control()).collect();
    if name.is_empty() {
        "?".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_a_file_open_is_found() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let users = users_of(file.path());
        assert_eq!(users.len(), 1);
        assert_eq!(users[0].0, std::process::id());
        assert!(!users[0].1.is_empty());
        let path = file.into_temp_path();
        assert_eq!(users_of(&path), []);
    }
}
