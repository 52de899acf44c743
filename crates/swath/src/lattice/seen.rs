//! What a person should know of how rasters are taken, and what the plan offers instead.

use swath_raster::RasterInfo;

use super::gather::Sighting;
use crate::Geolocation;
use crate::plan_file::DatasetTable;
use crate::view::off_grid;

/// Notes of `swath plan` on rasters that are not what they seem.
pub(super) fn notes(sightings: &[Sighting], dataset: &DatasetTable) -> Vec<String> {
    let mut notes = Vec::new();
    let off: Vec<_> = sightings.iter().filter_map(|s| Some((s, off_grid(&s.info)?))).collect();
    if let Some((first, error)) = off.first().filter(|_| dataset.view.geolocation == Geolocation::Gcps) {
        notes.push(format!(
            "{}: {}; {} kept as {} with ground control points (`gdalwarp -tps` or `cdo remapbil` makes a regular grid; `geolocation = \"refuse\"` leaves out)",
            first.variable,
            error.found,
            if off.len() == 1 { "it is".to_owned() } else { format!("{} such rasters are", off.len()) },
            if off.len() == 1 { "it is" } else { "they are" },
        ));
    }
    for key in ["SWATH_UNEVEN", "SWATH_CRS"] {
        let said = sightings.iter().find_map(|s| Some((&s.variable, s.info.metadata.get(key)?)));
        notes.extend(said.map(|(variable, text)| format!("{variable}: {text}")));
    }
    notes
}

/// Keys of a `[[dataset]]` that fit what these headers say, each with what it would do; written into a new plan as comments.
pub(crate) fn offers(infos: &[&RasterInfo]) -> Vec<&'static str> {
    let packed = |info: &&RasterInfo| info.bands.iter().any(|b| b.scale.is_some_and(|s| s != 1.0) || b.offset.is_some_and(|o| o != 0.0));
    let eastern = |info: &&RasterInfo| {
        let crs = info.grid.crs.as_ref().is_some_and(|crs| crs.is_geographic() && crs.unit() == "degree");
        crs && info.georeference == swath_raster::Georeference::Affine && info.grid.bounds().right > 180.0 + info.grid.transform.a
    };
    let all = [
        (
            infos.iter().any(packed),
            "unscale = true                # scale and offset applied, as floats; left out, packed samples stay as they are",
        ),
        (
            infos.iter().any(eastern),
            "wrap_longitude = \"exact\"      # columns rolled from 0..360 to -180..180; \"centre\" where one lies across 180",
        ),
        (
            infos.iter().any(|info| off_grid(info).is_some()),
            "geolocation = \"refuse\"        # leaves out rasters on no regular grid; left out, they are kept with ground control points",
        ),
    ];
    all.into_iter().filter(|(fits, _)| *fits).map(|(_, offer)| offer).collect()
}
