//! Small GeoTIFFs written by hand, so that tests of plans need no other part of swath.
#![allow(dead_code)]

use std::path::Path;

/// A GeoTIFF of one strip; `Tiny::default()` is 8 x 8 uint16 at (500000, 5000000) in EPSG:32633, 10 m.
#[derive(Clone)]
pub struct Tiny {
    pub size: (u16, u16),
    /// `uint8`, `uint16`, `int16`, `float32`.
    pub sample: &'static str,
    pub bands: u16,
    pub origin: (f64, f64),
    pub pixel: f64,
    pub epsg: u16,
    pub nodata: Option<&'static str>,
    pub datetime: Option<&'static str>,
    /// Value of the pixel at column, row.
    pub value: fn(u16, u16) -> f64,
}

impl Default for Tiny {
    fn default() -> Self {
        Self {
            size: (8, 8),
            sample: "uint16",
            bands: 1,
            origin: (500_000.0, 5_000_000.0),
            pixel: 10.0,
            epsg: 32633,
            nodata: None,
            datetime: None,
            value: |c, r| 1000.0 + f64::from(c * 7 + r * 13),
        }
    }
}

impl Tiny {
    /// At a place of its own: column and row of a lattice of such files.
    pub fn at(column: i32, row: i32) -> Self {
        let base = Self::default();
        Self { origin: (base.origin.0 + 80.0 * f64::from(column), base.origin.1 - 80.0 * f64::from(row)), ..base }
    }

    pub fn write(&self, path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, self.bytes()).unwrap();
    }

    fn pixels(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for row in 0..self.size.1 {
            for column in 0..self.size.0 {
                for _ in 0..self.bands {
                    let v = (self.value)(column, row);
                    match self.sample {
                        "uint8" => out.push(v as u8),
                        "uint16" => out.extend((v as u16).to_le_bytes()),
                        "int16" => out.extend((v as i16).to_le_bytes()),
                        _ => out.extend((v as f32).to_le_bytes()),
                    }
                }
            }
        }
        out
    }

    pub fn bytes(&self) -> Vec<u8> {
        let (bits, format) = match self.sample {
            "uint8" => (8u16, 1u16),
            "uint16" => (16, 1),
            "int16" => (16, 2),
            _ => (32, 3),
        };
        let pixels = self.pixels();
        let shorts = |values: &[u16]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let doubles = |values: &[f64]| values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<u8>>();
        let ascii = |text: &str| [text.as_bytes(), b"\0"].concat();
        let n = usize::from(self.bands);
        let mut tags: Vec<(u16, u16, Vec<u8>)> = vec![
            (256, 3, shorts(&[self.size.0])),
            (257, 3, shorts(&[self.size.1])),
            (258, 3, shorts(&vec![bits; n])),
            (259, 3, shorts(&[1])),
            (262, 3, shorts(&[1])),
            (273, 4, 8u32.to_le_bytes().to_vec()),
            (277, 3, shorts(&[self.bands])),
            (278, 3, shorts(&[self.size.1])),
            (279, 4, u32::try_from(pixels.len()).unwrap().to_le_bytes().to_vec()),
            (284, 3, shorts(&[1])),
        ];
        tags.extend(self.datetime.map(|d| (306, 2, ascii(d))));
        tags.push((339, 3, shorts(&vec![format; n])));
        tags.push((33550, 12, doubles(&[self.pixel, self.pixel, 0.0])));
        tags.push((33922, 12, doubles(&[0.0, 0.0, 0.0, self.origin.0, self.origin.1, 0.0])));
        let (model, key) = if self.epsg == 4326 { (2, 2048) } else { (1, 3072) };
        tags.push((34735, 3, shorts(&[1, 1, 0, 3, 1024, 0, 1, model, 1025, 0, 1, 1, key, 0, 1, self.epsg])));
        tags.extend(self.nodata.map(|d| (42113, 2, ascii(d))));
        if self.bands > 1 {
            tags.insert(11, (338, 3, shorts(&vec![0; n - 1])));
            tags.sort_by_key(|t| t.0);
        }
        let directory = 8 + pixels.len() + pixels.len() % 2;
        let mut spare = directory + 2 + tags.len() * 12 + 4;
        let mut out = [b"II*\0".as_slice(), &u32::try_from(directory).unwrap().to_le_bytes(), &pixels].concat();
        out.resize(directory, 0);
        out.extend(u16::try_from(tags.len()).unwrap().to_le_bytes());
        let mut beyond = Vec::new();
        for (tag, kind, bytes) in tags {
            let size = match kind {
                2 => 1,
                3 => 2,
                4 => 4,
                _ => 8,
            };
            out.extend(tag.to_le_bytes());
            out.extend(kind.to_le_bytes());
            out.extend(u32::try_from(bytes.len() / size).unwrap().to_le_bytes());
            if bytes.len() <= 4 {
                let mut value = bytes;
                value.resize(4, 0);
                out.extend(value);
            } else {
                out.extend(u32::try_from(spare).unwrap().to_le_bytes());
                spare += bytes.len() + bytes.len() % 2;
                beyond.extend(&bytes);
                beyond.resize(beyond.len() + bytes.len() % 2, 0);
            }
        }
        out.extend([0; 4]);
        out.extend(beyond);
        out
    }
}

/// `../shared` beside the workspace, or where `SWATH_SHARED` says.
pub fn shared(name: &str) -> Option<std::path::PathBuf> {
    let base =
        std::env::var_os("SWATH_SHARED").map(Into::into).unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"));
    let path = base.join("data").join(name);
    if !path.is_dir() {
        eprintln!("not run: ../shared is absent");
        return None;
    }
    Some(path)
}
