//! Asks the terminal what it can show, and waits for the answers for a moment only.

use std::io::{self, IsTerminal as _, Write as _, stdin, stdout};
use std::time::{Duration, Instant};

use rustix::termios::{OptionalActions, SpecialCodeIndex, tcgetattr, tcsetattr};

use super::abilities::{Answers, is_inside};
use crate::tui::picture::CellSize;

/// How long the answers may take; a terminal in reach needs a few milliseconds.
const PATIENCE: Duration = Duration::from_millis(150);
/// The most bytes of answers.
const MOST: usize = 1024;

/// Asks whether kitty's graphics are known, by a picture of one pixel that is not shown.
const KITTY: &str = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";
/// Asks for the size of a cell in pixels.
const CELL: &str = "\x1b[16t";
/// Asks how keys are told, which only those answer that can tell more than usual (kitty's protocol).
const KEYBOARD: &str = "\x1b[?u";
/// Asks for the kind of terminal, which all of them answer: who has answered this one answers no more.
const KIND: &str = "\x1b[c";

/// Asks. To be called in raw mode, while nobody reads keys; what is typed meanwhile is lost.
pub(super) fn ask(get: impl Fn(&str) -> Option<String>) -> Answers {
    let term = get("TERM").unwrap_or_default();
    let is_plain = matches!(&*term, "" | "dumb" | "linux");
    if is_plain || !stdin().is_terminal() || !stdout().is_terminal() {
        return Answers::default();
    }
    let is_set = |name| get(name).is_some_and(|value| !value.is_empty());
    // An answer of kitty's that comes late would look like keys, so nobody far away is asked.
    let may_be_kitty = !is_inside(&get)
        && !is_set("SSH_CONNECTION")
        && get("TERM_PROGRAM").as_deref() != Some("Apple_Terminal");
    let kitty = if may_be_kitty { KITTY } else { "" };
    let answers = exchange(&format!("{kitty}{CELL}{KEYBOARD}{KIND}"));
    let mut answers = answers.map_or_else(|_nobody| Answers::default(), |bytes| read(&bytes));
    answers.cell = answers.cell.or_else(measured);
    answers
}

/// Writes the questions and reads until the last answer or the end of the patience.
fn exchange(questions: &str) -> io::Result<Vec<u8>> {
    let keys = stdin();
    let before = tcgetattr(&keys)?;
    let mut patient = before.clone();
    // A read gives up after a tenth of a second.
    patient.special_codes[SpecialCodeIndex::VMIN] = 0;
    patient.special_codes[SpecialCodeIndex::VTIME] = 1;
    tcsetattr(&keys, OptionalActions::Now, &patient)?;
    let heard = listen(questions, &keys);
    tcsetattr(&keys, OptionalActions::Now, &before)?;
    heard
}

fn listen(questions: &str, keys: &io::Stdin) -> io::Result<Vec<u8>> {
    let mut out = stdout();
    out.write_all(questions.as_bytes())?;
    out.flush()?;
    let until = Instant::now() + PATIENCE;
    let mut heard = Vec::new();
    let mut bytes = [0; 256];
    while Instant::now() < until && heard.len() < MOST && !is_complete(&heard) {
        let n = rustix::io::read(keys, &mut bytes)?;
        heard.extend_from_slice(&bytes[..n]);
    }
    Ok(heard)
}

fn is_complete(heard: &[u8]) -> bool {
    sequences(heard).any(|it| it.starts_with(b"[?") && it.ends_with(b"c"))
}

/// Reads answers, whatever else is among them.
fn read(heard: &[u8]) -> Answers {
    let mut answers = Answers::default();
    for sequence in sequences(heard) {
        let text = String::from_utf8_lossy(sequence);
        if let Some(rest) = text.strip_prefix("_G") {
            answers.kitty |= rest.contains(";OK");
        } else if let Some(rest) = text.strip_prefix("[?").and_then(|it| it.strip_suffix('c')) {
            answers.sixel |= rest.split(';').skip(1).any(|it| it == "4");
        } else if text.starts_with("[?") && text.ends_with('u') {
            answers.keyboard = true;
        } else if let Some(rest) = text.strip_prefix("[6;").and_then(|it| it.strip_suffix('t')) {
            let mut numbers = rest
                .split(';')
                .map(|it| it.parse::<u16>().unwrap_or_default());
            let height = numbers.next().unwrap_or_default();
            let width = numbers.next().unwrap_or_default();
            answers.cell = believable(width, height);
        }
    }
    answers
}

/// Splits at escapes: each part is what follows one of them.
fn sequences(heard: &[u8]) -> impl Iterator<Item = &[u8]> {
    heard.split(|byte| *byte == 0x1b).skip(1)
}

/// Returns the size of a cell by what the system knows of the window.
fn measured() -> Option<CellSize> {
    let size = crossterm::terminal::window_size().ok()?;
    let width = size.width.checked_div(size.columns)?;
    let height = size.height.checked_div(size.rows)?;
    believable(width, height)
}

/// Sizes that no font has are no sizes.
fn believable(width: u16, height: u16) -> Option<CellSize> {
    let is_believable = (3..=100).contains(&width) && (6..=200).contains(&height);
    is_believable.then_some(CellSize { width, height })
}

#[cfg(test)]
mod tests {
    use super::{Answers, is_complete, read};
    use crate::tui::picture::CellSize;

    #[test]
    fn answers_are_found_among_keys_and_each_other() {
        let heard = b"x\x1b_Gi=31;OK\x1b\\\x1b[6;18;9t\x1b[?0u\x1b[?62;4;22c";
        let cell = Some(CellSize {
            width: 9,
            height: 18,
        });
        let all = Answers {
            kitty: true,
            sixel: true,
            cell,
            keyboard: true,
        };
        assert_eq!(read(heard), all);
        assert!(is_complete(heard));
        let half = &heard[..heard.len() - 1];
        assert!(!is_complete(half));
        assert_eq!(read(b"\x1b[?1;2c\x1b[6;0;0t"), Answers::default());
    }
}
