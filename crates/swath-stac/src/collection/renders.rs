use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::facts::BandFacts;
use crate::item::asset_facts;
use crate::json::Object;
use crate::{Collection, Item};

/// What one asset key's pixels look like over all items.
#[derive(Default)]
struct Look {
    title: Option<String>,
    nodata: Option<Value>,
    /// Of every band: how dark the darkest, how bright the brightest.
    stretches: Vec<Option<(f64, f64)>>,
    categorical: bool,
}

/// A way to draw each data asset (render extension v2, `renders`): stretched from the statistics, nodata clear.
pub(super) fn write(collection: &mut Collection, items: &[Item]) {
    let mut looks: IndexMap<&str, Look> = IndexMap::new();
    for item in items {
        for (key, asset) in &item.assets {
            if !asset.has_role("data") {
                continue;
            }
            let Some(facts) = asset_facts(item, key) else { continue };
            let look = looks.entry(key).or_default();
            look.title = look.title.take().or(facts.title);
            look.see(&facts.bands);
        }
    }
    let renders: Object = looks.iter().filter_map(|(key, look)| Some(((*key).to_owned(), look.to_json(key)?))).collect();
    if !renders.is_empty() {
        collection.fields.insert("renders".into(), Value::Object(renders));
    }
}

impl Look {
    fn see(&mut self, bands: &[BandFacts]) {
        self.stretches.resize(self.stretches.len().max(bands.len()), None);
        for (band, stretch) in bands.iter().zip(&mut self.stretches) {
            self.categorical |= !band.classes.is_empty();
            if let Some(nodata) = band.nodata {
                self.nodata = Some(nodata.to_json());
            }
            if let Some((low, high)) = stretch_of(band) {
                *stretch = Some(stretch.map_or((low, high), |(a, b)| (a.min(low), b.max(high))));
            }
        }
    }

    fn to_json(&self, key: &str) -> Option<Value> {
        let mut render = Object::new();
        render.insert("title".into(), self.title.clone().unwrap_or_else(|| key.to_owned()).into());
        render.insert("assets".into(), json!([key]));
        let drawn = self.stretches.get(..if self.stretches.len() >= 3 { 3 } else { 1 })?;
        let rescale: Option<Vec<[f64; 2]>> = drawn.iter().map(|s| s.map(|(low, high)| [low, high])).collect();
        if drawn.len() == 3 {
            render.insert("bidx".into(), json!([1, 2, 3]));
        }
        if self.categorical {
            render.insert("resampling".into(), "nearest".into());
        } else if let Some(rescale) = rescale {
            render.insert("rescale".into(), json!(rescale));
            if drawn.len() == 1 {
                render.insert("colormap_name".into(), "viridis".into());
            }
        }
        if let Some(nodata) = &self.nodata {
            render.insert("nodata".into(), nodata.clone());
        }
        (render.len() > 2).then_some(Value::Object(render))
    }
}

/// Two standard deviations around the mean, never beyond what there is.
fn stretch_of(band: &BandFacts) -> Option<(f64, f64)> {
    let statistics = band.statistics?;
    let (low, high) = (statistics.minimum?, statistics.maximum?);
    let narrow = statistics.mean.zip(statistics.stddev).map(|(mean, dev)| (low.max(mean - 2.0 * dev), high.min(mean + 2.0 * dev)));
    let (low, high) = narrow.filter(|(l, h)| l < h).unwrap_or((low, high));
    (low < high).then_some((low, high))
}
