//! The real terminal: taken over at the start, given back however the program ends.
//!
//! Writes to stdout only. Dropping it restores; so does a panic on any thread. Frames are written
//! on a thread of their own, one at a time: while [`Terminal::is_busy`] nothing should be drawn.

mod abilities;
mod ask;
mod flow;
mod writer;

use std::cell::RefCell;
use std::io::{self, Write, stdout};
use std::rc::Rc;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture, KeyboardEnhancementFlags, PopKeyboardEnhancementFlags,
    PushKeyboardEnhancementFlags,
};
use crossterm::style::Print;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, SetTitle, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, TerminalOptions, Viewport};

pub use abilities::{Abilities, Answers};
pub use flow::Flow;
use writer::Writer;

/// xterm's stack of titles: the shell's own comes back at the end.
const PUSH_TITLE: &str = "\x1b[22;0t";
const POP_TITLE: &str = "\x1b[23;0t";
/// A frame is shown when it is complete, where the terminal knows that.
const BEGIN_FRAME: &[u8] = b"\x1b[?2026h";
const END_FRAME: &[u8] = b"\x1b[?2026l";
/// What is drawn after the cells leaves the cursor where they left it.
const SAVE_CURSOR: &[u8] = b"\x1b7";
const RESTORE_CURSOR: &[u8] = b"\x1b8";
/// How long a stop may take to reach all threads.
const STOPS: Duration = Duration::from_millis(50);
/// All keys as numbers, with what becomes of them under Shift: otherwise nobody tells that a space bar
/// is let go.
const RELEASES: KeyboardEnhancementFlags = KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES
    .union(KeyboardEnhancementFlags::REPORT_EVENT_TYPES)
    .union(KeyboardEnhancementFlags::REPORT_ALTERNATE_KEYS)
    .union(KeyboardEnhancementFlags::REPORT_ALL_KEYS_AS_ESCAPE_CODES);
/// Ends a string that a dead writer may have left open.
const END_STRING: &str = "\x1b\\";

/// Whether the terminal is ours. The panic hook belongs to the process, so this does too.
static IS_OURS: AtomicBool = AtomicBool::new(false);
/// Whether it tells that keys are let go.
static REPORTS_RELEASES: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// Where a frame is put together.
#[derive(Debug, Clone, Default)]
struct Ink(Rc<RefCell<Vec<u8>>>);

impl Write for Ink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The terminal while the screen is shown.
pub struct Terminal {
    inner: ratatui::Terminal<CrosstermBackend<Ink>>,
    ink: Ink,
    writer: Writer,
    title: String,
    is_real: bool,
    mouse: bool,
    has_pictures: bool,
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
        let taken =
            take_over(mouse, true).and_then(|()| Self::new(stdout(), Viewport::Fullscreen, true));
        match taken {
            Ok(mut terminal) => {
                terminal.mouse = mouse;
                Ok(terminal)
            }
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }

    /// A terminal of a fixed size that is only written to.
    ///
    /// # Errors
    ///
    /// The system refuses a thread.
    pub fn on(out: impl Write + Send + 'static, columns: u16, rows: u16) -> io::Result<Self> {
        let area = Rect::new(0, 0, columns, rows);
        Self::new(out, Viewport::Fixed(area), false)
    }

    fn new(
        out: impl Write + Send + 'static,
        viewport: Viewport,
        is_real: bool,
    ) -> io::Result<Self> {
        let ink = Ink::default();
        let backend = CrosstermBackend::new(ink.clone());
        let options = TerminalOptions { viewport };
        Ok(Self {
            inner: ratatui::Terminal::with_options(backend, options)?,
            ink,
            writer: Writer::start(out)?,
            title: String::new(),
            is_real,
            mouse: false,
            has_pictures: false,
        })
    }

    /// Finds out what it can show. To be called once, before anybody reads keys.
    pub fn abilities(&self) -> Abilities {
        let get = |name: &str| std::env::var(name).ok();
        let answers = if self.is_real {
            ask::ask(get)
        } else {
            Answers::default()
        };
        Abilities::of(get, &answers)
    }

    /// Tells whether a frame is on its way, so that none should be drawn.
    pub fn is_busy(&self) -> bool {
        self.writer.is_busy()
    }

    /// Waits until no frame is on its way. For one who waits.
    pub async fn idle(&self) {
        self.writer.idle().await;
    }

    /// Returns how long the terminal took for the last frame, once.
    pub fn take_time(&self) -> Option<Duration> {
        self.writer.take_time()
    }

    /// Draws one frame and sends it; `paint` returns what comes after the cells. Returns how many
    /// bytes it has.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Frame<'_>) -> String) -> io::Result<usize> {
        let mut overlay = String::new();
        self.inner.draw(|frame| overlay = paint(frame))?;
        self.has_pictures |= !overlay.is_empty();
        let drawn = std::mem::take(&mut *self.ink.0.borrow_mut());
        let mut frame = BEGIN_FRAME.to_vec();
        frame.extend(drawn);
        if !overlay.is_empty() {
            frame.extend_from_slice(SAVE_CURSOR);
            frame.extend_from_slice(overlay.as_bytes());
            frame.extend_from_slice(RESTORE_CURSOR);
        }
        frame.extend_from_slice(END_FRAME);
        let n_bytes = frame.len();
        self.writer.send(frame)?;
        Ok(n_bytes)
    }

    /// Forgets what is on the screen, so that the next frame is drawn whole.
    pub fn clear(&mut self) -> io::Result<()> {
        // Not `clear`: that one asks the terminal where its cursor is, and waits for the answer.
        let area = self.inner.get_frame().area();
        self.inner.resize(area)
    }

    /// Gives the terminal back to the shell and stops the program, as Ctrl+Z does; returns when the
    /// shell lets it go on. A program that no shell has started does not stop.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.take_pictures_off()?;
        self.writer.settle();
        restore();
        // The whole group: whoever started us (`cargo run`) is waited for by the shell, not we.
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        // The signal may stop another thread first, and this one a moment later.
        std::thread::sleep(STOPS);
        self.resume()
    }

    /// Takes the terminal over again after the program was stopped, by itself or by somebody else.
    ///
    /// # Errors
    ///
    /// The terminal is gone.
    pub fn resume(&mut self) -> io::Result<()> {
        // A shell may have set the terminal to its own taste meanwhile.
        disable_raw_mode()?;
        enable_raw_mode()?;
        let was_ours = IS_OURS.swap(true, Ordering::SeqCst);
        self.writer.settle();
        take_over(self.mouse, !was_ours)?;
        self.title.clear();
        self.clear()
    }

    /// kitty keeps its pictures for the other screen otherwise.
    fn take_pictures_off(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.has_pictures) && !self.writer.is_busy() {
            self.writer.send(b"\x1b_Ga=d,d=A,q=2\x1b\\".to_vec())?;
        }
        Ok(())
    }

    /// Says something in the window's title with the next frame; cheap when it says so already.
    pub fn set_title(&mut self, title: &str) -> io::Result<()> {
        let title = crate::address::clean(title, 80);
        if title != self.title {
            queue!(self.ink, SetTitle(&title))?;
            self.title = title;
        }
        Ok(())
    }

    /// Puts a text into the clipboard with the next frame (OSC 52), where the terminal allows it.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let text = STANDARD.encode(text);
        queue!(self.ink, Print(format!("\x1b]52;c;{text}\x07")))
    }

    /// Has the terminal tell that keys are let go, or no longer, with the next frame; cheap when it is
    /// so already. To be asked only of one that can, by its [`Abilities`].
    pub fn report_releases(&mut self, on: bool) -> io::Result<()> {
        if !self.is_real || REPORTS_RELEASES.swap(on, Ordering::SeqCst) == on {
            return Ok(());
        }
        match on {
            true => queue!(self.ink, PushKeyboardEnhancementFlags(RELEASES)),
            false => queue!(self.ink, PopKeyboardEnhancementFlags),
        }
    }

    /// Rings the terminal's bell with the next frame, which most window managers turn into a mark.
    pub fn attention(&mut self) -> io::Result<()> {
        self.ink.write_all(b"\x07")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if !self.is_real {
            return;
        }
        let _gone = self.take_pictures_off();
        self.writer.finish();
        restore();
    }
}

fn take_over(mouse: bool, keeps_title: bool) -> io::Result<()> {
    if keeps_title {
        execute!(stdout(), Print(PUSH_TITLE))?;
    }
    execute!(
        stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        EnableFocusChange
    )?;
    if mouse {
        execute!(stdout(), EnableMouseCapture)?;
    }
    Ok(())
}

/// Gives the terminal back. Errors have nobody left to tell: the terminal may be gone.
fn restore() {
    if !IS_OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout();
    let _gone = execute!(out, Print(END_STRING));
    if REPORTS_RELEASES.swap(false, Ordering::SeqCst) {
        let _gone = execute!(out, PopKeyboardEnhancementFlags);
    }
    let _gone = execute!(
        out,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        LeaveAlternateScreen,
        cursor::Show,
        Print(POP_TITLE)
    );
    let _gone = disable_raw_mode();
}
