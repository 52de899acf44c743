use crate::{
    Error, Result,
    decode::{
        Encoding, Photometric,
        jpeg::{color, frame::Stream, plane, progressive, scan, upsample},
    },
};

/// One JPEG stream, its tables possibly in tag 347. YCbCr becomes RGB; every other colour stays as stored.
///
/// # Errors
/// Unsupported for 12 bits and for lossless or arithmetic JPEG; Damaged where the stream is none or has another size.
pub(in crate::decode) fn decode(encoding: &Encoding, stored: &[u8], width: usize, height: usize) -> Result<Vec<u8>> {
    if encoding.bits != 8 {
        return Err(Error::unsupported("", format!("JPEG with {} bits per sample", encoding.bits), "supported: 8")
            .hint("convert the file first, for instance: gdal_translate -co COMPRESS=DEFLATE IN OUT"));
    }
    let mut stream = Stream::default();
    stream.read_tables(&encoding.jpeg_tables)?;
    let mut at = stream.read_head(stored)?;
    let frame = stream.frame.take().ok_or_else(|| Error::damaged("", "a jpeg stream without a frame", "a frame before the first scan"))?;
    let tallest = height.max(encoding.rows);
    if frame.width != width || frame.height < height || frame.height > tallest || frame.components.len() != encoding.per_pixel {
        let found = format!("a jpeg of {} x {} with {} components", frame.width, frame.height, frame.components.len());
        return Err(Error::damaged("", found, format!("{width} x {height} with {}", encoding.per_pixel)));
    }
    if frame.progressive {
        return progressive::decode(encoding, stored, width, height);
    }
    let mut planes = plane::planes(&frame);
    let mut seen = vec![false; planes.len()];
    while let Some(scan) = stream.read_scan(stored, &mut at, &frame)? {
        scan.components.iter().for_each(|c| seen[c.index] = true);
        at = scan::decode(&stream, &frame, &scan, stored, at, &mut planes)?;
        if seen.iter().all(|seen| *seen) {
            break;
        }
    }
    if !seen.iter().all(|seen| *seen) {
        return Err(Error::damaged("", "a jpeg stream that ends before all its components", ""));
    }
    let full: Vec<_> = planes.iter().zip(&frame.components).map(|(plane, c)| upsample::full(plane, &frame, c, width, height)).collect();
    let pixels = color::interleave(&full, encoding.photometric == Photometric::YCbCr && full.len() == 3);
    plane::keep(planes);
    Ok(pixels)
}
