//! Where pictures go on the screen.

use ratatui::layout::Rect;

use super::Renderer;
use crate::av::Shown;
use crate::id::LegId;

/// The most pixels of all pictures together that are sent as graphics, of which each takes four
/// bytes: at fifteen frames a second this is 6 MB/s.
const GRAPHICS_PIXELS: u32 = 384 * 288;

/// The size of a character cell in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellSize {
    /// Its width, at least 1.
    pub width: u16,
    /// Its height, at least 1.
    pub height: u16,
}

impl Default for CellSize {
    /// Twice as high as wide, as most fonts are.
    fn default() -> Self {
        Self {
            width: 8,
            height: 16,
        }
    }
}

/// A place for the picture of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Whose, by our leg to that person; `None` is our own.
    pub leg: Option<LegId>,
    /// The cells there are for it. The picture lies in their middle, with its aspect kept.
    pub area: Rect,
    /// What is drawn over it.
    pub covers: Vec<Rect>,
}

impl Spot {
    /// Tells whether something lies over a cell of it.
    pub(super) fn is_covered(&self, x: u16, y: u16) -> bool {
        let place = ratatui::layout::Position::new(x, y);
        self.covers.iter().any(|cover| cover.contains(place))
    }
}

/// Returns the pictures that have to be made for these places, in square pixels.
pub fn shown(spots: &[Spot], renderer: Renderer, cell: CellSize) -> Vec<Shown> {
    if renderer == Renderer::Off {
        return Vec::new();
    }
    spots
        .iter()
        .map(|spot| {
            let (width, height) = box_of(spots, spot, renderer, cell);
            Shown {
                leg: spot.leg,
                width,
                height,
            }
        })
        .collect()
}

/// Returns the box of one of these places in square pixels.
pub(super) fn box_of(
    spots: &[Spot],
    spot: &Spot,
    renderer: Renderer,
    cell: CellSize,
) -> (u16, u16) {
    let (columns, rows) = (u32::from(spot.area.width), u32::from(spot.area.height));
    let (width, height) = (u32::from(cell.width.max(1)), u32::from(cell.height.max(1)));
    let (x, y) = if renderer.is_graphics() {
        let all: u32 = spots.iter().map(|it| it.area.area() * width * height).sum();
        let (x, y) = (columns * width, rows * height);
        if all > GRAPHICS_PIXELS && renderer != Renderer::Sixel {
            let part = (f64::from(GRAPHICS_PIXELS) / f64::from(all)).sqrt();
            (scaled(x, part), scaled(y, part))
        } else {
            (x, y)
        }
    } else {
        (columns, (rows * height + width / 2) / width)
    };
    let narrow = |pixels: u32| u16::try_from(pixels.max(1)).unwrap_or(u16::MAX);
    (narrow(x), narrow(y))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of a number of pixels is one"
)]
fn scaled(pixels: u32, part: f64) -> u32 {
    (f64::from(pixels) * part) as u32
}
