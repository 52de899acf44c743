use swath_raster::{SampleType, Samples};

use super::Stack;

/// `stored * scale + offset` per band, as 32-bit floats for samples of up to 16 bits and float32, else 64-bit; NaN where there is no data.
pub fn rescale(stack: Stack) -> Stack {
    let source = stack.sample();
    if source.is_complex() {
        return stack;
    }
    let [times, bands, ..] = stack.shape();
    let short = source == SampleType::F32 || (source.is_integer() && source.size() <= 2);
    let (mut singles, mut doubles) = (Vec::new(), Vec::new());
    for time in 0..times {
        for band in 0..bands {
            let about = &stack.bands[band];
            let (scale, offset) = (about.scale.unwrap_or(1.0), about.offset.unwrap_or(0.0));
            let values = stack.plane_f64(time, band).into_iter().map(|v| v * scale + offset);
            if short {
                singles.extend(values.map(|v| v as f32));
            } else {
                doubles.extend(values);
            }
        }
    }
    let data = if short { Samples::F32(singles) } else { Samples::F64(doubles) };
    let bands = stack.bands.iter().cloned().map(|b| super::Band { scale: None, offset: None, ..b }).collect();
    Stack { data, bands, nodata: None, valid: None, ..stack }
}
