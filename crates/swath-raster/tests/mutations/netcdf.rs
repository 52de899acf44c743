//! NetCDF files, broken: classic headers by their fields, HDF5 files by their messages' numbers.

use crate::{
    classic::classic,
    dice::Dice,
    support::{data, files},
};

const LARGEST: u64 = 60_000;

/// Whole files: small ones written here, and those of the shared data where it is at hand.
pub fn inputs() -> crate::run::Inputs {
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
