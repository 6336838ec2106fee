//! Who has a device open, as far as the system lets us see.

use std::fs;
use std::path::Path;

/// A process that has a device open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    /// Its process id.
    pub(crate) pid: u32,
    /// Its name as the kernel has it; empty when it could not be read.
    pub(crate) name: String,
}

impl std::fmt::Display for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name.as_str() {
            "" => write!(f, "used by pid {}", self.pid),
            name => write!(f, "used by pid {} ({name})", self.pid),
        }
    }
}

/// Returns the processes that have a file open, in the order of their ids. Those of other users
/// stay hidden from whoever is not root; empty on systems without `/proc`.
pub(crate) fn users_of(path: &Path) -> Vec<User> {
    let Ok(wanted) = fs::canonicalize(path) else {
        return Vec::new();
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let mut users: Vec<User> = pids
        .filter(|pid| has_open(*pid, &wanted))
        .map(|pid| User {
            pid,
            name: name_of(pid),
        })
        .collect();
    users.sort_by_key(|user| user.pid);
    users
}

/// Returns whether this process has a file open.
pub(crate) fn is_ours(path: &Path) -> bool {
    fs::canonicalize(path).is_ok_and(|wanted| has_open(std::process::id(), &wanted))
}

fn has_open(pid: u32, wanted: &Path) -> bool {
    let files = fs::read_dir(format!("/proc/{pid}/fd"));
    let mut files = files.into_iter().flatten().flatten();
    files.any(|file| fs::read_link(file.path()).is_ok_and(|target| target == *wanted))
}

fn name_of(pid: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn whoever_has_a_file_open_is_found() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let users = users_of(file.path());
        assert_eq!(users.len(), 1, "{users:?}");
        assert_eq!(users[0].pid, std::process::id());
        assert!(
            users[0].to_string().starts_with("used by pid "),
            "{users:?}"
        );
        assert!(is_ours(file.path()));
        let path = file.path().to_owned();
        drop(file);
        assert!(!is_ours(&path));
        assert_eq!(users_of(&path), []);
    }
}
