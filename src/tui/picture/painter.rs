//! Puts pictures onto a drawn screen, and knows what of them is there already.

use std::collections::BTreeMap;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use super::fit::fit;
use super::sample::{Colour, sampled};
use super::spot::box_of;
use super::{CellSize, Colours, Pictures, Renderer, Spot, ascii, blocks, iterm2, kitty, sixel};
use crate::av::Picture;
use crate::id::LegId;

/// By how much a part of a colour has to change before a cell is drawn anew. The noise of a camera
/// stays below it, so that a resting picture costs no bytes.
const HYSTERESIS: u8 = 6;
/// The numbers of our pictures at the terminal begin here, so that they are nobody else's.
const FIRST_ID: u32 = 0x0F_C0_00;

/// Puts pictures onto the screen, frame after frame.
#[derive(Debug)]
pub struct Painter {
    cell: CellSize,
    screen: Rect,
    tiles: BTreeMap<Option<LegId>, Tile>,
    next_id: u32,
    /// What follows the cells of this frame.
    overlay: String,
    has_news: bool,
}

/// One picture as it is on the screen.
#[derive(Debug)]
struct Tile {
    renderer: Renderer,
    area: Rect,
    picture: Arc<Picture>,
    /// The colours of its cells, for those drawn in cells.
    kept: Vec<Colour>,
    /// Its number at the terminal, for kitty.
    id: Option<u32>,
}

impl Painter {
    /// Nothing is painted yet; `cell` as the terminal has it.
    pub const fn new(cell: CellSize) -> Self {
        Self {
            cell,
            screen: Rect::ZERO,
            tiles: BTreeMap::new(),
            next_id: FIRST_ID,
            overlay: String::new(),
            has_news: false,
        }
    }

    /// Paints pictures where they belong. Where the terminal's graphics cannot do it, because
    /// something lies over the place, half-blocks do.
    pub fn paint(
        &mut self,
        buffer: &mut Buffer,
        spots: &[Spot],
        pictures: &Pictures,
        renderer: Renderer,
    ) {
        self.has_news = false;
        if self.screen != buffer.area {
            // A terminal of another size has been cleared.
            self.forget();
            self.screen = buffer.area;
        }
        let gone: Vec<_> = self
            .tiles
            .keys()
            .filter(|leg| {
                renderer == Renderer::Off
                    || pictures.of(**leg).is_none()
                    || !spots.iter().any(|spot| spot.leg == **leg)
            })
            .copied()
            .collect();
        for leg in gone {
            self.remove(leg);
        }
        if renderer == Renderer::Off {
            return;
        }
        for spot in spots {
            let has_room = !spot.area.intersection(buffer.area).is_empty();
            if let Some(picture) = pictures.of(spot.leg).filter(|_| has_room) {
                let renderer = if renderer.is_graphics() && !spot.covers.is_empty() {
                    Renderer::HalfBlocks(Colours::True)
                } else {
                    renderer
                };
                let most = box_of(spots, spot, renderer, self.cell);
                self.paint_one(buffer, spot, picture, renderer, most);
            }
        }
    }

    /// Returns what is to be written after the cells of the frame that was painted last.
    pub fn take_overlay(&mut self) -> String {
        std::mem::take(&mut self.overlay)
    }

    /// Tells whether the last frame had a picture in it that was not there before.
    pub const fn has_news(&self) -> bool {
        self.has_news
    }

    /// Forgets what is on the screen: it was cleared. Pictures come anew.
    pub fn forget(&mut self) {
        let legs: Vec<_> = self.tiles.keys().copied().collect();
        for leg in legs {
            self.remove(leg);
        }
    }

    fn remove(&mut self, leg: Option<LegId>) {
        if let Some(id) = self.tiles.remove(&leg).and_then(|tile| tile.id) {
            kitty::delete(&mut self.overlay, id);
        }
    }

    fn paint_one(
        &mut self,
        buffer: &mut Buffer,
        spot: &Spot,
        picture: &Arc<Picture>,
        renderer: Renderer,
        most: (u16, u16),
    ) {
        let area = fit(picture, spot.area, self.cell);
        let old = self.tiles.get(&spot.leg);
        let stays = old.filter(|tile| tile.renderer == renderer && tile.area == area);
        let is_same = stays.is_some_and(|tile| Arc::ptr_eq(&tile.picture, picture));
        self.has_news |= !is_same;
        if renderer.is_graphics() {
            blank(buffer, area);
            if !is_same {
                self.show(spot, area, picture, renderer, most);
            }
            return;
        }
        let kept = match stays {
            Some(tile) if is_same => tile.kept.clone(),
            Some(tile) => {
                let mut kept = tile.kept.clone();
                keep(&mut kept, &pixels(picture, area));
                kept
            }
            None => pixels(picture, area),
        };
        match renderer {
            Renderer::HalfBlocks(colours) => blocks::draw(buffer, spot, area, &kept, colours),
            Renderer::Kitty
            | Renderer::Iterm2
            | Renderer::Sixel
            | Renderer::Ascii
            | Renderer::Off => ascii::draw(buffer, spot, area, &kept),
        }
        if stays.is_none() {
            self.remove(spot.leg);
        }
        let tile = Tile {
            renderer,
            area,
            picture: Arc::clone(picture),
            kept,
            id: None,
        };
        self.tiles.insert(spot.leg, tile);
    }

    /// Sends a picture by the terminal's graphics.
    fn show(
        &mut self,
        spot: &Spot,
        area: Rect,
        picture: &Arc<Picture>,
        renderer: Renderer,
        most: (u16, u16),
    ) {
        // Sixels have the size of the screen's pixels, the others stretch what they get.
        let (width, height) = if renderer == Renderer::Sixel {
            let CellSize { width, height } = self.cell;
            (area.width * width, area.height * height)
        } else {
            within(picture, most)
        };
        let rgb = sampled(picture, usize::from(width), usize::from(height));
        let before = self.tiles.get(&spot.leg).and_then(|tile| tile.id);
        let id = (renderer == Renderer::Kitty).then(|| {
            self.next_id = FIRST_ID + (self.next_id + 1 - FIRST_ID) % 0x1000;
            self.next_id
        });
        let out = &mut self.overlay;
        match id {
            Some(id) => kitty::show(out, id, area, width, height, &rgb),
            None if renderer == Renderer::Iterm2 => iterm2::show(out, area, width, height, &rgb),
            None => sixel::show(out, area, width, height, &rgb),
        }
        // The old one goes when the new one is there, so that nothing flickers.
        if let Some(id) = before {
            kitty::delete(out, id);
        }
        let tile = Tile {
            renderer,
            area,
            picture: Arc::clone(picture),
            kept: Vec::new(),
            id,
        };
        self.tiles.insert(spot.leg, tile);
    }
}

fn pixels(picture: &Picture, area: Rect) -> Vec<Colour> {
    sampled(
        picture,
        usize::from(area.width),
        2 * usize::from(area.height),
    )
}

/// Takes over the colours that have changed by more than the noise.
fn keep(kept: &mut [Colour], new: &[Colour]) {
    for (kept, new) in kept.iter_mut().zip(new) {
        let differs = |(kept, new): (&u8, &u8)| kept.abs_diff(*new) > HYSTERESIS;
        if kept.iter().zip(new).any(differs) {
            *kept = *new;
        }
    }
}

/// Fills the place of a picture with blanks that are not like others: when the picture goes, the
/// cells count as changed, and writing them wipes it off.
fn blank(buffer: &mut Buffer, area: Rect) {
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
                cell.set_style(Style::new().add_modifier(Modifier::HIDDEN));
            }
        }
    }
}

/// Returns a picture's size, made smaller where it has to be to fit into a box.
fn within(picture: &Picture, (width, height): (u16, u16)) -> (u16, u16) {
    let (x, y) = (
        u32::from(picture.width.max(1)),
        u32::from(picture.height.max(1)),
    );
    let (width, height) = (u32::from(width.max(1)), u32::from(height.max(1)));
    let (to_x, to_y) = if x <= width && y <= height {
        (x, y)
    } else if x * height > y * width {
        (width, (y * width / x).max(1))
    } else {
        ((x * height / y).max(1), height)
    };
    let narrow = |pixels: u32| u16::try_from(pixels).unwrap_or(u16::MAX);
    (narrow(to_x), narrow(to_y))
}
