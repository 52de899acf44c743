//! GDAL's metadata tag (42112): a list of named texts, of the file or of a band.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::kept::is_tag;
use super::plan::CogPlan;
use super::tags::shown_color;
use super::{BandStatistics, StatisticsTags, Tiling};
use crate::tiff::rpc;
use crate::{BandInfo, ColorInterp, RasterInfo};

/// Items of the source that would be wrong or written twice in the copy.
const STALE: &[&str] = &[
    "AREA_OR_POINT",
    "OVERVIEW_RESAMPLING",
    "OVR_RESAMPLING_ALG",
    "TILING_SCHEME_NAME",
    "TILING_SCHEME_ZOOM_LEVEL",
    "TILING_SCHEME_ALIGNED_LEVELS",
];

/// The XML text; `None` where there is nothing to say.
pub(super) fn metadata(info: &RasterInfo, plan: &CogPlan, statistics: &[Option<BandStatistics>]) -> Option<String> {
    let mut items = Items(String::new());
    if !plan.overviews.is_empty() {
        items.put("OVERVIEW_RESAMPLING", &plan.overview_resampling.word().to_uppercase(), None, "");
    }
    for (name, value) in &info.metadata {
        if !STALE.contains(&name.as_str()) && !is_tag(name) {
            items.put(name, value, None, "");
        }
    }
    for (domain, all) in info.domains.iter().filter(|(domain, _)| ![rpc::DOMAIN, "TILING_SCHEME"].contains(&domain.as_str())) {
        items.domain(domain, all, None);
    }
    if let Some(tiling) = plan.tiling {
        items.tiling(tiling);
    }
    for (at, &band) in plan.bands.iter().enumerate() {
        if let Some(band) = info.bands.get(band) {
            items.band(at, band, shown_color(info, plan, at));
        }
        if let (StatisticsTags::Write, Some(Some(statistics))) = (plan.statistics, statistics.get(at)) {
            items.statistics(at, statistics);
        }
    }
    (!items.0.is_empty()).then(|| format!("<GDALMetadata>\n{}</GDALMetadata>\n", items.0))
}

struct Items(String);

impl Items {
    fn put(&mut self, name: &str, value: &str, sample: Option<usize>, more: &str) {
        let sample = sample.map(|n| format!(" sample=\"{n}\"")).unwrap_or_default();
        // writing to a String cannot fail
        let _ = writeln!(self.0, "  <Item name=\"{}\"{sample}{more}>{}</Item>", escape(name), escape(&escape(value)));
    }

    /// As GDAL says it, in a domain of its own.
    fn tiling(&mut self, tiling: Tiling) {
        let mut say = |name: &str, value: &str| self.put(name, value, None, " domain=\"TILING_SCHEME\"");
        say("NAME", "GoogleMapsCompatible");
        say("ZOOM_LEVEL", &tiling.zoom_level.to_string());
        if tiling.aligned_levels > 0 {
            say("ALIGNED_LEVELS", &tiling.aligned_levels.to_string());
        }
    }

    fn role(&mut self, name: &str, value: &str, sample: usize, role: &str) {
        self.put(name, value, Some(sample), &format!(" role=\"{role}\""));
    }

    fn domain(&mut self, domain: &str, items: &BTreeMap<String, String>, sample: Option<usize>) {
        let domain = format!(" domain=\"{}\"", escape(domain));
        for (name, value) in items {
            self.put(name, value, sample, &domain);
        }
    }

    /// `shown` is what readers take the band for without a word.
    fn band(&mut self, at: usize, band: &BandInfo, shown: ColorInterp) {
        if let Some(name) = &band.name {
            self.role("DESCRIPTION", name, at, "description");
        }
        if let Some(unit) = &band.unit {
            self.role("UNITTYPE", unit, at, "unittype");
        }
        if band.scale.is_some() || band.offset.is_some() {
            self.role("OFFSET", &band.offset.unwrap_or(0.0).to_string(), at, "offset");
            self.role("SCALE", &band.scale.unwrap_or(1.0).to_string(), at, "scale");
        }
        if let Some(color) = color_word(band.color).filter(|_| band.color != shown) {
            self.role("COLORINTERP", color, at, "colorinterp");
        }
        for (value, class) in band.categories.iter().enumerate().filter(|(_, class)| !class.is_empty()) {
            self.put(&format!("CATEGORY_{value}"), class, Some(at), " domain=\"CATEGORIES\"");
        }
        for (name, value) in &band.metadata {
            if !STALE.contains(&name.as_str()) && !name.starts_with("STATISTICS_") {
                self.put(name, value, Some(at), "");
            }
        }
        for (domain, items) in &band.domains {
            self.domain(domain, items, Some(at));
        }
    }

    fn statistics(&mut self, at: usize, s: &BandStatistics) {
        let percent = 100.0 * s.valid as f64 / s.total.max(1) as f64;
        for (name, value) in [
            ("STATISTICS_MAXIMUM", s.maximum),
            ("STATISTICS_MEAN", s.mean),
            ("STATISTICS_MINIMUM", s.minimum),
            ("STATISTICS_STDDEV", s.stddev),
            ("STATISTICS_VALID_PERCENT", percent),
        ] {
            self.put(name, &value.to_string(), Some(at), "");
        }
    }
}

/// GDAL's words.
fn color_word(color: ColorInterp) -> Option<&'static str> {
    match color {
        ColorInterp::Cyan => Some("Cyan"),
        ColorInterp::Magenta => Some("Magenta"),
        ColorInterp::Yellow => Some("Yellow"),
        ColorInterp::Black => Some("Black"),
        ColorInterp::Gray => Some("Gray"),
        ColorInterp::Red => Some("Red"),
        ColorInterp::Green => Some("Green"),
        ColorInterp::Blue => Some("Blue"),
        ColorInterp::Alpha => Some("Alpha"),
        ColorInterp::Other(name) => Some(name),
        // A palette that the samples have no room for is not written.
        ColorInterp::Undefined | ColorInterp::Palette => None,
    }
}

/// GDAL reads texts as if escaped twice, names as if once. For XML 1.0, which has no way to write most control characters.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_survives_xml() {
        let text = "a < b & \"c\" > d\u{0}é";
        let xml = format!("<a>{}</a>", escape(text));
        let document = roxmltree::Document::parse(&xml).unwrap();
        assert_eq!(document.root_element().text(), Some("a < b & \"c\" > d é"));
    }
}
