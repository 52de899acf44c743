use std::sync::Arc;

use crate::{BandInfo, Nodata, RasterInfo, RasterSource, Result, SampleType, Samples, Window, with_real};

/// Packed samples as the values they stand for.
struct Unscaled {
    source: Arc<dyn RasterSource>,
    info: RasterInfo,
}

/// `source` with scale and offset applied, as floats of the type that [`BandInfo::unscaled`] names, else float32 where that holds every
/// packed sample and float64 where not. Nodata becomes NaN. A raster without scale and offset, or of complex samples, stays as it is.
pub fn unscaled(source: Arc<dyn RasterSource>) -> Arc<dyn RasterSource> {
    let packed = source.info();
    let is_packed = |band: &BandInfo| band.scale.is_some_and(|s| s != 1.0) || band.offset.is_some_and(|o| o != 0.0);
    if packed.sample.is_complex() || !packed.bands.iter().any(is_packed) {
        return source;
    }
    let types = packed.bands.iter().filter(|band| is_packed(band)).map(|band| band.unscaled.unwrap_or(natural(packed.sample)));
    let mut info = packed.clone();
    info.sample = if types.into_iter().any(|sample| sample == SampleType::F64) { SampleType::F64 } else { SampleType::F32 };
    // In packed units it would mislead, and what it excludes is NaN by now.
    info.metadata.remove("valid_range");
    for band in &mut info.bands {
        (band.scale, band.offset) = (None, None);
        band.nodata = band.nodata.map(|_| Nodata::Float(f64::NAN));
    }
    Arc::new(Unscaled { source, info })
}

/// The float type that holds every sample.
fn natural(sample: SampleType) -> SampleType {
    if sample.size() <= 2 || sample == SampleType::F32 { SampleType::F32 } else { SampleType::F64 }
}

impl RasterSource for Unscaled {
    fn info(&self) -> &RasterInfo {
        &self.info
    }
    fn read(&self, bands: &[usize], window: Window) -> Result<Vec<Samples>> {
        let packed = self.source.read(bands, window)?;
        let infos = bands.iter().map(|&band| self.source.info().bands.get(band));
        Ok(packed.iter().zip(infos).map(|(samples, band)| values(samples, band, self.info.sample)).collect())
    }
    fn read_mask(&self, window: Window) -> Result<Option<Vec<u8>>> {
        self.source.read_mask(window)
    }
}

/// In the arithmetic of the type that comes out, as xarray and CF have it: scale and offset are of that type themselves.
fn values(samples: &Samples, band: Option<&BandInfo>, sample: SampleType) -> Samples {
    let scale = band.and_then(|band| band.scale).unwrap_or(1.0);
    let offset = band.and_then(|band| band.offset).unwrap_or(0.0);
    let nodata = band.and_then(|band| band.nodata);
    macro_rules! applied {
        ($to:ty) => {
            with_real!(samples, values => {
                let none = nothing(samples, nodata);
                let (scale, offset) = (scale as $to, offset as $to);
                let one = |(v, none): (&_, bool)| if none { <$to>::NAN } else { *v as $to * scale + offset };
                values.iter().zip(none).map(one).collect()
            }, else vec![<$to>::NAN; samples.len()])
        };
    }
    match sample {
        SampleType::F32 => Samples::F32(applied!(f32)),
        _ => Samples::F64(applied!(f64)),
    }
}

/// Whether each sample is nodata, in the samples' own type.
fn nothing(samples: &Samples, nodata: Option<Nodata>) -> Vec<bool> {
    let Some(nodata) = nodata.filter(|nodata| nodata.fits(samples.sample_type())) else { return vec![false; samples.len()] };
    macro_rules! same {
        ($values:ident, $ty:ty) => {{
            let none = match nodata {
                Nodata::Int(v) => v as $ty,
                Nodata::Uint(v) => v as $ty,
                Nodata::Float(v) => v as $ty,
            };
            $values.iter().map(|v| *v == none).collect()
        }};
    }
    match samples {
        Samples::U8(v) => same!(v, u8),
        Samples::I8(v) => same!(v, i8),
        Samples::U16(v) => same!(v, u16),
        Samples::I16(v) => same!(v, i16),
        Samples::U32(v) => same!(v, u32),
        Samples::I32(v) => same!(v, i32),
        Samples::U64(v) => same!(v, u64),
        Samples::I64(v) => same!(v, i64),
        Samples::F32(v) => same!(v, f32),
        Samples::F64(v) => same!(v, f64),
        _ => vec![false; samples.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_samples_become_values_and_nodata_nan() {
        let band = |scale, offset, nodata: Option<f64>| BandInfo {
            scale: Some(scale),
            offset: Some(offset),
            nodata: nodata.map(Nodata::Float),
            ..BandInfo::default()
        };
        let packed = Samples::I16(vec![0, 100, -32_767]);
        let plain = values(&packed, Some(&band(0.01, 273.15, Some(-32_767.0))), SampleType::F32);
        let Samples::F32(plain) = plain else { panic!("{plain:?}") };
        assert_eq!(plain[..2], [273.15, 100f32 * 0.01 + 273.15]);
        assert!(plain[2].is_nan());
        let Samples::F64(all) = values(&Samples::U8(vec![255]), Some(&band(0.5, 0.0, None)), SampleType::F64) else { panic!() };
        assert_eq!(all, [127.5]);
    }
}
