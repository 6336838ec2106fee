//! A talking head made of ellipses, with a camera's noise: pictures to test and to measure with.

use offhook::av::Picture;

/// The picture of one moment; `n` counts frames at fifteen a second.
pub fn head(width: u16, height: u16, n: u32) -> Picture {
    let (columns, rows) = (f32::from(width), f32::from(height));
    let time = n as f32 / 15.0;
    // The head sways, the mouth opens as syllables come.
    let (sway, nod) = ((time * 1.3).sin() * 0.02, (time * 2.1).cos() * 0.01);
    let mouth = 0.015 + 0.03 * (time * 9.0).sin().abs();
    let mut noise = 0x1234_5678_u32 ^ n.wrapping_mul(0x9E37_79B9);
    let mut rgb = Vec::with_capacity(usize::from(width) * usize::from(height) * 3);
    for y in 0..height {
        for x in 0..width {
            // Units of the height, from the middle.
            let across = (f32::from(x) - columns / 2.0) / rows;
            let down = f32::from(y) / rows - 0.5;
            let (a, d) = (across - sway, down - nod);
            let within = |x: f32, y: f32, w: f32, h: f32| {
                ((a - x) / w).powi(2) + ((d - y) / h).powi(2) < 1.0
            };
            let colour = if within(0.0, 0.13, 0.07, mouth) {
                [120, 40, 45]
            } else if within(-0.09, -0.06, 0.03, 0.02) || within(0.09, -0.06, 0.03, 0.02) {
                [40, 35, 40]
            } else if within(0.0, -0.2, 0.2, 0.12) {
                [70, 50, 35]
            } else if within(0.0, 0.0, 0.2, 0.27) {
                let light = 1.0 - a.abs();
                [
                    (225.0 * light) as u8,
                    (175.0 * light) as u8,
                    (145.0 * light) as u8,
                ]
            } else if (across / 0.4).powi(2) + ((down - 0.55) / 0.28).powi(2) < 1.0 {
                [50, 70, 120]
            } else {
                let wall = 150.0 - 60.0 * down + 40.0 * across;
                [wall as u8, (wall * 0.95) as u8, (wall * 0.85) as u8]
            };
            for part in colour {
                noise ^= noise << 13;
                noise ^= noise >> 17;
                noise ^= noise << 5;
                let grain = (noise % 7) as i16 - 3;
                rgb.push((i16::from(part) + grain).clamp(0, 255) as u8);
            }
        }
    }
    Picture { width, height, rgb }
}
