//! One broken file of a whole one.

use crate::{
    dice::Dice,
    seeds::Seed,
    structure::{Part, Place, Structure},
};

const NUMBERS: &[u64] = &[
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    9,
    12,
    15,
    16,
    17,
    24,
    31,
    32,
    33,
    64,
    100,
    127,
    128,
    129,
    255,
    256,
    257,
    513,
    1000,
    4095,
    4096,
    16_384,
    32_767,
    32_768,
    60_000,
    65_535,
    65_536,
    1 << 20,
    1 << 24,
    0x7fff_fffe,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
    1 << 32,
    1 << 40,
    1 << 62,
    u64::MAX / 2,
    u64::MAX - 7,
    u64::MAX,
];
const TAGS: &[u16] = &[
    254, 255, 256, 257, 258, 259, 262, 266, 269, 270, 273, 277, 278, 279, 284, 305, 306, 317, 320, 322, 323, 324, 325, 330, 338, 339, 347,
    530, 33432, 33550, 33922, 34264, 34735, 34736, 34737, 42112, 42113, 50674, 50844,
];
const CODECS: &[u64] = &[1, 2, 3, 4, 5, 6, 7, 8, 32_773, 32_946, 34_712, 34_887, 34_925, 50_000, 50_001, 50_002];

pub fn mutated(seed: &Seed, seeds: &[Seed], dice: &mut Dice) -> Vec<u8> {
    let mut file = seed.bytes.clone();
    // Mutations of one kind tend to hide those that follow, so most files have few.
    let most = if dice.one_in(8) { 12 } else { 3 };
    for _ in 0..1 + dice.roll(most) {
        once(&mut file, &seed.structure, seeds, dice);
    }
    file
}

fn once(file: &mut Vec<u8>, structure: &Structure, seeds: &[Seed], dice: &mut Dice) {
    let wanted = |dice: &mut Dice, wants: fn(Part) -> bool| {
        let fitting: Vec<Place> = structure.places.iter().copied().filter(|place| wants(place.part)).collect();
        dice.pick(&fitting).copied()
    };
    match dice.roll(25) {
        0 => change_number(file, structure, wanted(dice, |part| part == Part::Tag), dice, tag),
        1 => change_number(file, structure, wanted(dice, |part| part == Part::Kind), dice, |_, _, _, dice| dice.roll(21) as u64),
        2 | 3 => change_number(file, structure, wanted(dice, |part| matches!(part, Part::Count { .. })), dice, number),
        4..=7 => change_number(file, structure, wanted(dice, |part| matches!(part, Part::Value { .. })), dice, number),
        8..=10 => change_number(file, structure, wanted(dice, |part| matches!(part, Part::Element { .. })), dice, number),
        11 => change_number(file, structure, wanted(dice, |part| part == Part::Pointer), dice, pointer),
        12 => change_number(file, structure, wanted(dice, |part| part == Part::Entries), dice, number),
        13 => change_number(file, structure, wanted(dice, |part| part == Part::Value { tag: 259 }), dice, |_, _, _, dice| {
            dice.pick(CODECS).copied().unwrap_or(1)
        }),
        14 => wanted(dice, |part| matches!(part, Part::Text { .. })).into_iter().for_each(|place| text(file, structure, place, dice)),
        15..=18 => wanted(dice, |part| part == Part::Block).into_iter().for_each(|place| block(file, place, seeds, dice)),
        19 => swap(file, wanted(dice, |p| matches!(p, Part::Entry { .. })), wanted(dice, |p| matches!(p, Part::Entry { .. }))),
        20 => wanted(dice, |part| part == Part::Magic).into_iter().for_each(|place| flip(file, place, dice)),
        21 => relocate(file, structure, dice),
        22 => longer(file, structure, wanted(dice, |part| matches!(part, Part::Entry { .. })), dice),
        23 => file.truncate(dice.roll(file.len() + 1)),
        _ => splice(file, dice),
    }
}

type Choice = fn(&[u8], &Structure, u64, &mut Dice) -> u64;

fn change_number(file: &mut [u8], structure: &Structure, place: Option<Place>, dice: &mut Dice, choose: Choice) {
    let Some(Place { at, len, .. }) = place else { return };
    let len = len.min(8);
    let Some(old) = structure.number(file, at, len) else { return };
    // The first of two short values that share an entry's room.
    let len = if len == 4 && dice.one_in(3) { 2 } else { len };
    let new = choose(file, structure, old, dice);
    structure.put(file, at, len, new);
}

fn tag(_: &[u8], _: &Structure, old: u64, dice: &mut Dice) -> u64 {
    if dice.one_in(5) { old ^ 1 << dice.roll(16) } else { u64::from(dice.pick(TAGS).copied().unwrap_or(0)) }
}

fn number(file: &[u8], structure: &Structure, old: u64, dice: &mut Dice) -> u64 {
    let len = file.len() as u64;
    match dice.roll(10) {
        0..=3 => dice.pick(NUMBERS).copied().unwrap_or(0),
        4 => old.wrapping_add(1),
        5 => old.wrapping_sub(1),
        6 => old.wrapping_mul(1 << dice.roll(17)),
        7 => old ^ 1 << dice.roll(64),
        8 => len.wrapping_sub(dice.roll(40) as u64),
        _ => dice.pick(&structure.places).map_or(0, |place| place.at as u64),
    }
}

fn pointer(file: &[u8], structure: &Structure, old: u64, dice: &mut Dice) -> u64 {
    match dice.roll(3) {
        0 => dice.pick(&structure.directories).map_or(old, |at| *at as u64),
        1 => dice.roll(file.len()) as u64,
        _ => number(file, structure, old, dice),
    }
}

const XML: &[&str] = &[
    "<Item name=\"CATEGORY_65535\" domain=\"CATEGORIES\" sample=\"0\">x</Item>",
    "<Item name=\"SCALE\" sample=\"0\" role=\"scale\">NaN</Item>",
    "<Item name=\"OFFSET\" sample=\"99999999999999999999\" role=\"offset\">1e999</Item>",
    "<!DOCTYPE a [<!ENTITY b \"bbbbbbbbbbbbbbbb\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><a>&c;</a>",
    "<![CDATA[",
    "&#0;&#x10ffff;&#xd800;&unknown;",
    "<<<<<<<<<<<<<<<<<<<<",
    "</GDALMetadata>",
    "<a b=\"1\" b=\"1\"/>",
    "<?xml version=\"1.1\" encoding=\"utf-16\"?>",
];

/// Text and byte values: bits, digits, and the crimes of XML.
fn text(file: &mut Vec<u8>, structure: &Structure, place: Place, dice: &mut Dice) {
    match dice.roll(4) {
        0 => flip(file, place, dice),
        1 => {
            let Some(crime) = dice.pick(XML) else { return };
            let from = place.at + dice.roll(place.len);
            for (to, byte) in file.iter_mut().skip(from).zip(crime.bytes()) {
                *to = byte;
            }
        }
        2 => {
            let Part::Text { tag } = place.part else { return };
            let (times, crime) = (1 << dice.roll(9), dice.pick(XML).copied().unwrap_or(""));
            let value = format!("<GDALMetadata>{}</GDALMetadata>\0", crime.repeat(times));
            point(file, structure, tag, value.as_bytes());
        }
        _ => {
            let Some(whole) = file.get_mut(place.at..place.at + place.len) else { return };
            let digits: Vec<usize> = (0..whole.len()).filter(|i| whole[*i].is_ascii_digit()).collect();
            if let Some(at) = dice.pick(&digits) {
                whole[*at] = b"0123456789-e.+nN,;"[dice.roll(18)];
            }
        }
    }
}

/// Makes the entries of `tag` point to bytes at the end of the file.
fn point(file: &mut Vec<u8>, structure: &Structure, tag: u16, value: &[u8]) {
    let size = structure.sizes().2;
    let end = file.len() as u64;
    for place in structure.places.iter().filter(|place| place.part == Part::Count { tag }) {
        structure.put(file, place.at, size, value.len() as u64);
        structure.put(file, place.at + size, size, end);
    }
    file.extend_from_slice(value);
}

fn flip(file: &mut [u8], place: Place, dice: &mut Dice) {
    for _ in 0..1 + dice.roll(4) {
        if let Some(byte) = file.get_mut(place.at + dice.roll(place.len)) {
            *byte ^= 1 << dice.roll(8);
        }
    }
}

fn block(file: &mut [u8], place: Place, seeds: &[Seed], dice: &mut Dice) {
    let Some(whole) = file.get_mut(place.at..place.at + place.len) else { return };
    match dice.roll(6) {
        0 => flip(file, place, dice),
        1 => {
            // The headers of codecs are where their sizes stand.
            let head = Place { len: place.len.min(64), ..place };
            flip(file, head, dice);
        }
        2 => {
            let at = dice.roll(whole.len());
            let end = (at + 1 + dice.roll(40)).min(whole.len());
            whole[at..end].fill([0, 0xff, 0x80, 0x7f][dice.roll(4)]);
        }
        3 => {
            let at = dice.roll(whole.len().min(200));
            let number = dice.pick(NUMBERS).copied().unwrap_or(0).to_le_bytes();
            whole[at..].iter_mut().zip(&number[..1 << dice.roll(4)]).for_each(|(to, from)| *to = *from);
        }
        4 => {
            let Some(other) = dice.pick(seeds) else { return };
            let blocks: Vec<&Place> = other.structure.places.iter().filter(|place| place.part == Part::Block).collect();
            let Some(from) = dice.pick(&blocks).and_then(|from| other.bytes.get(from.at..from.at + from.len)) else { return };
            whole.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
        }
        _ => {
            let (from, to, len) = (dice.roll(whole.len()), dice.roll(whole.len()), dice.roll(64));
            let len = len.min(whole.len() - from).min(whole.len() - to);
            whole.copy_within(from..from + len, to);
        }
    }
}

fn swap(file: &mut [u8], one: Option<Place>, other: Option<Place>) {
    let (Some(one), Some(other)) = (one, other) else { return };
    if one.at.max(other.at) + one.len > file.len() || one.at.abs_diff(other.at) < one.len {
        return;
    }
    for i in 0..one.len {
        file.swap(one.at + i, other.at + i);
    }
}

/// A directory moved to the end of the file, with an entry more or less; what pointed to it points there.
fn relocate(file: &mut Vec<u8>, structure: &Structure, dice: &mut Dice) {
    let (head, entry, size) = structure.sizes();
    let Some(&at) = dice.pick(&structure.directories) else { return };
    let Some(count) = structure.number(file, at, head).filter(|count| *count < 4000) else { return };
    let Some(table) = file.get(at + head..at + head + count as usize * entry + size).map(<[u8]>::to_vec) else { return };
    let mut rows: Vec<Vec<u8>> = table.chunks_exact(entry).take(count as usize).map(<[u8]>::to_vec).collect();
    for _ in 0..1 + dice.roll(3) {
        if dice.one_in(3) && !rows.is_empty() {
            rows.remove(dice.roll(rows.len()));
        } else {
            let mut row = vec![0; entry];
            structure.put(&mut row, 0, 2, u64::from(dice.pick(TAGS).copied().unwrap_or(0)));
            structure.put(&mut row, 2, 2, [1, 2, 3, 4, 12, 16][dice.roll(6)]);
            let value = number(file, structure, 1, dice);
            structure.put(&mut row, 4, size, if dice.one_in(2) { 1 } else { dice.pick(NUMBERS).copied().unwrap_or(1) });
            structure.put(&mut row, 4 + size, size, value);
            rows.insert(dice.roll(rows.len() + 1), row);
        }
    }
    let end = file.len() as u64;
    for place in structure.places.iter().filter(|place| place.part == Part::Pointer) {
        if structure.number(file, place.at, place.len) == Some(at as u64) {
            structure.put(file, place.at, place.len, end);
        }
    }
    let mut number = vec![0; head];
    structure.put(&mut number, 0, head, rows.len() as u64);
    file.extend(number);
    rows.iter().for_each(|row| file.extend(row));
    file.extend(&table[table.len() - size..]);
}

/// A value that is moved to the end of the file and made longer, so that large arrays are whole.
fn longer(file: &mut Vec<u8>, structure: &Structure, place: Option<Place>, dice: &mut Dice) {
    let Some(Place { part: Part::Entry { tag }, at, .. }) = place else { return };
    let size = structure.sizes().2;
    let count = [3_usize, 17, 300, 5000, 66_000][dice.roll(5)];
    let kind = [1, 3, 4, 12, 16][dice.roll(5)];
    structure.put(file, at + 2, 2, kind);
    let each = match kind {
        1 => 1,
        3 => 2,
        4 => 4,
        _ => 8,
    };
    let pattern = dice.word().to_le_bytes();
    let value: Vec<u8> = pattern.iter().copied().cycle().take(count * each).collect();
    point(file, structure, tag, &value);
    structure.put(file, at + 4, size, count as u64);
}

/// Bytes copied over, put in, or taken out anywhere.
fn splice(file: &mut Vec<u8>, dice: &mut Dice) {
    let len = dice.roll(60).min(file.len());
    let (from, to) = (dice.roll(file.len() - len + 1), dice.roll(file.len() - len + 1));
    let part = file[from..from + len].to_vec();
    match dice.roll(3) {
        0 => file.copy_within(from..from + len, to),
        1 => drop(file.splice(to..to, part)),
        _ => drop(file.drain(to..to + len)),
    }
}
