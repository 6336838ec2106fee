//! What a terminal can show, by its environment and its answers.

use crate::tui::picture::{CellSize, Colours, Renderer};

/// The most bytes of pictures a second over a connection that nobody can see the end of.
const FAR: u32 = 256 * 1024;

/// What a terminal can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Abilities {
    /// The ways to show pictures, the one to begin with first; the last is always [`Renderer::Off`].
    pub renderers: Vec<Renderer>,
    /// The size of a cell.
    pub cell: CellSize,
    /// The most bytes of pictures a second; `None`: as many as the terminal takes.
    pub limit: Option<u32>,
    /// Whether it can tell that a key is let go.
    pub releases: bool,
}

impl Default for Abilities {
    fn default() -> Self {
        Self::of(|_name| None, &Answers::default())
    }
}

/// What a terminal answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answers {
    /// It knows kitty's graphics.
    pub kitty: bool,
    /// It knows sixels.
    pub sixel: bool,
    /// The size of a cell in pixels.
    pub cell: Option<CellSize>,
    /// It knows kitty's keyboard.
    pub keyboard: bool,
}

impl Abilities {
    /// Reads the environment, by `get`, and the answers.
    pub fn of(get: impl Fn(&str) -> Option<String>, answers: &Answers) -> Self {
        let is_set = |name| get(name).is_some_and(|value| !value.is_empty());
        let is = |name, value: &str| get(name).as_deref() == Some(value);
        let term = get("TERM").unwrap_or_default();
        let is_far = is_set("SSH_CONNECTION") || is_set("SSH_TTY");
        let cells = cells(&get, &term);
        let mut renderers = Vec::new();
        if !is_inside(&get) && cells.first().is_some_and(|it| *it != Renderer::Ascii) {
            let is_kitty = is_set("KITTY_WINDOW_ID")
                || is_set("GHOSTTY_RESOURCES_DIR")
                || is("TERM_PROGRAM", "ghostty")
                || matches!(&*term, "xterm-kitty" | "xterm-ghostty");
            let is_iterm2 = is("TERM_PROGRAM", "iTerm.app")
                || is("LC_TERMINAL", "iTerm2")
                || is("TERM_PROGRAM", "WezTerm");
            let known = [
                (Renderer::Kitty, is_kitty || answers.kitty),
                (Renderer::Iterm2, is_iterm2),
                (Renderer::Sixel, answers.sixel),
            ];
            renderers.extend(known.into_iter().filter_map(|(it, can)| can.then_some(it)));
        }
        if is_far {
            // Graphics are for those who ask for them: they are a hundred times the bytes.
            let graphics = std::mem::replace(&mut renderers, cells);
            renderers.extend(graphics);
        } else {
            renderers.extend(cells);
        }
        renderers.push(Renderer::Off);
        Self {
            renderers,
            cell: answers.cell.unwrap_or_default(),
            limit: is_far.then_some(FAR),
            releases: answers.keyboard,
        }
    }

    /// Begins with this one, also where the terminal does not seem to know it.
    pub fn prefer(&mut self, renderer: Renderer) {
        self.renderers.retain(|it| *it != renderer);
        self.renderers.insert(0, renderer);
    }
}

/// Tells whether the terminal is one that another program draws, which does not pass graphics on.
pub(super) fn is_inside(get: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name| get(name).is_some_and(|value| !value.is_empty());
    let term = get("TERM").unwrap_or_default();
    is_set("TMUX")
        || is_set("STY")
        || is_set("ZELLIJ")
        || term.starts_with("screen")
        || term.starts_with("tmux")
}

/// Returns the ways to draw in cells, the one with the most colours first.
fn cells(get: impl Fn(&str) -> Option<String>, term: &str) -> Vec<Renderer> {
    let is_set = |name| get(name).is_some_and(|value| !value.is_empty());
    if is_set("NO_COLOR") || is_set("OFFHOOK_ASCII") || term == "dumb" || term.is_empty() {
        return vec![Renderer::Ascii];
    }
    let has_true = get("COLORTERM").is_some_and(|it| it == "truecolor" || it == "24bit")
        || is_set("WT_SESSION")
        || [
            "kitty",
            "ghostty",
            "alacritty",
            "wezterm",
            "foot",
            "direct",
            "contour",
        ]
        .iter()
        .any(|name| term.contains(name));
    let colours = if has_true {
        &[Colours::True, Colours::C256][..]
    } else if term.contains("256") {
        &[Colours::C256]
    } else {
        &[Colours::C16]
    };
    let cells = colours.iter().map(|it| Renderer::HalfBlocks(*it));
    cells.chain([Renderer::Ascii]).collect()
}
