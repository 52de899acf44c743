use super::file::Placed;
use super::messages::NOWHERE;

/// Children of a node: twice the 'K' that readers take where the file names none.
const CHILDREN: usize = 64;

/// Nodes of a version 1 B-tree over the chunks of an array (III.A.1), to be written at `at`; and the address of its root.
///
/// `chunks` are all chunks in row-major order of their grid.
pub fn tree(shape: &[u64], chunk: &[u64], chunks: &[Placed], at: u64) -> (Vec<u8>, u64) {
    let corners = corners(shape, chunk);
    let rank = shape.len();
    // Past every chunk: one more along the first dimension.
    let mut end = vec![0; rank];
    end[0] = shape[0].div_ceil(chunk[0].max(1)) * chunk[0].max(1);
    let mut level: Vec<Entry> =
        corners.into_iter().zip(chunks).map(|(corner, place)| Entry { corner, size: place.len as u32, at: place.at }).collect();
    if level.is_empty() {
        return (Vec::new(), NOWHERE);
    }
    let node_size = 24 + CHILDREN * 8 + (CHILDREN + 1) * (8 + 8 * (rank + 1));
    let (mut bytes, mut height) = (Vec::new(), 0u8);
    loop {
        let first = at + bytes.len() as u64;
        let nodes = level.chunks(CHILDREN);
        let count = nodes.len();
        let address = |i: usize| first + (i * node_size) as u64;
        let mut above = Vec::with_capacity(count);
        for (i, entries) in nodes.enumerate() {
            let left = if i > 0 { address(i - 1) } else { NOWHERE };
            let right = if i + 1 < count { address(i + 1) } else { NOWHERE };
            let after = level.get((i + 1) * CHILDREN).map_or(&end, |next| &next.corner);
            let node = node(height, [left, right], entries, after, node_size);
            bytes.extend(node);
            above.push(Entry { corner: entries[0].corner.clone(), size: entries[0].size, at: address(i) });
        }
        if count == 1 {
            return (bytes, first);
        }
        (level, height) = (above, height + 1);
    }
}

struct Entry {
    corner: Vec<u64>,
    size: u32,
    at: u64,
}

fn node(height: u8, siblings: [u64; 2], entries: &[Entry], after: &[u64], size: usize) -> Vec<u8> {
    let mut out = b"TREE\x01".to_vec();
    out.push(height);
    out.extend((entries.len() as u16).to_le_bytes());
    siblings.iter().for_each(|s| out.extend(s.to_le_bytes()));
    for entry in entries {
        key(&mut out, entry.size, &entry.corner);
        out.extend(entry.at.to_le_bytes());
    }
    key(&mut out, 0, after);
    out.resize(size, 0);
    out
}

/// Bytes of the chunk, filters left out, its first element; the element's own dimension is 0.
fn key(out: &mut Vec<u8>, size: u32, corner: &[u64]) {
    out.extend(size.to_le_bytes());
    out.extend([0; 4]);
    corner.iter().for_each(|at| out.extend(at.to_le_bytes()));
    out.extend([0; 8]);
}

/// The first element of every chunk, in row-major order.
fn corners(shape: &[u64], chunk: &[u64]) -> Vec<Vec<u64>> {
    let mut corners = vec![Vec::new()];
    for (len, step) in shape.iter().zip(chunk) {
        let places = (0..len.div_ceil((*step).max(1))).map(|i| i * step);
        corners = corners.iter().flat_map(|c| places.clone().map(move |p| [c.as_slice(), &[p]].concat())).collect();
    }
    corners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_grows_levels_where_a_node_is_full() {
        for (side, nodes) in [(8, 1), (9, 3), (64, 65), (65, 70)] {
            let shape = [side, side];
            let places = vec![Placed { at: 100, len: 10 }; (side * side) as usize];
            let (bytes, root) = tree(&shape, &[1, 1], &places, 4096);
            let size = 24 + CHILDREN * 8 + (CHILDREN + 1) * 32;
            assert_eq!(bytes.len() / size, nodes, "{side}");
            assert_eq!(root, 4096 + ((nodes - 1) * size) as u64);
        }
    }
}
