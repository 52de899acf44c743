use std::collections::BTreeMap;

use crate::{
    BandInfo, ColorInterp, Error, Family, Format, Grid, Interleave, MaskKind, Nodata, RasterInfo, Result, SampleType,
    decode::Photometric,
    tiff::{
        field::{Fields, Values},
        gdal_metadata::{self, GdalMetadata},
        georeference,
        layout::Layout,
        rpc, tags,
    },
};

/// What the tags of the first page say of its pixels.
///
/// # Errors
/// Damaged where georeferencing tags contradict themselves.
pub(crate) fn info(at: &str, fields: &Fields, layout: &Layout) -> Result<RasterInfo> {
    let keys = georeference::geo_keys(fields);
    let pixel_is_point = georeference::pixel_is_point(&keys);
    let (transform, georeference) = georeference::georeference(at, fields, pixel_is_point)?;
    let gdal = fields.text(tags::GDAL_METADATA).map(|text| gdal_metadata::parse(&text)).unwrap_or_default();
    let mut metadata = gdal.dataset.clone();
    for (tag, name) in tags::TEXTS {
        if let Some(text) = fields.text(*tag) {
            metadata.insert((*name).to_owned(), if text.trim().is_empty() { String::new() } else { text });
        }
    }
    metadata.extend(numbers(fields));
    let mut domains = gdal.domains.clone();
    domains.extend(rpc::named(&fields.floats(tags::RPC_COEFFICIENTS)).map(|items| (rpc::DOMAIN.to_owned(), items)));
    let crs = if keys.directory.is_empty() {
        None
    } else {
        if georeference::has_raster_type(&keys) {
            metadata.insert("AREA_OR_POINT".to_owned(), if pixel_is_point { "Point" } else { "Area" }.to_owned());
        }
        crs_or_note(keys.to_crs(), &mut metadata).map_err(|e| e.within(at))?
    };
    let nodata = fields.text(tags::GDAL_NODATA).and_then(|text| Nodata::parse(&text, layout.sample()));
    let nodata = nodata.filter(|nodata| nodata.is_in_range(layout.sample())).map(|n| n.rounded_to(layout.sample()));
    let mut bands: Vec<BandInfo> = (0..usize::from(layout.samples)).map(|band| band_info(band, fields, layout, &gdal, nodata)).collect();
    // Heights are counted in the unit of their CRS.
    if let Some(unit) = keys.vertical_unit() {
        bands.iter_mut().filter(|band| band.unit.is_none()).for_each(|band| band.unit = Some(unit.clone()));
    }
    let mask = if nodata.is_some() {
        MaskKind::Nodata
    } else if masks_by_alpha(&bands, layout.sample()) {
        MaskKind::Alpha
    } else {
        MaskKind::AllValid
    };
    Ok(RasterInfo {
        name: String::new(),
        format: Format::Tiff,
        grid: Grid { crs, transform, shape: layout.shape },
        georeference,
        sample: layout.sample(),
        bands,
        block: layout.block,
        compression: layout.encoding.compression.word(),
        interleave: if layout.pixel_interleaved && layout.samples > 1 { Interleave::Pixel } else { Interleave::Band },
        overviews: Vec::new(),
        mask,
        pixel_is_point,
        metadata,
        domains,
    })
}

/// As GDAL spells them.
fn numbers(fields: &Fields) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (tag, name) in tags::NUMBERS {
        let Some(value) = fields.array(*tag).and_then(|v| v.float(0)).filter(|v| v.is_finite()) else { continue };
        let text = match (*tag, value as u64) {
            (tags::RESOLUTION_UNIT, 1) => "1 (unitless)".to_owned(),
            (tags::RESOLUTION_UNIT, 2) => "2 (pixels/inch)".to_owned(),
            (tags::RESOLUTION_UNIT, 3) => "3 (pixels/cm)".to_owned(),
            (tags::X_RESOLUTION | tags::Y_RESOLUTION, _) => eight_digits(value),
            _ => value.to_string(),
        };
        all.insert((*name).to_owned(), text);
    }
    all
}

/// As C writes `%.8g`, without exponents.
fn eight_digits(value: f64) -> String {
    let magnitude = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    let decimals = usize::try_from(7 - magnitude).unwrap_or(0).min(12);
    let text = format!("{:.decimals$}", f64::from(value as f32));
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Where swath knows no such CRS the pixels stay readable; the metadata says why it is absent.
///
/// # Errors
/// Damaged passes through.
pub(crate) fn crs_or_note<T>(crs: Result<Option<T>>, metadata: &mut BTreeMap<String, String>) -> Result<Option<T>> {
    match crs {
        Err(Error { family: Family::Damaged, at, found, right, hint }) => Err(Error { family: Family::Damaged, at, found, right, hint }),
        Err(error) => {
            metadata.insert("SWATH_CRS".to_owned(), error.to_string());
            Ok(None)
        }
        Ok(crs) => Ok(crs),
    }
}

/// As GDAL has it: the last of two or four bands, of 8 or 16 bits.
fn masks_by_alpha(bands: &[BandInfo], sample: SampleType) -> bool {
    matches!(bands.len(), 2 | 4)
        && matches!(sample, SampleType::U8 | SampleType::U16)
        && bands.last().is_some_and(|band| band.color == ColorInterp::Alpha)
}

fn band_info(band: usize, fields: &Fields, layout: &Layout, gdal: &GdalMetadata, nodata: Option<Nodata>) -> BandInfo {
    let mut told = gdal.bands.get(&band).cloned().unwrap_or_default();
    let classes = told.categories.last_key_value().map_or(0, |(last, _)| u32::from(*last) + 1);
    let categories = (0..classes).map(|class| told.categories.remove(&(class as u16)).unwrap_or_default()).collect();
    BandInfo {
        name: told.description.filter(|d| !d.is_empty()),
        unit: told.unit.filter(|u| !u.is_empty()),
        scale: told.scale,
        offset: told.offset,
        unscaled: None,
        nodata,
        color: told.color.and_then(|name| color_named(&name)).unwrap_or_else(|| color(band, layout)),
        palette: (band == 0).then(|| palette(fields, layout, nodata)).flatten(),
        categories,
        time: None,
        metadata: told.items,
        domains: told.domains,
    }
}

fn color(band: usize, layout: &Layout) -> ColorInterp {
    let encoding = &layout.encoding;
    let rgb = [ColorInterp::Red, ColorInterp::Green, ColorInterp::Blue];
    let extra = || {
        let first = usize::from(layout.samples).saturating_sub(layout.extra.len());
        // 1 and 2: associated and unassociated alpha.
        match band.checked_sub(first).and_then(|i| layout.extra.get(i)) {
            Some(1 | 2) => ColorInterp::Alpha,
            _ => ColorInterp::Undefined,
        }
    };
    match encoding.photometric {
        Photometric::Rgb | Photometric::YCbCr => rgb.get(band).copied().unwrap_or_else(extra),
        Photometric::Cmyk if encoding.is_shown_as_rgba() => rgb.get(band).copied().unwrap_or(ColorInterp::Alpha),
        Photometric::Cmyk => {
            [ColorInterp::Cyan, ColorInterp::Magenta, ColorInterp::Yellow, ColorInterp::Black].get(band).copied().unwrap_or_else(extra)
        }
        Photometric::Palette if band == 0 => ColorInterp::Palette,
        Photometric::BlackIsZero if band == 0 && encoding.bits == 1 && layout.samples == 1 => ColorInterp::Palette,
        Photometric::WhiteIsZero if band == 0 && encoding.bits <= 16 => ColorInterp::Palette,
        Photometric::WhiteIsZero if band == 0 && extra() == ColorInterp::Undefined => ColorInterp::Undefined,
        _ if band == 0 && extra() == ColorInterp::Undefined => ColorInterp::Gray,
        _ => extra(),
    }
}

/// Further colour interpretations of GDAL, which mean nothing to what is done here.
const OTHER_COLORS: &[&str] = &[
    "Hue",
    "Saturation",
    "Lightness",
    "YCbCr_Y",
    "YCbCr_Cb",
    "YCbCr_Cr",
    "Pan",
    "Coastal",
    "RedEdge",
    "NIR",
    "SWIR",
    "MWIR",
    "LWIR",
    "TIR",
    "OtherIR",
    "SAR_Ka",
    "SAR_K",
    "SAR_Ku",
    "SAR_X",
    "SAR_C",
    "SAR_S",
    "SAR_L",
    "SAR_P",
];

/// GDAL's names.
pub(crate) fn color_named(name: &str) -> Option<ColorInterp> {
    Some(match name.trim().to_ascii_lowercase().as_str() {
        "gray" => ColorInterp::Gray,
        "palette" => ColorInterp::Palette,
        "red" => ColorInterp::Red,
        "green" => ColorInterp::Green,
        "blue" => ColorInterp::Blue,
        "alpha" => ColorInterp::Alpha,
        "cyan" => ColorInterp::Cyan,
        "magenta" => ColorInterp::Magenta,
        "yellow" => ColorInterp::Yellow,
        "black" => ColorInterp::Black,
        "undefined" => ColorInterp::Undefined,
        other => ColorInterp::Other(OTHER_COLORS.iter().find(|name| name.eq_ignore_ascii_case(other))?),
    })
}

/// Tag 320, whatever the photometric tag says: all reds, all greens, all blues, of 16 bits each. Where there is none, pictures whose
/// zero is white run from white to black, and one bit is black and white.
fn palette(fields: &Fields, layout: &Layout, nodata: Option<Nodata>) -> Option<Vec<[u8; 4]>> {
    let bits = layout.encoding.bits;
    if bits > 16 {
        return None;
    }
    let count = 1_u64 << bits;
    match (fields.array(tags::COLOR_MAP).filter(|map| map.len() >= 3 * count), layout.encoding.photometric) {
        (Some(map), _) => color_map(map, count, nodata),
        (None, Photometric::WhiteIsZero) => {
            let shade = |value: u64| ((count - 1 - value) * 255 / (count - 1)) as u8;
            Some((0..count).map(|value| [shade(value), shade(value), shade(value), 255]).collect())
        }
        (None, Photometric::BlackIsZero) if bits == 1 && layout.samples == 1 => Some(vec![[0, 0, 0, 255], [255; 4]]),
        _ => None,
    }
}

/// Writers stretch 8 bits to 16 by 256 or by 257: the former where all values say so. The colour of nodata is transparent.
fn color_map(map: &Values, count: u64, nodata: Option<Nodata>) -> Option<Vec<[u8; 4]>> {
    let values: Vec<u64> = (0..3 * count).map_while(|at| map.unsigned(at)).collect();
    let by_256 = values.iter().any(|v| *v > 0) && values.iter().all(|v| v % 256 == 0);
    let channel = |at: u64| values.get(at as usize).map(|v| (v / if by_256 { 256 } else { 257 }) as u8);
    let opacity = |at: u64| if nodata.is_some_and(|nodata| nodata.as_f64() == at as f64) { 0 } else { 255 };
    (0..count).map(|at| Some([channel(at)?, channel(at + count)?, channel(at + 2 * count)?, opacity(at)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolutions_are_written_with_eight_digits() {
        for (value, text) in [(72.0, "72"), (118.1102, "118.1102"), (833.333_34, "833.33331"), (0.0, "0"), (1_886.792_5, "1886.7925")] {
            assert_eq!(eight_digits(value), text);
        }
    }
}
