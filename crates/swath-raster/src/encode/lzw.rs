//! LZW as TIFF has it (TIFF 6.0, section 13): most significant bit first, codes of 9 to 12 bits that grow one code early.

const CLEAR: u32 = 256;
const END: u32 = 257;
const FIRST: u32 = 258;
/// How many codes of each width lie between two clear codes; the clear code is as wide as the last.
const RUNS: [(u32, usize); 4] = [(9, 254), (10, 512), (11, 1024), (12, 2046)];
/// Codes after which the table is emptied.
const FULL: usize = 3836;
const SLOT_BITS: u32 = 14;
const SLOTS: usize = 1 << SLOT_BITS;
/// No string has all bits set: the last prefix is 4093.
const EMPTY: u32 = u32::MAX;

/// Two string tables, for two streams at a time.
pub(crate) struct Lzw {
    tables: Box<[Table; 2]>,
}

/// Open addressing: a slot is prefix code and next byte (20 bits), then the code they have together (12 bits).
struct Table {
    slots: [u32; SLOTS],
    /// What has been given out since the last clear code.
    codes: [u16; 4096],
}

impl Default for Lzw {
    fn default() -> Self {
        let table = || Table { slots: [EMPTY; SLOTS], codes: [0; 4096] };
        Self { tables: Box::new([table(), table()]) }
    }
}

impl Lzw {
    /// Encodes to the beginning of `room`, which grows as needed; answers how many bytes that took.
    pub(crate) fn encode(&mut self, bytes: &[u8], room: &mut Vec<u8>) -> usize {
        let [table, _] = &mut *self.tables;
        Stream::begin(table, bytes, room).end()
    }

    /// As [`Lzw::encode`] for two streams, a byte of each in turn: what one waits for from memory, the other uses to compute.
    pub(crate) fn encode_two(&mut self, bytes: [&[u8]; 2], rooms: [&mut Vec<u8>; 2]) -> [usize; 2] {
        let ([first, second], [a, b], [room_a, room_b]) = (&mut *self.tables, bytes, rooms);
        let (mut a, mut b) = (Stream::begin(first, a, room_a), Stream::begin(second, b, room_b));
        loop {
            let common = a.until_full().min(b.until_full());
            if common == 0 {
                break;
            }
            together(&mut a, &mut b, common);
            a.clear_if_full();
            b.clear_if_full();
        }
        [a.end(), b.end()]
    }
}

/// One stream on its way.
struct Stream<'a> {
    table: &'a mut Table,
    rest: &'a [u8],
    /// The code of the string so far, not yet given out; none in an empty stream.
    prefix: u32,
    empty: bool,
    /// Codes in the table.
    count: usize,
    to: BitWriter<'a>,
}

impl<'a> Stream<'a> {
    fn begin(table: &'a mut Table, bytes: &'a [u8], room: &'a mut Vec<u8>) -> Self {
        let mut to = BitWriter::new(room, bytes.len());
        to.put(CLEAR, 9);
        table.slots.fill(EMPTY);
        let (first, rest) = bytes.split_first().unwrap_or((&0, &[]));
        Self { table, rest, prefix: u32::from(*first), empty: bytes.is_empty(), count: 0, to }
    }

    /// Bytes that can be taken without looking at the table's end: each gives one code at most.
    fn until_full(&self) -> usize {
        (FULL - self.count).min(self.rest.len())
    }

    fn clear_if_full(&mut self) {
        if self.count == FULL {
            self.to.put_run(&self.table.codes[..FULL]);
            self.to.put(CLEAR, 12);
            self.table.slots.fill(EMPTY);
            self.count = 0;
        }
    }

    fn end(mut self) -> usize {
        if self.empty {
            self.to.put(END, 9);
            return self.to.finish();
        }
        while self.until_full() > 0 {
            let (some, rest) = self.rest.split_at(self.until_full());
            let (mut count, mut prefix) = (self.count, self.prefix);
            for &byte in some {
                step(self.table, &mut count, &mut prefix, byte);
            }
            (self.rest, self.count, self.prefix) = (rest, count, prefix);
            self.clear_if_full();
        }
        self.table.codes[self.count] = self.prefix as u16;
        let width = self.to.put_run(&self.table.codes[..=self.count]);
        if self.count + 1 == FULL {
            self.to.put(CLEAR, 12);
            self.to.put(END, 9);
        } else {
            self.to.put(END, width);
        }
        self.to.finish()
    }
}

fn together(a: &mut Stream<'_>, b: &mut Stream<'_>, bytes: usize) {
    let ((some_a, rest_a), (some_b, rest_b)) = (a.rest.split_at(bytes), b.rest.split_at(bytes));
    let (mut count_a, mut count_b) = (a.count, b.count);
    let (mut prefix_a, mut prefix_b) = (a.prefix, b.prefix);
    let (table_a, table_b) = (&mut *a.table, &mut *b.table);
    for (&byte_a, &byte_b) in some_a.iter().zip(some_b) {
        step(table_a, &mut count_a, &mut prefix_a, byte_a);
        step(table_b, &mut count_b, &mut prefix_b, byte_b);
    }
    (a.rest, a.count, a.prefix) = (rest_a, count_a, prefix_a);
    (b.rest, b.count, b.prefix) = (rest_b, count_b, prefix_b);
}

/// Takes one byte. Whether its string is known is as good as random, so nothing branches on it: the slot is written and the prefix
/// noted as a code in any case, and both count only if the string was new.
#[inline(always)]
fn step(table: &mut Table, count: &mut usize, prefix: &mut u32, byte: u8) {
    let byte = u32::from(byte);
    let key = *prefix << 8 | byte;
    let mut at = (key.wrapping_mul(0x9E37_79B1) >> (32 - SLOT_BITS)) as usize;
    let mut slot = table.slots[at];
    // Rarely, another string has the place. The product is one test where `&&` would be two jumps, one of them unpredictable.
    while u64::from(slot >> 12 ^ key) * u64::from(!slot) != 0 {
        at = (at + 1) & (SLOTS - 1);
        slot = table.slots[at];
    }
    let known = slot != EMPTY;
    table.codes[*count & 4095] = *prefix as u16;
    table.slots[at] = if known { slot } else { key << 12 | (FIRST + *count as u32) };
    *prefix = if known { slot & 0xFFF } else { byte };
    *count += usize::from(!known);
}

struct BitWriter<'a> {
    out: &'a mut [u8],
    at: usize,
    bits: u64,
    held: u32,
}

impl<'a> BitWriter<'a> {
    /// Room for the worst case: 12 bits for each byte, a clear code for each full table, and what is held back.
    fn new(room: &'a mut Vec<u8>, input: usize) -> Self {
        let most = input + input / 2 + input / 1024 + 32;
        if room.len() < most {
            room.resize(most, 0);
        }
        Self { out: room, at: 0, bits: 0, held: 0 }
    }

    /// At most 32 bits at a time.
    #[inline(always)]
    fn put(&mut self, bits: u32, width: u32) {
        self.bits = self.bits << width | u64::from(bits);
        self.held += width;
        if self.held >= 32 {
            self.held -= 32;
            let word = ((self.bits >> self.held) as u32).to_be_bytes();
            self.out[self.at..self.at + 4].copy_from_slice(&word);
            self.at += 4;
        }
    }

    /// The codes after a clear code, each as wide as its place asks; answers the width of the one that would come next.
    fn put_run(&mut self, mut codes: &[u16]) -> u32 {
        for (width, most) in RUNS {
            let (here, later) = codes.split_at(most.min(codes.len()));
            let (pairs, odd) = here.as_chunks::<2>();
            for [a, b] in pairs {
                self.put(u32::from(*a) << width | u32::from(*b), 2 * width);
            }
            odd.iter().for_each(|code| self.put(u32::from(*code), width));
            codes = later;
            if here.len() < most {
                return width;
            }
        }
        12
    }

    fn finish(self) -> usize {
        let left = (self.bits << (64 - self.held).min(63)).to_be_bytes();
        let bytes = self.held.div_ceil(8) as usize;
        self.out[self.at..self.at + bytes].copy_from_slice(&left[..bytes]);
        self.at + bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A decoder written from the specification, one code at a time.
    fn decode(bytes: &[u8]) -> Vec<u8> {
        let (mut out, mut table, mut width, mut at, mut old) = (Vec::new(), Vec::<Vec<u8>>::new(), 9, 0, None::<Vec<u8>>);
        loop {
            let code = (0..width).fold(0usize, |code, i| code << 1 | usize::from(bytes[(at + i) / 8] >> (7 - (at + i) % 8) & 1));
            at += width;
            match code as u32 {
                CLEAR => {
                    table = (0..258).map(|b| vec![b as u8]).collect();
                    (width, old) = (9, None);
                    continue;
                }
                END => return out,
                _ => {}
            }
            let word = match (&old, table.get(code)) {
                (_, Some(word)) => word.clone(),
                (Some(old), None) => [&old[..], &old[..1]].concat(),
                (None, None) => panic!("code {code} without a prefix"),
            };
            if let Some(old) = old {
                table.push([&old[..], &word[..1]].concat());
            }
            out.extend_from_slice(&word);
            old = Some(word);
            width = match table.len() + 1 {
                n if n >= 2048 => 12,
                n if n >= 1024 => 11,
                n if n >= 512 => 10,
                _ => 9,
            };
        }
    }

    #[test]
    fn what_is_encoded_decodes_to_itself() {
        let noise = |n: usize, m: u64| -> Vec<u8> {
            let mut state = 1u64;
            (0..n)
                .map(|_| {
                    state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                    ((state >> 40) % m) as u8
                })
                .collect()
        };
        let mut lzw = Lzw::default();
        for n in [0, 1, 2, 3, 254, 255, 256, 257, 3837, 3838, 3839, 3840, 5000, 60_000] {
            for m in [1, 2, 5, 256] {
                let bytes = noise(n, m);
                let mut out = Vec::new();
                let len = lzw.encode(&bytes, &mut out);
                assert!(decode(&out[..len]) == bytes, "{n} bytes of {m} values");
            }
        }
    }

    #[test]
    fn two_streams_are_what_each_is_alone() {
        let bytes: Vec<u8> = (0..40_000u32).map(|i| (i.wrapping_mul(2654435761) >> 17) as u8 & if i < 9000 { 3 } else { 255 }).collect();
        let mut lzw = Lzw::default();
        for (a, b) in [(0, 0), (0, 9), (1, 1), (5000, 40_000), (40_000, 5000), (39_999, 40_000), (3836, 3837)] {
            let (mut first, mut second) = (vec![], vec![]);
            let [len_a, len_b] = lzw.encode_two([&bytes[..a], &bytes[40_000 - b..]], [&mut first, &mut second]);
            first.truncate(len_a);
            second.truncate(len_b);
            let alone = |bytes: &[u8]| {
                let mut out = vec![];
                let len = Lzw::default().encode(bytes, &mut out);
                out.truncate(len);
                out
            };
            assert!(first == alone(&bytes[..a]) && second == alone(&bytes[40_000 - b..]), "{a} and {b} bytes");
        }
    }

    #[test]
    fn every_length_up_to_a_full_table_ends_well() {
        let bytes: Vec<u8> = (0..9000u32).map(|i| (i.wrapping_mul(2654435761) >> 13) as u8).collect();
        let mut lzw = Lzw::default();
        for n in (0..bytes.len()).step_by(7).chain(3820..3860) {
            let mut out = vec![9];
            let len = lzw.encode(&bytes[..n], &mut out);
            assert!(decode(&out[..len]) == bytes[..n], "{n} bytes");
        }
    }
}
