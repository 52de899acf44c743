use lerc_writer::{EncodeOptions, EncoderProfile, MaskView, RasterView, encode};

use super::codec::fault;
use crate::{Result, SampleType, Samples};

/// Appends a square block of interleaved samples as one Lerc2 blob, no sample further off than `max_z_error`.
/// A pixel with a NaN in any band is stored as invalid and reads as NaN.
///
/// # Errors
/// Unsupported where LERC has no such sample type, or with what the encoder says.
pub(crate) fn lerc(bytes: &[u8], sample: SampleType, side: u32, bands: usize, max_z_error: f64, out: &mut Vec<u8>) -> Result<()> {
    let options = EncodeOptions::new().with_max_z_error(max_z_error).with_profile(EncoderProfile::Gdal);
    let fail = |e: &dyn std::fmt::Display| fault("lerc", e.to_string());
    macro_rules! blob {
        ($values:expr, $is_nan:expr) => {{
            let valid: Vec<u8> = $values.chunks_exact(bands).map(|pixel| u8::from(!pixel.iter().any($is_nan))).collect();
            let mask = match valid.contains(&0) {
                true => Some(MaskView::new(side, side, &valid).map_err(|e| fail(&e))?),
                false => None,
            };
            let view = RasterView::new(side, side, bands as u32, &$values).map_err(|e| fail(&e))?;
            encode(view, mask, options).map_err(|e| fail(&e))?
        }};
    }
    let blob = match Samples::from_bytes(sample, bytes) {
        Samples::U8(v) => blob!(v, |_| false),
        Samples::I8(v) => blob!(v, |_| false),
        Samples::U16(v) => blob!(v, |_| false),
        Samples::I16(v) => blob!(v, |_| false),
        Samples::U32(v) => blob!(v, |_| false),
        Samples::I32(v) => blob!(v, |_| false),
        Samples::F32(v) => blob!(v, |v: &f32| v.is_nan()),
        Samples::F64(v) => blob!(v, |v: &f64| v.is_nan()),
        other => return Err(fault("lerc", format!("{} samples", other.sample_type().name()))),
    };
    out.extend_from_slice(&blob);
    Ok(())
}
