use std::collections::BTreeMap;

use roxmltree::Node;

use crate::{
    Affine, Domains, Error, Georeference, MaskKind, Nodata, RasterInfo, Result,
    crs::Crs,
    tiff::{
        describe::{color_named, crs_or_note},
        gdal_metadata::{keep, text_of},
        xml::document,
    },
};

/// Lays what `NAME.tif.aux.xml` says over what the file says, as GDAL does: the sidecar wins.
///
/// # Errors
/// Damaged where it is no XML or a number in it is none.
pub(crate) fn apply(at: &str, text: &[u8], info: &mut RasterInfo) -> Result<()> {
    let text = String::from_utf8_lossy(text);
    let damaged = |found: &str, right: &str| Error::damaged(at, found, right);
    let document = document(&text).ok_or_else(|| damaged("no readable XML", "<PAMDataset>"))?;
    let root = document.root_element();
    if root.has_tag_name("GeodataXform") {
        return geodata_xform(root, info);
    }
    if !root.has_tag_name("PAMDataset") {
        return Err(damaged(&format!("<{}>", root.tag_name().name()), "<PAMDataset>"));
    }
    for node in root.children().filter(Node::is_element) {
        match node.tag_name().name() {
            "SRS" if !text_of(node).trim().is_empty() => {
                info.grid.crs = crs_or_note(Crs::parse(text_of(node).trim()).map(Some), &mut info.metadata)?;
            }
            "GeoTransform" => {
                let numbers: Vec<f64> =
                    text_of(node).split(',').filter_map(|n| n.trim().parse().ok()).filter(|n: &f64| n.is_finite()).collect();
                let [c, a, b, f, d, e] = numbers[..] else { return Err(damaged("a GeoTransform without six numbers", "c, a, b, f, d, e")) };
                info.grid.transform = Affine { a, b, c, d, e, f };
                info.georeference = Georeference::Affine;
            }
            "GCPList" if info.georeference != Georeference::Affine => gcps(node, info)?,
            "Metadata" if node.attribute("domain") == Some("xml:ESRI") => {
                node.descendants().find(|n| n.has_tag_name("GeodataXform")).map_or(Ok(()), |xform| geodata_xform(xform, info))?;
            }
            "Metadata" => metadata(node, &mut info.metadata, &mut info.domains),
            "PAMRasterBand" => band(node, info),
            _ => {}
        }
    }
    Ok(())
}

/// What ArcGIS writes: a CRS and a polynomial, of which only the first order is read.
fn geodata_xform(root: Node, info: &mut RasterInfo) -> Result<()> {
    let child = |name: &str| root.descendants().find(|n| n.has_tag_name(name));
    if let Some(wkt) = child("WKT").map(text_of).filter(|wkt| !wkt.trim().is_empty() && info.grid.crs.is_none()) {
        info.grid.crs = crs_or_note(Crs::parse(wkt.trim()).map(Some), &mut info.metadata)?;
    }
    let numbers = |name: &str| -> Vec<f64> {
        let values = child(name).into_iter().flat_map(|n| n.children().filter(Node::is_element).collect::<Vec<_>>());
        values.filter_map(|n| text_of(n).trim().parse().ok()).filter(|v: &f64| v.is_finite()).collect()
    };
    if let ([c, a, b], [f, d, e]) = (&numbers("CoeffX")[..], &numbers("CoeffY")[..])
        && info.georeference == Georeference::None
    {
        // Rows are counted upwards there, and from the centre of the first pixel.
        let (b, e) = (-b, -e);
        info.grid.transform = Affine { a: *a, b, c: c - 0.5 * (a + b), d: *d, e, f: f - 0.5 * (d + e) };
        info.georeference = Georeference::Affine;
    }
    Ok(())
}

fn gcps(node: Node, info: &mut RasterInfo) -> Result<()> {
    let number = |point: &Node, name: &str| point.attribute(name).and_then(|v| v.trim().parse::<f64>().ok());
    let points = node.children().filter(|n| n.has_tag_name("GCP"));
    let points: Vec<[f64; 5]> = points
        .filter_map(|p| {
            Some([number(&p, "Pixel")?, number(&p, "Line")?, number(&p, "X")?, number(&p, "Y")?, number(&p, "Z").unwrap_or(0.0)])
        })
        .collect();
    if let Some(projection) = node.attribute("Projection").filter(|p| !p.trim().is_empty()) {
        info.grid.crs = crs_or_note(Crs::parse(projection).map(Some), &mut info.metadata)?;
    }
    if !points.is_empty() {
        info.georeference = Georeference::Gcps(points);
    }
    Ok(())
}

fn band(node: Node, info: &mut RasterInfo) {
    let index = node.attribute("band").and_then(|b| b.trim().parse::<usize>().ok()).and_then(|b| b.checked_sub(1));
    let sample = info.sample;
    let Some(band) = index.and_then(|index| info.bands.get_mut(index)) else { return };
    for node in node.children().filter(Node::is_element) {
        let text = text_of(node);
        match node.tag_name().name() {
            "Description" => band.name = Some(text).filter(|t| !t.is_empty()),
            "UnitType" => band.unit = Some(text).filter(|t| !t.is_empty()),
            "Scale" => band.scale = text.trim().parse().ok(),
            "Offset" => band.offset = text.trim().parse().ok(),
            "NoDataValue" => {
                band.nodata = Nodata::parse(&text, sample).filter(|n| n.is_in_range(sample)).map(|n| n.rounded_to(sample));
            }
            "ColorInterp" => band.color = color_named(&text).unwrap_or(band.color),
            "CategoryNames" => {
                band.categories = node.children().filter(|n| n.has_tag_name("Category")).map(text_of).collect();
            }
            "ColorTable" => {
                let channel = |entry: &Node, name: &str, default: u8| entry.attribute(name).and_then(|v| v.parse().ok()).unwrap_or(default);
                let entries = node.children().filter(|n| n.has_tag_name("Entry"));
                band.palette = Some(
                    entries.map(|e| [channel(&e, "c1", 0), channel(&e, "c2", 0), channel(&e, "c3", 0), channel(&e, "c4", 255)]).collect(),
                );
            }
            "Metadata" => metadata(node, &mut band.metadata, &mut band.domains),
            _ => {}
        }
    }
    if band.nodata.is_some() && matches!(info.mask, MaskKind::AllValid | MaskKind::Alpha) {
        info.mask = MaskKind::Nodata;
    }
}

fn metadata(node: Node, default: &mut BTreeMap<String, String>, domains: &mut Domains) {
    for item in node.children().filter(|n| n.has_tag_name("MDI")) {
        let Some(name) = item.attribute("key") else { continue };
        match node.attribute("domain").unwrap_or_default() {
            "" => drop(default.insert(name.to_owned(), text_of(item))),
            domain => keep(domains, domain, name, text_of(item)),
        }
    }
}
