//! Pictures of characters: the brighter the place, the more ink. Works without colours.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::sample::Colour;
use super::spot::Spot;

/// From black to white, for light ink on dark paper.
const RAMP: &[u8; 12] = b" .,:;-=+*#%@";

/// Draws pixels, two rows of them a row of cells, where nothing lies over the place.
pub(super) fn draw(buffer: &mut Buffer, spot: &Spot, area: Rect, pixels: &[Colour]) {
    let columns = usize::from(area.width);
    for (row, lines) in (0_u16..area.height).zip(pixels.chunks_exact(2 * columns)) {
        let (upper, lower) = lines.split_at(columns);
        for (column, (upper, lower)) in (0_u16..).zip(upper.iter().zip(lower)) {
            let (x, y) = (area.x + column, area.y + row);
            if spot.is_covered(x, y) {
                continue;
            }
            let light = usize::midpoint(luma(*upper), luma(*lower));
            let ink = char::from(RAMP[light * RAMP.len() / 256]);
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
                cell.set_char(ink);
            }
        }
    }
}

/// The brightness of a colour, 0 to 255 (BT.601).
fn luma([red, green, blue]: Colour) -> usize {
    (usize::from(red) * 77 + usize::from(green) * 150 + usize::from(blue) * 29) >> 8
}
