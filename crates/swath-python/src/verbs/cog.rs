use std::path::Path;

use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::json;
use swath::cog::{CogRequest, Going, convert};
use swath::raster::view::Wrap;
use swath::{Geolocation, View};

use crate::error::{raised, unread};
use crate::process::work;

/// What a COG is to be like, as the package says it; the words are those of `swath cog`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Asked {
    profile: String,
    variable: Option<String>,
    bidx: Option<String>,
    nodata: Option<String>,
    add_mask: bool,
    blocksize: Option<u32>,
    dtype: Option<String>,
    overview_level: Option<u8>,
    overview_resampling: Option<String>,
    overview_blocksize: Option<u32>,
    creation: Vec<String>,
    unscale: bool,
    wrap_longitude: Option<String>,
    web_optimized: bool,
    resampling: Option<String>,
    overwrite: bool,
}

impl Default for Asked {
    fn default() -> Self {
        let (text, number) = (None, None);
        Self {
            profile: "zstd".into(),
            variable: text.clone(),
            bidx: text.clone(),
            nodata: text.clone(),
            add_mask: false,
            blocksize: number,
            dtype: text.clone(),
            overview_level: None,
            overview_resampling: text.clone(),
            overview_blocksize: number,
            creation: Vec::new(),
            unscale: false,
            wrap_longitude: text.clone(),
            web_optimized: false,
            resampling: text,
            overwrite: false,
        }
    }
}

impl Asked {
    fn request(self) -> swath::Result<CogRequest> {
        let wrap_longitude = match self.wrap_longitude.as_deref() {
            None => None,
            Some("exact") => Some(Wrap::Exact),
            Some("centre") => Some(Wrap::Centre),
            Some(other) => return Err(swath::Error::misuse("wrap_longitude", format!("{other:?}"), "exact or centre")),
        };
        Ok(CogRequest {
            variable: self.variable,
            bands: self.bidx,
            profile: self.profile,
            nodata: self.nodata,
            add_mask: self.add_mask,
            block_size: self.blocksize,
            sample: self.dtype,
            overview_level: self.overview_level,
            overview_resampling: self.overview_resampling,
            overview_block_size: self.overview_blocksize,
            creation: self.creation,
            view: View { unscale: self.unscale, wrap_longitude, geolocation: Geolocation::Gcps },
            overwrite: self.overwrite,
            web_optimized: self.web_optimized,
            resampling: self.resampling,
            ..CogRequest::default()
        })
    }
}

/// Converts one raster to a COG.
#[pyfunction(name = "cog")]
pub fn convert_cog(py: Python<'_>, input: String, output: String, asked: &str) -> PyResult<String> {
    let asked: Asked = serde_json::from_str(asked).map_err(|e| unread("cog", &e))?;
    let request = asked.request().map_err(|e| raised(&e))?;
    work(py, move |stop| {
        let report = convert(Path::new(&input), Path::new(&output), &request, &Going { progress: &|_, _| (), stop })?;
        let sha256: String = report.sha256.iter().map(|b| format!("{b:02x}")).collect();
        let overviews: Vec<[u32; 2]> = report.overviews.iter().map(|s| [s.width, s.height]).collect();
        Ok(json!({ "output": output, "size": report.size, "sha256": sha256, "compression": report.compression.word(), "overviews": overviews })
            .to_string())
    })
}
