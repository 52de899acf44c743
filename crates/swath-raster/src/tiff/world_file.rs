use crate::{Affine, Error, Result};

/// Six lines: x size, row rotation, column rotation, y size, and the centre of the first pixel.
///
/// # Errors
/// Damaged where there are not six numbers.
pub(crate) fn parse(at: &str, text: &[u8]) -> Result<Affine> {
    let text = String::from_utf8_lossy(text);
    let numbers: Vec<f64> =
        text.split_whitespace().map_while(|word| word.replace(',', ".").parse().ok()).filter(|v: &f64| v.is_finite()).collect();
    let [a, d, b, e, x, y] = numbers[..] else {
        return Err(Error::damaged(at, format!("a world file of {} numbers", numbers.len()), "six, one per line"));
    };
    Ok(Affine { a, b, c: x - 0.5 * a - 0.5 * b, d, e, f: y - 0.5 * d - 0.5 * e })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_six_numbers_tie_the_centre_of_the_first_pixel() {
        let affine = parse("a.tfw", b"2\n0\n0\n-3\n101\n198.5\n").unwrap();
        assert_eq!(affine.to_array(), [2.0, 0.0, 100.0, 0.0, -3.0, 200.0]);
        assert!(parse("a.tfw", b"1 2 3").is_err());
        assert!(parse("a.tfw", b"1 2 3 4 5 inf").is_err());
    }
}
