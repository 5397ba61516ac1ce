//! Pictures drawn in code: avatars with initials, small custom emojis, and scenes for posts (loaves, a stage, a bicycle,
//! a poster, a market, an evening sky). Flat shapes with soft edges on a gradient: enough to see that a picture is the
//! right one, and real PNG to read.

use crate::hold;
use axum::body::Bytes;
use std::collections::HashMap;
use std::sync::Mutex;

pub(crate) enum Drawing {
    Avatar { letters: String, seed: u64 },
    Header { hue: u64 },
    Emoji { name: String },
    Scene { name: String, seed: u64, small: bool },
}

/// What was drawn already.
#[derive(Default)]
pub(crate) struct Gallery(Mutex<HashMap<String, Bytes>>);

impl Gallery {
    pub fn known(&self, name: &str) -> Option<Bytes> {
        hold(&self.0).get(name).cloned()
    }

    pub fn keep(&self, name: String, bytes: Bytes) -> Bytes {
        hold(&self.0).insert(name, bytes.clone());
        bytes
    }
}

type Colour = [f32; 3];

const CREAM: Colour = [250.0, 240.0, 222.0];
const CRUST: Colour = [196.0, 126.0, 58.0];
const DARK: Colour = [42.0, 36.0, 48.0];
const RED: Colour = [166.0, 44.0, 52.0];
const GOLD: Colour = [244.0, 202.0, 96.0];
const STEEL: Colour = [70.0, 92.0, 110.0];
const LEAF: Colour = [86.0, 128.0, 92.0];
const WHITE: Colour = [252.0, 252.0, 250.0];

/// Gradients for avatars and headers: two colours each.
const GRADIENTS: [(Colour, Colour); 8] = [
    ([214.0, 122.0, 92.0], [150.0, 62.0, 84.0]),
    ([92.0, 136.0, 178.0], [52.0, 74.0, 122.0]),
    ([118.0, 156.0, 106.0], [54.0, 98.0, 84.0]),
    ([206.0, 164.0, 84.0], [160.0, 96.0, 54.0]),
    ([158.0, 122.0, 176.0], [94.0, 66.0, 122.0]),
    ([96.0, 162.0, 164.0], [44.0, 98.0, 112.0]),
    ([196.0, 114.0, 142.0], [128.0, 54.0, 96.0]),
    ([140.0, 140.0, 148.0], [78.0, 80.0, 92.0]),
];

/// Draws; `None` only if the encoder fails.
pub(crate) fn draw(drawing: &Drawing) -> Option<Vec<u8>> {
    let mut canvas = match drawing {
        Drawing::Avatar { letters, seed } => avatar(letters, *seed),
        Drawing::Header { hue } => {
            let (top, bottom) = gradient(*hue);
            Canvas::new(600, 200, top, bottom)
        }
        Drawing::Emoji { name } => emoji(name),
        Drawing::Scene { name, seed, small } => scene(name, *seed, if *small { 0.5 } else { 1.0 }),
    };
    canvas.png()
}

/// A letter without its accent, as the initials are drawn.
pub(crate) fn plain_letter(letter: char) -> char {
    match letter {
        'À' | 'Â' | 'Ä' => 'A',
        'Ç' => 'C',
        'É' | 'È' | 'Ê' | 'Ë' => 'E',
        'Î' | 'Ï' => 'I',
        'Ô' | 'Ö' | 'Œ' => 'O',
        'Ù' | 'Û' | 'Ü' => 'U',
        other => other,
    }
}

/// The same name, the same colours, every evening.
pub(crate) fn seed_of(name: &str) -> u64 {
    name.bytes().fold(7u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)))
}

fn gradient(seed: u64) -> (Colour, Colour) {
    GRADIENTS[((seed ^ (seed >> 7)) % GRADIENTS.len() as u64) as usize]
}

fn avatar(letters: &str, seed: u64) -> Canvas {
    let (top, bottom) = gradient(seed);
    let mut canvas = Canvas::new(160, 160, top, bottom);
    let known: Vec<[u8; 7]> = letters.chars().filter_map(letter).collect();
    let step = if known.len() > 1 { 10.0 } else { 16.0 };
    let width = known.len() as f32 * 6.0 * step - step;
    let mut left = (160.0 - width) / 2.0;
    let mut strokes = Vec::new();
    for rows in known {
        let top = 80.0 - 3.0 * step;
        let dot = |x: usize, y: usize| x < 5 && rows.get(y).is_some_and(|row| row & (16 >> x) != 0);
        let centre = |x: usize, y: usize| (left + (x as f32 + 0.5) * step, top + y as f32 * step);
        for (x, y) in (0..7).flat_map(|y| (0..5).map(move |x| (x, y))).filter(|(x, y)| dot(*x, *y)) {
            // Neighbouring dots are joined; two dots corner to corner only where nothing else joins them.
            let mut ends = vec![(x, y)];
            ends.extend([(x + 1, y), (x, y + 1)].into_iter().filter(|(x, y)| dot(*x, *y)));
            if dot(x + 1, y + 1) && !dot(x + 1, y) && !dot(x, y + 1) {
                ends.push((x + 1, y + 1));
            }
            if x > 0 && dot(x - 1, y + 1) && !dot(x - 1, y) && !dot(x, y + 1) {
                ends.push((x - 1, y + 1));
            }
            let from = centre(x, y);
            strokes.extend(ends.into_iter().map(|(x, y)| (from, centre(x, y))));
        }
        left += 6.0 * step;
    }
    // In one go: strokes painted one over the other would show their joints.
    canvas.paint([0.0, 0.0, 160.0, 160.0], WHITE, 1.0, |x, y| {
        strokes.iter().map(|(from, to)| off_stroke(x, y, *from, *to)).fold(f32::MAX, f32::min) - step * 0.46
    });
    canvas
}

/// How far a point is from a stroke.
fn off_stroke(x: f32, y: f32, from: (f32, f32), to: (f32, f32)) -> f32 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = (dx * dx + dy * dy).max(0.001);
    let along = (((x - from.0) * dx + (y - from.1) * dy) / length).clamp(0.0, 1.0);
    (x - from.0 - along * dx).hypot(y - from.1 - along * dy)
}

fn emoji(name: &str) -> Canvas {
    let (top, bottom) = gradient(seed_of(name));
    let mut canvas = Canvas::new(64, 64, WHITE, WHITE);
    canvas.disc(32.0, 32.0, 30.0, bottom);
    canvas.disc(32.0, 32.0, 25.0, top);
    canvas.disc(23.0, 27.0, 4.0, DARK);
    canvas.disc(41.0, 27.0, 4.0, DARK);
    canvas.line(22.0, 41.0, 32.0, 46.0, 2.5, DARK);
    canvas.line(32.0, 46.0, 42.0, 41.0, 2.5, DARK);
    canvas
}

fn scene(name: &str, seed: u64, scale: f32) -> Canvas {
    let (top, bottom) = match name {
        "loaves" | "cake" => (CREAM, [226.0, 190.0, 146.0]),
        "stage" | "poster" => (DARK, [86.0, 34.0, 52.0]),
        "bike" | "workshop" => ([206.0, 224.0, 230.0], [150.0, 176.0, 160.0]),
        "market" => ([246.0, 226.0, 190.0], [190.0, 206.0, 170.0]),
        _ => gradient(seed),
    };
    let mut canvas = Canvas::scaled(640, 400, scale, top, bottom);
    match name {
        "loaves" => {
            canvas.rect(0.0, 290.0, 640.0, 400.0, [150.0, 104.0, 66.0]);
            for (x, tilt) in [(150.0, -24.0), (320.0, 8.0), (490.0, -10.0)] {
                canvas.line(x - 38.0, 250.0 + tilt, x + 38.0, 250.0 - tilt, 44.0, CRUST);
                for cut in [-30.0, 0.0, 30.0] {
                    canvas.line(x + cut - 10.0, 226.0, x + cut + 12.0, 268.0, 5.0, CREAM);
                }
            }
        }
        "cake" => {
            canvas.rect(0.0, 320.0, 640.0, 400.0, [150.0, 104.0, 66.0]);
            canvas.rect(190.0, 190.0, 450.0, 330.0, CRUST);
            canvas.rect(190.0, 230.0, 450.0, 250.0, CREAM);
            canvas.rect(180.0, 176.0, 460.0, 204.0, WHITE);
            for n in 0..6 {
                canvas.disc(205.0 + n as f32 * 46.0, 170.0, 15.0, RED);
            }
        }
        "stage" => {
            for x in [150.0, 320.0, 490.0] {
                canvas.triangle([(x, 0.0), (x - 80.0, 340.0), (x + 80.0, 340.0)], GOLD, 0.32);
            }
            canvas.rect(0.0, 336.0, 640.0, 400.0, [60.0, 42.0, 34.0]);
            canvas.disc(320.0, 214.0, 22.0, DARK);
            canvas.triangle([(320.0, 216.0), (282.0, 340.0), (358.0, 340.0)], DARK, 1.0);
            for (from, to) in [(0.0, 96.0), (544.0, 640.0)] {
                canvas.rect(from, 0.0, to, 360.0, RED);
                for fold in 0..4 {
                    let x = from + 12.0 + fold as f32 * 24.0;
                    canvas.line(x, 0.0, x, 360.0, 3.0, [110.0, 26.0, 36.0]);
                }
            }
        }
        "poster" => {
            canvas.rect(210.0, 40.0, 430.0, 360.0, CREAM);
            canvas.disc(320.0, 160.0, 70.0, RED);
            canvas.disc(348.0, 140.0, 62.0, CREAM);
            for (y, half) in [(270.0, 80.0), (296.0, 60.0), (322.0, 70.0)] {
                canvas.line(320.0 - half, y, 320.0 + half, y, 6.0, DARK);
            }
        }
        "bike" => bicycle(&mut canvas),
        "workshop" => {
            canvas.rect(60.0, 60.0, 580.0, 250.0, [172.0, 132.0, 92.0]);
            for n in 0..6 {
                let x = 110.0 + n as f32 * 84.0;
                canvas.line(x, 90.0, x, 210.0 - n as f32 * 9.0, 9.0, STEEL);
                canvas.disc(x, 90.0, 15.0, STEEL);
                canvas.disc(x, 90.0, 7.0, [172.0, 132.0, 92.0]);
            }
            canvas.rect(0.0, 320.0, 640.0, 400.0, [110.0, 80.0, 58.0]);
            canvas.ring(470.0, 280.0, 62.0, 8.0, DARK);
        }
        "market" => {
            for n in 0..8 {
                let x = n as f32 * 80.0;
                canvas.rect(x, 60.0, x + 80.0, 130.0, if n % 2 == 0 { RED } else { WHITE });
            }
            canvas.rect(0.0, 290.0, 640.0, 400.0, [140.0, 104.0, 74.0]);
            for n in 0..12 {
                let colour = [LEAF, GOLD, CRUST, RED][n % 4];
                canvas.disc(50.0 + n as f32 * 50.0, 276.0, 27.0, colour);
            }
        }
        _ => {
            canvas.disc(470.0, 130.0, 54.0, GOLD);
            canvas.triangle([(0.0, 400.0), (190.0, 220.0), (400.0, 400.0)], STEEL, 0.85);
            canvas.triangle([(220.0, 400.0), (450.0, 250.0), (700.0, 400.0)], LEAF, 0.9);
        }
    }
    canvas
}

fn bicycle(canvas: &mut Canvas) {
    canvas.rect(0.0, 336.0, 640.0, 400.0, [112.0, 122.0, 118.0]);
    for x in [200.0, 450.0] {
        canvas.ring(x, 254.0, 84.0, 9.0, DARK);
        canvas.disc(x, 254.0, 8.0, STEEL);
        for (dx, dy) in [(76.0, 0.0), (54.0, 54.0), (0.0, 76.0), (54.0, -54.0)] {
            canvas.line(x - dx, 254.0 - dy, x + dx, 254.0 + dy, 1.2, STEEL);
        }
    }
    for (from, to) in [
        ((200.0, 254.0), (270.0, 150.0)),
        ((270.0, 150.0), (410.0, 150.0)),
        ((410.0, 150.0), (320.0, 258.0)),
        ((320.0, 258.0), (200.0, 254.0)),
        ((320.0, 258.0), (262.0, 130.0)),
        ((450.0, 254.0), (404.0, 120.0)),
    ] {
        canvas.line(from.0, from.1, to.0, to.1, 7.0, RED);
    }
    canvas.line(238.0, 126.0, 290.0, 126.0, 10.0, DARK);
    canvas.line(384.0, 116.0, 436.0, 104.0, 7.0, DARK);
    canvas.disc(320.0, 258.0, 16.0, STEEL);
}

/// Pixels, painted over with shapes whose edges are one pixel soft.
struct Canvas {
    width: u32,
    height: u32,
    scale: f32,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(width: u32, height: u32, top: Colour, bottom: Colour) -> Canvas {
        Canvas::scaled(width, height, 1.0, top, bottom)
    }

    fn scaled(width: u32, height: u32, scale: f32, top: Colour, bottom: Colour) -> Canvas {
        let (width, height) = ((width as f32 * scale) as u32, (height as f32 * scale) as u32);
        let mut pixels = Vec::with_capacity((width * height * 3) as usize);
        for y in 0..height {
            let down = y as f32 / height as f32;
            for _ in 0..width {
                for (top, bottom) in top.iter().zip(bottom) {
                    pixels.push((top + (bottom - top) * down) as u8);
                }
            }
        }
        Canvas { width, height, scale, pixels }
    }

    /// Paints where `distance` (negative inside, in canvas units) says so, within a box.
    fn paint(&mut self, bounds: [f32; 4], colour: Colour, strength: f32, distance: impl Fn(f32, f32) -> f32) {
        let [left, top, right, bottom] = bounds.map(|edge| edge * self.scale);
        let columns = (left - 1.0).max(0.0) as u32..((right + 2.0).max(0.0) as u32).min(self.width);
        for y in (top - 1.0).max(0.0) as u32..((bottom + 2.0).max(0.0) as u32).min(self.height) {
            for x in columns.clone() {
                let (cx, cy) = ((x as f32 + 0.5) / self.scale, (y as f32 + 0.5) / self.scale);
                let cover = (0.5 - distance(cx, cy) * self.scale).clamp(0.0, 1.0) * strength;
                if cover > 0.0 {
                    let at = ((y * self.width + x) * 3) as usize;
                    for (pixel, wanted) in self.pixels[at..at + 3].iter_mut().zip(colour) {
                        let before = f32::from(*pixel);
                        *pixel = (before + (wanted - before) * cover) as u8;
                    }
                }
            }
        }
    }

    fn rect(&mut self, left: f32, top: f32, right: f32, bottom: f32, colour: Colour) {
        self.paint([left, top, right, bottom], colour, 1.0, |x, y| {
            (left - x).max(x - right).max(top - y).max(y - bottom)
        });
    }

    fn disc(&mut self, cx: f32, cy: f32, radius: f32, colour: Colour) {
        let bounds = [cx - radius, cy - radius, cx + radius, cy + radius];
        self.paint(bounds, colour, 1.0, |x, y| (x - cx).hypot(y - cy) - radius);
    }

    fn ring(&mut self, cx: f32, cy: f32, radius: f32, half: f32, colour: Colour) {
        let outer = radius + half;
        let bounds = [cx - outer, cy - outer, cx + outer, cy + outer];
        self.paint(bounds, colour, 1.0, |x, y| ((x - cx).hypot(y - cy) - radius).abs() - half);
    }

    /// A stroke with round ends, `half` its half width.
    fn line(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, half: f32, colour: Colour) {
        let bounds = [x1.min(x2) - half, y1.min(y2) - half, x1.max(x2) + half, y1.max(y2) + half];
        self.paint(bounds, colour, 1.0, |x, y| off_stroke(x, y, (x1, y1), (x2, y2)) - half);
    }

    fn triangle(&mut self, corners: [(f32, f32); 3], colour: Colour, strength: f32) {
        let xs = corners.map(|corner| corner.0);
        let ys = corners.map(|corner| corner.1);
        let low = |values: [f32; 3]| values.into_iter().fold(f32::MAX, f32::min);
        let high = |values: [f32; 3]| values.into_iter().fold(f32::MIN, f32::max);
        let [a, b, c] = corners;
        let turn = ((b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)).signum();
        self.paint([low(xs), low(ys), high(xs), high(ys)], colour, strength, |x, y| {
            [(a, b), (b, c), (c, a)]
                .iter()
                .map(|(from, to)| {
                    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
                    -turn * (dx * (y - from.1) - dy * (x - from.0)) / dx.hypot(dy).max(0.001)
                })
                .fold(f32::MIN, f32::max)
        });
    }

    fn png(&mut self) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().ok()?;
        writer.write_image_data(&self.pixels).ok()?;
        writer.finish().ok()?;
        Some(bytes)
    }
}

/// Five by seven dots a letter.
fn letter(letter: char) -> Option<[u8; 7]> {
    Some(match letter {
        'A' => [14, 17, 17, 31, 17, 17, 17],
        'B' => [30, 17, 17, 30, 17, 17, 30],
        'C' => [14, 17, 16, 16, 16, 17, 14],
        'D' => [30, 17, 17, 17, 17, 17, 30],
        'E' => [31, 16, 16, 30, 16, 16, 31],
        'F' => [31, 16, 16, 30, 16, 16, 16],
        'G' => [14, 17, 16, 23, 17, 17, 14],
        'H' => [17, 17, 17, 31, 17, 17, 17],
        'I' => [14, 4, 4, 4, 4, 4, 14],
        'J' => [7, 2, 2, 2, 2, 18, 12],
        'K' => [17, 18, 20, 24, 20, 18, 17],
        'L' => [16, 16, 16, 16, 16, 16, 31],
        'M' => [17, 27, 21, 21, 17, 17, 17],
        'N' => [17, 25, 21, 19, 17, 17, 17],
        'O' => [14, 17, 17, 17, 17, 17, 14],
        'P' => [30, 17, 17, 30, 16, 16, 16],
        'Q' => [14, 17, 17, 17, 21, 18, 13],
        'R' => [30, 17, 17, 30, 20, 18, 17],
        'S' => [15, 16, 16, 14, 1, 1, 30],
        'T' => [31, 4, 4, 4, 4, 4, 4],
        'U' => [17, 17, 17, 17, 17, 17, 14],
        'V' => [17, 17, 17, 17, 17, 10, 4],
        'W' => [17, 17, 17, 21, 21, 27, 17],
        'X' => [17, 17, 10, 4, 10, 17, 17],
        'Y' => [17, 17, 10, 4, 4, 4, 4],
        'Z' => [31, 1, 2, 4, 8, 16, 31],
        _ => return None,
    })
}
