use serde::Serialize;

use super::classes::VariableTable;
use super::cog::CogTable;
use super::pattern::Pattern;
use super::section::{Placed, Section};
use super::stamp::Stamp;
use super::template::Template;
use crate::{Error, Geolocation, Result, View};

/// One `[[dataset]]`: a Collection below the root.
#[derive(Debug, Clone, PartialEq)]
pub struct DatasetTable {
    pub id: String,
    pub title: Option<String>,
    pub description: Option<String>,
    /// Where the raw files are, from the plan's folder.
    pub files: Vec<Pattern>,
    /// `None`: the date that names capture, else what the files' headers say.
    pub datetime: Option<Datetime>,
    pub item_id: Option<Template>,
    pub source: Option<SourceTable>,
    /// A multi-band file becomes an asset per band.
    pub split_bands: bool,
    /// Names of the bands of multi-band files, in their order.
    pub bands: Vec<String>,
    pub time: TimeAxis,
    /// Takes the place of the CRS that files name.
    pub crs: Option<String>,
    /// How rasters are taken: `unscale`, `wrap_longitude`, `geolocation`.
    pub view: View,
    /// By variable, in the plan's order.
    pub variables: Vec<(String, VariableTable)>,
    pub cog: CogTable,
    /// Where in the plan it stands, for errors: `swath.toml:12`.
    pub place: String,
}

/// When the items of a dataset are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Datetime {
    One(Moment),
    Between(Moment, Moment),
    /// What the file itself says: a NetCDF time axis, or TIFF's DateTime tag.
    Header,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moment {
    /// The date captured under this name.
    Captured(String),
    Fixed(Stamp),
}

/// What becomes of a NetCDF time axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TimeAxis {
    /// An item per time step.
    #[default]
    Items,
    /// One item, its time steps as bands.
    Bands,
}

/// Where the raw data came from; kept in the Collection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct SourceTable {
    pub url: Option<String>,
    pub accessed: Option<String>,
    pub citation: Option<String>,
    pub doi: Option<String>,
}

impl DatasetTable {
    pub(super) fn read(mut section: Section<'_>) -> Result<Self> {
        let id = section.required("id")?;
        check_id(&id)?;
        let id = id.value;
        section.name = format!("[[dataset]] {id}");
        let place = section.place();
        let mut table = Self {
            title: section.text("title")?,
            description: section.text("description")?,
            files: patterns(&mut section, &place)?,
            datetime: datetime(&mut section)?,
            item_id: item_id(&mut section)?,
            source: source(&mut section)?,
            split_bands: section.flag("split_bands")?.unwrap_or(false),
            bands: section.texts("bands")?.into_iter().map(|p| p.value).collect(),
            time: if section.word("time", &["items", "bands"])? == Some("bands") { TimeAxis::Bands } else { TimeAxis::Items },
            crs: section.text("crs")?,
            view: view(&mut section)?,
            variables: Vec::new(),
            cog: CogTable::read(section.section("cog", &format!("[dataset.cog] of {id}"))?)?,
            place,
            id,
        };
        let mut variables = section.section("variables", "[dataset.variables]")?;
        for key in variables.keys() {
            let name = format!("[dataset.variables.{key}]");
            if let Some(inner) = variables.section_any(&key, &name)? {
                table.variables.push((key, VariableTable::read(inner)?));
            }
        }
        variables.finish()?;
        section.finish()?;
        table.check_names()?;
        Ok(table)
    }

    /// Every name used in a template is captured by every pattern.
    fn check_names(&self) -> Result<()> {
        for pattern in &self.files {
            let captured = pattern.names();
            let mut used: Vec<(&str, String)> = Vec::new();
            if let Some(template) = &self.item_id {
                // A date may also come from a NetCDF time axis, or from the header.
                used.extend(template.names().filter(|n| *n != "date").map(|n| ("item_id", n.to_owned())));
            }
            let moments = match &self.datetime {
                Some(Datetime::One(a)) => vec![a],
                Some(Datetime::Between(a, b)) => vec![a, b],
                _ => Vec::new(),
            };
            for moment in moments {
                if let Moment::Captured(name) = moment {
                    used.push(("datetime", name.clone()));
                }
            }
            for (key, name) in used {
                if !captured.contains(&name.as_str()) {
                    let found =
                        format!("`{key}` of [[dataset]] {} uses {{{name}}}, which {:?} does not capture", self.id, pattern.as_str());
                    let right = if captured.is_empty() {
                        "the pattern captures nothing".to_owned()
                    } else {
                        format!("captured: {}", captured.join(", "))
                    };
                    return Err(Error::misuse(self.place.clone(), found, right));
                }
            }
        }
        Ok(())
    }
}

pub(super) fn check_id(id: &Placed<String>) -> Result<()> {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if id.value.is_empty() || !id.value.chars().all(fine) || id.value.starts_with('.') {
        return Err(Error::misuse(
            id.place.clone(),
            format!("id {:?} cannot be a folder name and a URL", id.value),
            "letters, digits, `-`, `_` and `.` are expected",
        ));
    }
    Ok(())
}

fn view(section: &mut Section<'_>) -> Result<View> {
    Ok(View {
        unscale: section.flag("unscale")?.unwrap_or(false),
        wrap_longitude: View::wrap(section.word("wrap_longitude", View::WRAPS)?),
        geolocation: match section.word("geolocation", &["gcps", "refuse"])? {
            Some("refuse") => Geolocation::Refuse,
            _ => Geolocation::Gcps,
        },
    })
}

fn patterns(section: &mut Section<'_>, place: &str) -> Result<Vec<Pattern>> {
    let texts = section.texts("files")?;
    if texts.is_empty() {
        return Err(Error::misuse(
            place,
            format!("{} has no `files`", section.name),
            "`files = \"raw/{variable}_{tile}_{date:%Y%m%d}.tif\"` is required",
        ));
    }
    let parse = |t: Placed<String>| Pattern::parse(&t.value).map_err(|e| Error::misuse(t.place, format!("`files` {:?}", t.value), e));
    texts.into_iter().map(parse).collect()
}

fn item_id(section: &mut Section<'_>) -> Result<Option<Template>> {
    let Some(text) = section.placed_text("item_id")? else { return Ok(None) };
    Template::parse(&text.value).map(Some).map_err(|e| Error::misuse(text.place, format!("`item_id` {:?}", text.value), e))
}

fn datetime(section: &mut Section<'_>) -> Result<Option<Datetime>> {
    let mut texts = section.dates("datetime")?.into_iter();
    match (texts.next(), texts.next(), texts.next()) {
        (None, ..) => Ok(None),
        (Some(one), None, _) if one.value == "header" => Ok(Some(Datetime::Header)),
        (Some(one), None, _) => Ok(Some(Datetime::One(moment(&one)?))),
        (Some(a), Some(b), None) => Ok(Some(Datetime::Between(moment(&a)?, moment(&b)?))),
        (_, _, Some(third)) => {
            Err(Error::misuse(third.place, "`datetime` has more than two values", "one date, or [start, end], is expected"))
        }
    }
}

fn moment(text: &Placed<String>) -> Result<Moment> {
    if let Some(name) = text.value.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
        return Ok(Moment::Captured(name.to_owned()));
    }
    Stamp::parse(&text.value).map(Moment::Fixed).ok_or_else(|| {
        let right = "\"{date}\", [\"{start}\", \"{end}\"], \"header\", or a date such as 2020, 2020-05, 2020-05-17 or 2020-05-17T10:00:00Z is expected";
        Error::misuse(text.place.clone(), format!("`datetime` {:?} is no date", text.value), right)
    })
}

fn source(section: &mut Section<'_>) -> Result<Option<SourceTable>> {
    let Some(mut inner) = section.optional("source", "source")? else { return Ok(None) };
    let accessed = inner.dates("accessed")?.into_iter().next().map(|p| p.value);
    let table = SourceTable { url: inner.text("url")?, accessed, citation: inner.text("citation")?, doi: inner.text("doi")? };
    inner.finish()?;
    Ok(Some(table))
}
