//! The shared data, its expected values, and files as sources.
#![allow(dead_code, reason = "each test uses some of it")]

pub mod codecs;
pub mod memory;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use sha2::{Digest, Sha256};
use swath_raster::{Limits, RasterSource, Result, SampleType, Samples, Sidecars};

/// The folder of test data, or `None` with a line that says so.
pub fn data() -> Option<PathBuf> {
    let shared = std::env::var_os("SWATH_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let data = shared.join("data");
    if !data.join("expected.json").is_file() {
        eprintln!("not run: ../shared is absent");
        return None;
    }
    Some(data)
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub fn expected(data: &Path) -> serde_json::Map<String, serde_json::Value> {
    let text = std::fs::read_to_string(data.join("expected.json")).expect("expected.json");
    let all: serde_json::Value = serde_json::from_str(&text).expect("valid JSON");
    all["files"].as_object().expect("files").clone()
}

/// A file with whatever lies beside it.
pub fn open(data: &Path, name: &str) -> Result<Vec<Arc<dyn RasterSource>>> {
    let path = data.join(name);
    let beside = |suffix: &str| std::fs::read(data.join(format!("{name}{suffix}"))).ok().map(Bytes::from);
    let source = |bytes: Option<Bytes>| bytes.map(|b| Arc::new(b) as Arc<dyn swath_raster::ByteSource>);
    let world = path.extension().filter(|e| e.eq_ignore_ascii_case("tif")).and_then(|_| std::fs::read(path.with_extension("tfw")).ok());
    let sidecars = Sidecars {
        world: world.map(Bytes::from),
        aux_xml: beside(".aux.xml"),
        overviews: source(beside(".ovr")),
        mask: source(beside(".msk")),
        rpc: None,
    };
    let bytes = Bytes::from(std::fs::read(&path).expect("test data"));
    swath_raster::open(name, Arc::new(bytes), &sidecars, &Limits::default())
}

/// All files below a folder, as names relative to the data folder.
pub fn files(data: &Path, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![data.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("test data").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(data).expect("below").to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Little-endian bytes, whatever the machine.
pub fn little_endian(samples: &Samples) -> Vec<u8> {
    let mut bytes = samples.as_bytes().to_vec();
    if cfg!(target_endian = "big") {
        let size = samples.sample_type().size() / if samples.sample_type().is_complex() { 2 } else { 1 };
        bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    }
    bytes
}

pub fn numpy_name(sample: SampleType) -> &'static str {
    sample.name()
}

/// 40 x 30 uint16 pixels without a georeference, tiled or in one strip.
pub fn small_tiff(tiled: bool) -> Vec<u8> {
    let (width, height) = (40_u32, 30_u32);
    let mut entries: Vec<(u16, u32)> = vec![(256, width), (257, height), (258, 16), (259, 1), (262, 1), (277, 1)];
    let pixels = if tiled { 32 * 32 * 2 * 2 } else { width * height * 2 };
    if tiled {
        entries.extend([(322, 32), (323, 32)]);
    } else {
        entries.extend([(273, 0), (278, 30), (279, pixels)]);
    }
    let extra = if tiled { 2 } else { 0 };
    let count = entries.len() + extra;
    let data_at = 8 + 2 + 12 * count as u32 + 4;
    let mut file = b"II*\0\x08\0\0\0".to_vec();
    file.extend((count as u16).to_le_bytes());
    for (tag, value) in &entries {
        let value = if *tag == 273 { data_at } else { *value };
        file.extend([tag.to_le_bytes(), 4_u16.to_le_bytes()].concat());
        file.extend([1_u32.to_le_bytes(), value.to_le_bytes()].concat());
    }
    for tag in [324_u16, 325].iter().take(extra) {
        file.extend([tag.to_le_bytes(), 4_u16.to_le_bytes()].concat());
        let at = data_at + if *tag == 324 { 0 } else { 8 };
        file.extend([2_u32.to_le_bytes(), at.to_le_bytes()].concat());
    }
    file.extend(0_u32.to_le_bytes());
    if tiled {
        [data_at + 16, data_at + 16 + 2048, 2048, 2048].iter().for_each(|v| file.extend(v.to_le_bytes()));
    }
    file.extend((0..pixels).map(|i| (i % 251) as u8));
    file
}
