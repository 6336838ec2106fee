//! The `o=` line: whose descriptions these are, and which of them this is.

/// RFC 3264, 8: in a session the line stays as it was, but for the version,
/// which grows by one when anything else has changed.
#[derive(Debug, Default)]
pub struct Origin {
    head: String,
    tail: String,
    version: u64,
    last: String,
}

impl Origin {
    /// Gives a description of ours, as it is to be sent, its version.
    pub fn sign(&mut self, text: &str) -> String {
        let Some(line) = text.lines().find(|l| l.starts_with("o=")) else {
            return text.to_owned();
        };
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [user, id, version, tail @ ..] = words.as_slice() else {
            return text.to_owned();
        };
        let rest = text.replacen(line, "", 1);
        if self.last.is_empty() {
            self.head = format!("{user} {id}");
            self.tail = tail.join(" ");
            self.version = version.parse().unwrap_or(1);
        } else if self.last != rest {
            self.version += 1;
        }
        let signed = format!("{} {} {}", self.head, self.version, self.tail);
        self.last = rest;
        text.replacen(line, &signed, 1)
    }
}
