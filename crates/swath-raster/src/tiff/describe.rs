use std::collections::BTreeMap;

use crate::{
    BandInfo, ColorInterp, Error, Family, Format, Grid, Interleave, MaskKind, Nodata, RasterInfo, Result, SampleType,
    decode::Photometric,
    tiff::{
        field::Fields,
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
        if let Some(text) = fields.text(*tag).filter(|text| !text.is_empty()) {
            metadata.insert((*name).to_owned(), text);
        }
    }
    metadata.extend(numbers(fields));
    let mut domains = gdal.domains.clone();
    domains.extend(rpc::named(&fields.floats(tags::RPC_COEFFICIENTS)).map(|items| (rpc::DOMAIN.to_owned(), items)));
    let crs = if keys.directory.is_empty() {
        None
    } else {
        metadata.insert("AREA_OR_POINT".to_owned(), if pixel_is_point { "Point" } else { "Area" }.to_owned());
        crs_or_note(keys.to_crs(), &mut metadata).map_err(|e| e.within(at))?
    };
    let nodata = fields.text(tags::GDAL_NODATA).and_then(|text| Nodata::parse(&text, layout.sample()));
    let bands: Vec<BandInfo> = (0..usize::from(layout.samples))
        .map(|band| band_info(band, fields, layout, &gdal, nodata.map(|n| n.rounded_to(layout.sample()))))
        .collect();
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
            (tags::X_RESOLUTION | tags::Y_RESOLUTION, _) => (value as f32).to_string(),
            _ => value.to_string(),
        };
        all.insert((*name).to_owned(), text);
    }
    all
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
        nodata,
        color: told.color.and_then(|name| color_named(&name)).unwrap_or_else(|| color(band, layout)),
        palette: (band == 0).then(|| palette(fields, layout)).flatten(),
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
        Photometric::WhiteIsZero | Photometric::BlackIsZero if band == 0 && encoding.bits == 1 && layout.samples == 1 => {
            ColorInterp::Palette
        }
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

/// Tag 320: all reds, all greens, all blues, of 16 bits each. One bit without a palette is black and white.
fn palette(fields: &Fields, layout: &Layout) -> Option<Vec<[u8; 4]>> {
    let (bits, photometric) = (layout.encoding.bits, layout.encoding.photometric);
    let (black, white) = ([0, 0, 0, 255], [255; 4]);
    // GDAL takes a map for a palette even where the photometric tag says grey.
    let grey = layout.samples == 1 && matches!(photometric, Photometric::BlackIsZero | Photometric::WhiteIsZero);
    if bits <= 16
        && (grey || photometric == Photometric::Palette)
        && let Some(map) = fields.array(tags::COLOR_MAP)
    {
        let count = 1_u64 << bits;
        let channel = |at: u64| map.unsigned(at).map(|v| (v >> 8) as u8);
        return (0..count).map(|i| Some([channel(i)?, channel(i + count)?, channel(i + 2 * count)?, 255])).collect();
    }
    match photometric {
        Photometric::BlackIsZero if bits == 1 && grey => Some(vec![black, white]),
        Photometric::WhiteIsZero if bits == 1 && grey => Some(vec![white, black]),
        _ => None,
    }
}
