use std::path::Path;

use serde::Serialize;
use toml::de::DeTable;

use super::cog::CogTable;
use super::dataset::{DatasetTable, check_id};
use super::section::{Section, Source};
use crate::{Error, Result};

/// A whole `swath.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFile {
    pub catalog: CatalogTable,
    pub publish: PublishTable,
    pub cog: CogTable,
    pub datasets: Vec<DatasetTable>,
}

/// The root Collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CatalogTable {
    pub id: String,
    pub title: Option<String>,
    pub description: Option<String>,
    /// SPDX, or `other` with `license_url`.
    pub license: Option<String>,
    pub license_url: Option<String>,
    pub providers: Vec<Provider>,
    pub keywords: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Provider {
    pub name: String,
    pub description: Option<String>,
    pub roles: Vec<String>,
    pub url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct PublishTable {
    /// A URL or a folder; `None`: `published` beside the plan.
    pub to: Option<String>,
    pub links: LinkStyle,
}

/// How STAC links are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkStyle {
    #[default]
    SelfContained,
    AbsolutePublished,
    RelativePublished,
}

impl PlanFile {
    /// Reads a plan from disk.
    ///
    /// # Errors
    /// Misuse with the line for what the plan says wrong; Absent where there is none.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|e| {
            let error = Error::file(path, &e);
            if e.kind() == std::io::ErrorKind::NotFound {
                Error::misuse(error.at, "there is no plan", "`swath init DIR` writes one")
            } else {
                error
            }
        })?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads a plan from its text; `at` names it in errors.
    ///
    /// # Errors
    /// Misuse with the line: unknown keys (with the nearest known one), values that are none of those allowed, names no pattern captures.
    ///
    /// ```
    /// # use swath::plan_file::PlanFile;
    /// let text = "[catalog]\nid = \"maps\"\n[[dataset]]\nid = \"a\"\nfiles = \"a_{tile}.tif\"\n[cog]\ncompres = \"zstd\"\n";
    /// let error = PlanFile::parse("swath.toml", text).unwrap_err();
    /// assert_eq!(error.at, "swath.toml:7");
    /// assert_eq!(error.hint.as_deref(), Some("did you mean `compress`?"));
    /// ```
    pub fn parse(at: &str, text: &str) -> Result<Self> {
        let source = Source { at, text };
        let table = DeTable::parse(text).map_err(|e| {
            let place = e.span().map_or_else(|| at.to_owned(), |span| source.place(&span));
            Error::misuse(place, e.message().replace('\n', ", "), "TOML is expected")
        })?;
        let mut root = Section::new(source, "the plan", 0..0, table.into_inner());
        root.only(&["catalog", "publish", "cog", "dataset"])?;
        let catalog = catalog(root.section("catalog", "[catalog]")?)?;
        let publish = publish(root.section("publish", "[publish]")?)?;
        let section = root.section("cog", "[cog]")?;
        let cog_place = section.place();
        let cog = CogTable::read(section)?;
        let datasets = root.sections("dataset", "[[dataset]]")?.into_iter().map(DatasetTable::read).collect::<Result<Vec<_>>>()?;
        if datasets.is_empty() {
            return Err(Error::misuse(at, "the plan has no [[dataset]]", "at least one with `id` and `files` is expected"));
        }
        for (i, dataset) in datasets.iter().enumerate() {
            if dataset.id == catalog.id {
                let found = format!("the catalog and a dataset have the id {:?}", dataset.id);
                return Err(Error::misuse(dataset.place.clone(), found, "each has its own"));
            }
            if datasets[..i].iter().any(|d| d.id == dataset.id) {
                return Err(Error::misuse(dataset.place.clone(), format!("two datasets have the id {:?}", dataset.id), "each has its own"));
            }
        }
        idle_web_keys(&cog, &cog_place, &datasets)?;
        Ok(Self { catalog, publish, cog, datasets })
    }
}

/// Refuses keys for web maps where nothing is laid on their tiles.
fn idle_web_keys(cog: &CogTable, place: &str, datasets: &[DatasetTable]) -> Result<()> {
    let is_web = |dataset: &DatasetTable| dataset.cog.over(cog).web_optimized == Some(true);
    let idle = |place: &str, table: &str, key: &str| {
        let error = Error::misuse(place, format!("`{key}` in {table} without `web_optimized = true`"), "it is for web maps alone");
        Err(error.hint(format!("add `web_optimized = true` to {table}, or leave out `{key}`")))
    };
    for dataset in datasets.iter().filter(|d| !is_web(d)) {
        if let Some(key) = dataset.cog.web_key() {
            return idle(&dataset.place, &format!("[dataset.cog] of {}", dataset.id), key);
        }
    }
    match cog.web_key() {
        Some(key) if !datasets.iter().any(is_web) => idle(place, "[cog]", key),
        _ => Ok(()),
    }
}

fn catalog(mut section: Section<'_>) -> Result<CatalogTable> {
    let id = section.required("id")?;
    check_id(&id)?;
    let license = section.text("license")?;
    let license_url = section.text("license_url")?;
    if license.as_deref() == Some("other") && license_url.is_none() {
        return Err(Error::misuse(
            section.place(),
            "license \"other\" without license_url",
            "`license_url = \"https://...\"` says where it stands",
        ));
    }
    let mut providers = Vec::new();
    for mut provider in section.sections("providers", "providers of [catalog]")? {
        let roles = provider.texts("roles")?;
        if let Some(role) = roles.iter().find(|r| !["licensor", "producer", "processor", "host"].contains(&r.value.as_str())) {
            return Err(Error::misuse(
                role.place.clone(),
                format!("provider role {:?}", role.value),
                "one of licensor, producer, processor, host is expected",
            ));
        }
        let roles = roles.into_iter().map(|p| p.value).collect();
        providers.push(Provider {
            name: provider.required("name")?.value,
            description: provider.text("description")?,
            roles,
            url: provider.text("url")?,
        });
        provider.finish()?;
    }
    let (title, description) = (section.text("title")?, section.text("description")?);
    let keywords = section.texts("keywords")?.into_iter().map(|p| p.value).collect();
    section.finish()?;
    Ok(CatalogTable { id: id.value, title, description, license, license_url, providers, keywords })
}

fn publish(mut section: Section<'_>) -> Result<PublishTable> {
    let to = section.placed_text("to")?;
    if let Some(to) = to.as_ref().filter(|t| t.value.contains("sig=")) {
        return Err(Error::misuse(to.place.clone(), "`to` in [publish] carries a SAS signature", "the URL alone is expected")
            .hint("put the token in AZURE_STORAGE_SAS_TOKEN"));
    }
    let links = match section.word("links", &["self-contained", "absolute-published", "relative-published"])? {
        Some("absolute-published") => LinkStyle::AbsolutePublished,
        Some("relative-published") => LinkStyle::RelativePublished,
        _ => LinkStyle::SelfContained,
    };
    section.finish()?;
    Ok(PublishTable { to: to.map(|t| t.value), links })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
[catalog]
id = "my-maps"
title = "Maps"
license = "CC-BY-4.0"
providers = [{ name = "us", roles = ["producer"], url = "https://example.org" }]
[publish]
to = "https://account.blob.core.windows.net/container/prefix"
links = "absolute-published"
[cog]
compress = "zstd"
level = 9
block_size = 512
[[dataset]]
id = "map4"
files = "raw/{variable}_{tile}_{date:%Y%m%d}.tif"
datetime = "{date}"
item_id = "{tile}_{date}"
source = { url = "https://example.org", accessed = 2024-03-01, citation = "us" }
[dataset.variables.b2]
nodata = -9999
unit = "m"
[dataset.variables.b1]
nodata = "nan"
[dataset.variables.cover]
categorical = true
classes = [{ value = 1, name = "forest", color = "33a02c" }]
[dataset.cog]
compress = "lerc-zstd"
"#;

    #[test]
    fn the_plan_of_the_design_reads() {
        let plan = PlanFile::parse("swath.toml", WHOLE).unwrap();
        assert_eq!(plan.publish.links, LinkStyle::AbsolutePublished);
        let dataset = &plan.datasets[0];
        assert_eq!(dataset.variables.iter().map(|v| v.0.as_str()).collect::<Vec<_>>(), ["b2", "b1", "cover"]);
        assert!(dataset.variables[1].1.nodata.unwrap().0.as_f64().is_nan());
        assert_eq!(dataset.source.as_ref().unwrap().accessed.as_deref(), Some("2024-03-01"));
        let merged = dataset.cog.over(&plan.cog);
        assert_eq!((merged.compress, merged.level, merged.block_size), (Some("lerc-zstd"), None, Some(512)));
    }

    #[test]
    fn what_a_plan_says_wrong_is_named_with_its_line() {
        for (from, to, line, says) in [
            ("license = ", "licence = ", 5, "unknown key `licence` in [catalog]"),
            ("links = \"absolute-published\"", "links = \"absolute\"", 9, "`links` in [publish] is \"absolute\""),
            ("block_size = 512", "block_size = 500", 10, "`block_size` in [cog] is 500"),
            ("block_size = 512", "zoom_level = 9", 10, "`zoom_level` in [cog] without `web_optimized = true`"),
            ("compress = \"lerc-zstd\"", "aligned_levels = 2", 14, "`aligned_levels` in [dataset.cog] of map4 without"),
            ("block_size = 512", "block_size = \"512\"", 13, "`block_size` in [cog] is \"512\""),
            ("compress = \"zstd\"", "compress = \"zst\"", 11, "`compress` in [cog] is \"zst\""),
            ("unit = \"m\"", "units = \"m\"", 22, "unknown key `units` in [dataset.variables.b2]"),
            ("nodata = -9999", "nodata = true", 21, "`nodata` in [dataset.variables.b2] is true"),
            ("nodata = \"nan\"", "nodata = \"none\"", 24, "`nodata` in [dataset.variables.b1]"),
            ("{tile}_{date}\"", "{tiles}_{date}\"", 14, "uses {tiles}"),
            ("datetime = \"{date}\"", "datetime = \"soon\"", 17, "\"soon\" is no date"),
            ("%Y%m%d}", "%Y%Q}", 16, "`files`"),
            ("id = \"map4\"", "id = \"map/4\"", 15, "cannot be a folder name"),
            ("id = \"my-maps\"", "id = ", 3, ""),
            ("[cog]", "[cogs]", 10, "unknown key `cogs` in the plan"),
            ("accessed = 2024-03-01", "acessed = 2024-03-01", 19, "unknown key `acessed`"),
            ("value = 1,", "values = 1,", 27, "no `value`"),
        ] {
            let text = WHOLE.replacen(from, to, 1);
            assert_ne!(text, WHOLE, "{from} stands in the plan");
            let error = PlanFile::parse("swath.toml", &text).unwrap_err();
            assert_eq!(error.family, crate::Family::Misuse);
            assert!(error.found.contains(says), "{error}");
            assert_eq!(error.at, format!("swath.toml:{line}"), "{error}");
        }
    }

    #[test]
    fn keys_for_web_maps_may_stand_where_one_dataset_is_laid_on_their_tiles() {
        let text = WHOLE.replace("block_size = 512", "zoom_level = 9").replace("compress = \"lerc-zstd\"", "web_optimized = true");
        assert_eq!(PlanFile::parse("swath.toml", &text).unwrap().cog.zoom_level, Some(9));
    }

    #[test]
    fn a_token_never_stands_in_a_plan() {
        let text = WHOLE.replace("prefix\"", "prefix?sv=1&sig=abc\"");
        let error = PlanFile::parse("swath.toml", &text).unwrap_err();
        assert!(!error.to_string().contains("abc"), "{error}");
    }

    #[test]
    fn near_words_are_offered() {
        for (from, to, hint) in [
            ("compress = \"zstd\"", "compres = \"zstd\"", "did you mean `compress`?"),
            ("compress = \"zstd\"", "compress = \"zst\"", "did you mean \"zstd\"?"),
            ("item_id", "itemid", "did you mean `item_id`?"),
            ("[cog]", "[cogs]", "did you mean `cog`?"),
            ("[[dataset]]", "[[datasets]]", "did you mean `dataset`?"),
        ] {
            let error = PlanFile::parse("swath.toml", &WHOLE.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.hint.as_deref(), Some(hint), "{error}");
        }
    }
}
