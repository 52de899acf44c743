/// One global heap collection (III.E) with an eight-byte object for each reference; objects are counted from 1.
pub fn encode(references: &[u64]) -> Vec<u8> {
    let used = 16 + references.len() * 24;
    let size = (used + 16).max(4096).next_multiple_of(8);
    let mut out = b"GCOL\x01\0\0\0".to_vec();
    out.extend((size as u64).to_le_bytes());
    for (i, reference) in references.iter().enumerate() {
        out.extend((i as u16 + 1).to_le_bytes());
        out.extend([1, 0, 0, 0, 0, 0]);
        out.extend(8u64.to_le_bytes());
        out.extend(reference.to_le_bytes());
    }
    // Object 0 is what is free, itself included.
    out.extend([0; 8]);
    out.extend(((size - used) as u64).to_le_bytes());
    out.resize(size, 0);
    out
}

/// References that one collection can hold.
pub const MOST: usize = 65_000;
