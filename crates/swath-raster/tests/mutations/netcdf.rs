//! NetCDF files, broken: classic headers by their fields, HDF5 files by their messages' numbers.

use crate::{
    dice::Dice,
    support::{data, files},
};

const LARGEST: u64 = 60_000;

/// Whole files: small ones written here, and those of the shared data where it is at hand.
pub fn inputs() -> Box<dyn Fn(&mut Dice, u64) -> (String, Vec<u8>)> {
    let mut seeds = vec![("classic".to_owned(), classic(1)), ("offset64".to_owned(), classic(2)), ("data64".to_owned(), classic(5))];
    if let Some(data) = data() {
        let is_small = |name: &String| std::fs::metadata(data.join(name)).is_ok_and(|facts| facts.len() <= LARGEST);
        let names = ["odd_netcdf", "cmip5_hadgem2_series"].iter().flat_map(|folder| files(&data, folder));
        seeds.extend(names.filter(is_small).map(|name| (name.clone(), std::fs::read(data.join(&name)).expect("test data"))));
    }
    Box::new(move |dice, input| {
        let (name, bytes) = &seeds[input as usize % seeds.len()];
        (name.clone(), mutated(bytes, dice))
    })
}

/// Numbers of a classic header are big-endian words; those of HDF5 are little-endian of any size.
fn mutated(whole: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut file = whole.to_vec();
    let hdf = file.starts_with(b"\x89HDF");
    // Metadata is at the front of classic files, and in front of pixels, mostly, in HDF5.
    let head = if hdf { file.len() } else { file.len().min(4000) };
    for _ in 0..1 + dice.roll(4) {
        if file.len() < 16 {
            break;
        }
        let at = dice.roll(head.min(file.len() - 8));
        match dice.roll(8) {
            0 => file.truncate(8 + at),
            1 => file[at] ^= 1 << dice.roll(8),
            2 => file[at] = dice.roll(256) as u8,
            3..=5 => {
                let extremes = [0_u64, 1, 2, 255, 0xffff, 60_000, 0x7fff_ffff, 0xffff_ffff, 1 << 40, u64::MAX, whole.len() as u64];
                let value = dice.pick(&extremes).copied().unwrap_or(0);
                let size = [1, 2, 4, 8][dice.roll(4)];
                let at = at / size * size;
                let bytes = if hdf { value.to_le_bytes()[..size].to_vec() } else { value.to_be_bytes()[8 - size..].to_vec() };
                file[at..at + size].copy_from_slice(&bytes);
            }
            6 => {
                let (len, to) = (dice.roll(40), dice.roll(file.len()));
                let len = len.min(file.len() - at).min(file.len() - to);
                file.copy_within(at..at + len, to);
            }
            _ => {
                let words: Vec<usize> = (0..file.len().min(head) - 4).filter(|at| file[*at..*at + 4].is_ascii()).collect();
                if let Some(at) = dice.pick(&words) {
                    file[*at + dice.roll(4)] = b" ,;:-0129eE./_"[dice.roll(14)];
                }
            }
        }
    }
    file
}

/// `t(time, lat, lon)` of shorts with scale, fill and units, in one of the classic formats.
fn classic(version: u8) -> Vec<u8> {
    let wide = version == 5;
    let number = |value: u32| if wide { u64::from(value).to_be_bytes().to_vec() } else { value.to_be_bytes().to_vec() };
    let word = |value: u32| value.to_be_bytes().to_vec();
    let padded = |bytes: &[u8]| [bytes, &[0, 0, 0][..(4 - bytes.len() % 4) % 4]].concat();
    let name = |text: &str| [number(text.len() as u32), padded(text.as_bytes())].concat();
    let text = |key: &str, value: &str| [name(key), word(2), number(value.len() as u32), padded(value.as_bytes())].concat();
    let real = |key: &str, value: f64| [name(key), word(6), number(1), value.to_be_bytes().to_vec()].concat();
    let attributes = |all: Vec<Vec<u8>>| [word(12), number(all.len() as u32), all.concat()].concat();
    let dimensions = [("time", 3), ("lat", 6), ("lon", 8)];
    let variables: Vec<(&str, Vec<u32>, u32, Vec<Vec<u8>>, Vec<u8>)> = vec![
        (
            "time",
            vec![0],
            6,
            vec![text("units", "days since 2000-01-01"), text("calendar", "360_day")],
            [0.0_f64, 30.0, 60.0].iter().flat_map(|v| v.to_be_bytes()).collect(),
        ),
        (
            "lat",
            vec![1],
            6,
            vec![text("units", "degrees_north")],
            (0..6).flat_map(|i| (f64::from(i) * 10.0 - 25.0).to_be_bytes()).collect(),
        ),
        ("lon", vec![2], 6, vec![text("units", "degrees_east")], (0..8).flat_map(|i| (f64::from(i) * 45.0).to_be_bytes()).collect()),
        (
            "t",
            vec![0, 1, 2],
            3,
            vec![text("units", "K"), real("scale_factor", 0.01), real("add_offset", 250.0), text("cell_methods", "time: mean")],
            (0..144_u16).flat_map(|i| i.wrapping_mul(411).to_be_bytes()).collect(),
        ),
    ];
    let head = |begins: &[u64]| {
        let mut file = vec![b'C', b'D', b'F', version];
        file.extend(number(0));
        file.extend([word(10), number(3)].concat());
        dimensions.iter().for_each(|(key, size)| file.extend([name(key), number(*size)].concat()));
        file.extend(attributes(vec![text("Conventions", "CF-1.8")]));
        file.extend([word(11), number(variables.len() as u32)].concat());
        for ((key, over, kind, own, values), begin) in variables.iter().zip(begins) {
            file.extend([name(key), number(over.len() as u32), over.iter().flat_map(|d| number(*d)).collect()].concat());
            file.extend([attributes(own.clone()), word(*kind), number(values.len() as u32)].concat());
            file.extend(if version == 1 { word(*begin as u32) } else { begin.to_be_bytes().to_vec() });
        }
        file
    };
    let mut begins = vec![head(&[0; 4]).len() as u64];
    for (.., values) in &variables {
        begins.push(begins[begins.len() - 1] + values.len() as u64);
    }
    let mut file = head(&begins);
    variables.iter().for_each(|(.., values)| file.extend(values));
    file
}
