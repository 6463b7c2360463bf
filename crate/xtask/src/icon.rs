//! The page's picture as PNG, for systems that want one: the rectangles of `www/icon.svg`.

use anyhow::{Context, Result, ensure};
use flate2::{Compression, Crc, write::ZlibEncoder};
use std::fs;
use std::io::Write;
use std::path::Path;

/// A picture that is written: its name, its width, how much of that the drawing takes, and what is behind it.
struct Picture {
    name: &'static str,
    pixels: u32,
    drawn: f64,
    ground: [u8; 4],
}

const CLEAR: [u8; 4] = [0; 4];

/// The page's `--paper`.
const PAPER: [u8; 4] = [0xfc, 0xfc, 0xfa, 0xff];

const PICTURES: [Picture; 3] = [
    Picture {
        name: "icon-192.png",
        pixels: 192,
        drawn: 0.875,
        ground: CLEAR,
    },
    Picture {
        name: "icon-512.png",
        pixels: 512,
        drawn: 0.875,
        ground: CLEAR,
    },
    // A system cuts it to its own shape: a circle of four fifths of the width stays in each.
    Picture {
        name: "icon-mask-512.png",
        pixels: 512,
        drawn: 0.5,
        ground: PAPER,
    },
];

/// Points on each side of a pixel that are looked at.
const SAMPLES: u32 = 4;

/// Writes the pictures beside the drawing in `folder`.
pub(crate) fn write(folder: &Path) -> Result<()> {
    let svg = fs::read_to_string(folder.join("icon.svg"))?;
    let drawing = Drawing::of(&svg)?;
    for picture in &PICTURES {
        fs::write(folder.join(picture.name), png(&drawing, picture)?)?;
    }
    Ok(())
}

/// Rectangles with round corners in a square.
struct Drawing {
    side: f64,
    rectangles: Vec<Rectangle>,
}

struct Rectangle {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    radius: f64,
    colour: [u8; 3],
}

impl Drawing {
    fn of(svg: &str) -> Result<Self> {
        let side = svg
            .split_once("viewBox=\"0 0 ")
            .and_then(|(_, rest)| rest.split_once(' '))
            .context("a viewBox")?
            .0
            .parse()?;
        let shapes = svg.split("<rect ").skip(1);
        let rectangles = shapes.map(Rectangle::of).collect::<Result<Vec<_>>>()?;
        ensure!(
            svg.matches('<').count() == rectangles.len() + 2,
            "the icon has nothing but rectangles"
        );
        Ok(Self { side, rectangles })
    }

    /// The topmost colour at a point.
    fn at(&self, x: f64, y: f64) -> Option<[u8; 3]> {
        let top = self.rectangles.iter().rev().find(|it| it.contains(x, y));
        top.map(|rectangle| rectangle.colour)
    }
}

impl Rectangle {
    fn of(attributes: &str) -> Result<Self> {
        let attributes = format!(" {attributes}");
        let text = |name: &str| {
            let (_, rest) = attributes.split_once(&format!(" {name}=\""))?;
            Some(rest.split_once('"')?.0)
        };
        let number = |name: &str| text(name).unwrap_or("0").parse::<f64>();
        let colour = text("fill").and_then(|fill| fill.strip_prefix('#'));
        let colour = u32::from_str_radix(colour.context("a colour")?, 16)?;
        let [_, red, green, blue] = colour.to_be_bytes();
        Ok(Self {
            left: number("x")?,
            top: number("y")?,
            width: number("width")?,
            height: number("height")?,
            radius: number("rx")?,
            colour: [red, green, blue],
        })
    }

    fn contains(&self, x: f64, y: f64) -> bool {
        // How far into a corner's square, from its circle's centre outwards.
        let into = |at: f64, from: f64, length: f64| {
            let (near, far) = (from + self.radius, from + length - self.radius);
            (near - at).max(at - far).max(0.0)
        };
        let (dx, dy) = (
            into(x, self.left, self.width),
            into(y, self.top, self.height),
        );
        dx * dx + dy * dy <= self.radius * self.radius
    }
}

/// The picture as a file.
fn png(drawing: &Drawing, picture: &Picture) -> Result<Vec<u8>> {
    let mut rows = Vec::new();
    for y in 0..picture.pixels {
        // No filter.
        rows.push(0);
        for x in 0..picture.pixels {
            rows.extend(pixel(drawing, picture, x, y));
        }
    }
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::best());
    zlib.write_all(&rows)?;
    let side = picture.pixels.to_be_bytes();
    // Eight bits of red, green, blue and opacity; nothing interlaced.
    let head = [&side[..], &side, &[8, 6, 0, 0, 0]].concat();
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [
        (b"IHDR", head),
        (b"IDAT", zlib.finish()?),
        (b"IEND", Vec::new()),
    ] {
        file.extend(u32::try_from(data.len())?.to_be_bytes());
        let mut sum = Crc::new();
        for part in [&kind[..], &data] {
            sum.update(part);
            file.extend(part);
        }
        file.extend(sum.sum().to_be_bytes());
    }
    Ok(file)
}

/// Red, green, blue and opacity: the mean of some points.
fn pixel(drawing: &Drawing, picture: &Picture, x: u32, y: u32) -> [u8; 4] {
    let scale = drawing.side / (f64::from(picture.pixels) * picture.drawn);
    let margin = drawing.side * (1.0 / picture.drawn - 1.0) / 2.0;
    let place = |pixel: u32, sample: u32| {
        let offset = (f64::from(sample) + 0.5) / f64::from(SAMPLES);
        (f64::from(pixel) + offset) * scale - margin
    };
    let mut sums = [0_u32; 4];
    for i in 0..SAMPLES * SAMPLES {
        let seen = drawing.at(place(x, i % SAMPLES), place(y, i / SAMPLES));
        let [red, green, blue, opacity] =
            seen.map_or(picture.ground, |[red, green, blue]| [red, green, blue, 255]);
        for (sum, value) in sums.iter_mut().zip([red, green, blue]) {
            *sum += u32::from(value) * u32::from(opacity);
        }
        sums[3] += u32::from(opacity);
    }
    let [red, green, blue, opacity] = sums;
    // What is not seen at all is black.
    let colour = |sum: u32| (sum + opacity / 2).checked_div(opacity).unwrap_or(0);
    let mean = [
        colour(red),
        colour(green),
        colour(blue),
        opacity / (SAMPLES * SAMPLES),
    ];
    mean.map(|value| u8::try_from(value).unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::{CLEAR, Drawing, PAPER, PICTURES, pixel};

    const SVG: &str = "<svg viewBox=\"0 0 4 4\"><rect x=\"1\" y=\"2\" width=\"2\" height=\"2\" rx=\"1\" fill=\"#102030\"/></svg>";

    #[test]
    fn a_rectangle_is_where_the_drawing_says_and_its_corners_are_round() {
        let drawing = Drawing::of(SVG).unwrap();
        assert_eq!(drawing.at(2.0, 3.0), Some([0x10, 0x20, 0x30]));
        for (x, y) in [(0.9, 3.0), (2.0, 1.9), (1.1, 2.1), (2.9, 3.9)] {
            assert_eq!(drawing.at(x, y), None, "{x} {y}");
        }
    }

    #[test]
    fn what_is_not_drawn_is_as_it_is_behind() {
        let drawing = Drawing::of(SVG).unwrap();
        assert_eq!(pixel(&drawing, &PICTURES[0], 0, 0), CLEAR);
        assert_eq!(pixel(&drawing, &PICTURES[2], 0, 0), PAPER);
        assert_eq!(
            pixel(&drawing, &PICTURES[0], 96, 138),
            [0x10, 0x20, 0x30, 255]
        );
    }

    #[test]
    fn what_is_no_rectangle_is_refused() {
        assert!(Drawing::of(&SVG.replace("</svg>", "<circle r=\"1\"/></svg>")).is_err());
    }
}
