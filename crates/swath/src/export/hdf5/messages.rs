use super::file::Placed;

/// The address of what is not there.
pub const NOWHERE: u64 = u64::MAX;

/// A message of an object header (IV.A.2).
pub struct Message {
    pub kind: u8,
    pub body: Vec<u8>,
}

/// Message types.
pub const DATASPACE: u8 = 0x01;
pub const LINK_INFO: u8 = 0x02;
pub const DATATYPE: u8 = 0x03;
pub const FILL: u8 = 0x05;
pub const LINK: u8 = 0x06;
pub const LAYOUT: u8 = 0x08;
pub const GROUP_INFO: u8 = 0x0a;
pub const FILTERS: u8 = 0x0b;
pub const ATTRIBUTE: u8 = 0x0c;

/// Where the chunks are found: layout version 3, chunked (IV.A.2.i); the last dimension is the element.
pub fn chunked(tree: u64, chunk: &[u64], element: usize) -> Message {
    let mut body = vec![3, 2, chunk.len() as u8 + 1];
    body.extend(tree.to_le_bytes());
    chunk.iter().for_each(|len| body.extend((*len as u32).to_le_bytes()));
    body.extend((element as u32).to_le_bytes());
    Message { kind: LAYOUT, body }
}

/// Layout version 3, in one piece.
pub fn contiguous(place: Placed) -> Message {
    let mut body = vec![3, 1];
    body.extend(place.at.to_le_bytes());
    body.extend(place.len.to_le_bytes());
    Message { kind: LAYOUT, body }
}

/// Bytes in the order of their place within elements, then deflate (IV.A.2.l, version 2).
pub fn shuffled_and_deflated(element: usize, level: u32) -> Message {
    let filter = |id: u16, value: u32| [&id.to_le_bytes()[..], &[0, 0, 1, 0], &value.to_le_bytes()].concat();
    let body = [vec![2, 2], filter(2, element as u32), filter(1, level)].concat();
    Message { kind: FILTERS, body }
}

/// What an element holds that was not written (IV.A.2.f, version 3): allocated late for arrays, as they grow for chunks.
pub fn fill(value: Option<&[u8]>, is_chunked: bool) -> Message {
    // Space is allocated incrementally (3) or late (2); the fill is written if it was set (2).
    let time = (if is_chunked { 3 } else { 2 }) | 2 << 2;
    let body = match value {
        Some(value) => [&[3, time | 1 << 5][..], &(value.len() as u32).to_le_bytes(), value].concat(),
        None => vec![3, time],
    };
    Message { kind: FILL, body }
}

/// Links are kept in the header, in the order of their making (IV.A.2.c).
pub fn link_info(links: usize) -> Message {
    let body = [&[0, 1][..], &(links as u64).to_le_bytes(), &NOWHERE.to_le_bytes(), &NOWHERE.to_le_bytes()].concat();
    Message { kind: LINK_INFO, body }
}

pub fn group_info() -> Message {
    Message { kind: GROUP_INFO, body: vec![0, 0] }
}

/// A hard link, with its place in the order of making (IV.A.2.g, version 1); the name's length takes two bytes.
pub fn link(name: &str, order: usize, at: u64) -> Message {
    let flags = 0b0001_0101;
    let body = [
        &[1, flags][..],
        &(order as u64).to_le_bytes(),
        // UTF-8.
        &[1],
        &(name.len() as u16).to_le_bytes(),
        name.as_bytes(),
        &at.to_le_bytes(),
    ];
    Message { kind: LINK, body: body.concat() }
}
