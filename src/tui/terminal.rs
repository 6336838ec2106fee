//! The real terminal: taken over at the start, given back however the program ends.
//!
//! Writes to stdout only. Dropping it restores; so does a panic on any thread.

use std::io::{self, Stdout, Write, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::style::Print;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Frame;
use ratatui::backend::CrosstermBackend;

/// xterm's stack of titles: the shell's own comes back at the end.
const PUSH_TITLE: &str = "\x1b[22;0t";
const POP_TITLE: &str = "\x1b[23;0t";

/// Whether the terminal is ours. The panic hook belongs to the process, so this does too.
static IS_OURS: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The terminal while the screen is shown.
pub struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<Stdout>>,
    title: String,
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal")
            .field("title", &self.title)
            .finish_non_exhaustive()
    }
}

impl Terminal {
    /// Takes the terminal over. Fails where stdout is none.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        HOOK.call_once(|| {
            let earlier = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                restore();
                earlier(panic);
            }));
        });
        enable_raw_mode()?;
        IS_OURS.store(true, Ordering::SeqCst);
        let taken = take_over(mouse);
        match taken {
            Ok(inner) => Ok(Self {
                inner,
                title: String::new(),
            }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// Draws one frame.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.inner.draw(paint).map(|_drawn| ())
    }

    /// Forgets what is on the screen, so that the next frame is drawn whole.
    pub fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    /// Says something in the window's title; cheap when it says so already.
    pub fn set_title(&mut self, title: &str) -> io::Result<()> {
        let title = crate::address::clean(title, 80);
        if title != self.title {
            execute!(stdout(), SetTitle(&title))?;
            self.title = title;
        }
        Ok(())
    }

    /// Puts a text into the clipboard (OSC 52), where the terminal allows it.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let text = STANDARD.encode(text);
        execute!(stdout(), Print(format!("\x1b]52;c;{text}\x07")))
    }

    /// Rings the terminal's bell once, which most window managers turn into a mark.
    pub fn attention(&mut self) -> io::Result<()> {
        let mut out = stdout();
        out.write_all(b"\x07")?;
        out.flush()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        restore();
    }
}

fn take_over(mouse: bool) -> io::Result<ratatui::Terminal<CrosstermBackend<Stdout>>> {
    execute!(
        stdout(),
        Print(PUSH_TITLE),
        EnterAlternateScreen,
        EnableBracketedPaste
    )?;
    if mouse {
        execute!(stdout(), EnableMouseCapture)?;
    }
    ratatui::Terminal::new(CrosstermBackend::new(stdout()))
}

/// Gives the terminal back. Errors have nobody left to tell: the terminal may be gone.
fn restore() {
    if !IS_OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    let _gone = execute!(
        stdout(),
        DisableMouseCapture,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show,
        Print(POP_TITLE)
    );
    let _gone = disable_raw_mode();
}
