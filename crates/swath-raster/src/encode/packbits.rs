//! PackBits (TIFF 6.0, section 9): runs and literals, each row on its own.

/// Appends one row.
pub(super) fn pack_row(row: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    let mut literal = 0;
    while at < row.len() {
        let run = row[at..].iter().take(128).take_while(|&&b| b == row[at]).count();
        if run >= 3 || (run == 2 && literal == at) {
            put_literals(&row[literal..at], out);
            out.extend_from_slice(&[(257 - run) as u8, row[at]]);
            at += run;
            literal = at;
        } else {
            at += run;
        }
    }
    put_literals(&row[literal..], out);
}

fn put_literals(bytes: &[u8], out: &mut Vec<u8>) {
    for part in bytes.chunks(128) {
        out.push((part.len() - 1) as u8);
        out.extend_from_slice(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(mut bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        while let Some((&n, rest)) = bytes.split_first() {
            match n as i8 {
                n @ 0.. => {
                    out.extend_from_slice(&rest[..n as usize + 1]);
                    bytes = &rest[n as usize + 1..];
                }
                -128 => bytes = rest,
                n => {
                    out.resize(out.len() + (1 - isize::from(n)) as usize, rest[0]);
                    bytes = &rest[1..];
                }
            }
        }
        out
    }

    #[test]
    fn rows_unpack_to_themselves() {
        let rows: &[Vec<u8>] = &[
            vec![],
            vec![1],
            vec![1, 1],
            vec![1, 2],
            vec![7; 127],
            vec![7; 128],
            vec![7; 129],
            vec![7; 300],
            (0..=255).collect(),
            vec![1, 2, 2, 3, 3, 3, 4],
        ];
        for row in rows {
            let mut out = Vec::new();
            pack_row(row, &mut out);
            assert_eq!(&unpack(&out), row);
        }
    }
}
