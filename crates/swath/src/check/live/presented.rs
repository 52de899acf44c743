//! How a server presents an object: its type, how long caches may keep it, whether it is packed on the way.

use swath_stac::check::Finding;
use swath_store::{AzurePlace, Content, Seen};

use crate::publish::Kind;

/// Longer than this and a reader sees an old catalog for most of a day.
const STALE: u64 = 24 * 3600;
/// Longer than this and a publication is not seen at once.
const SLOW: u64 = 600;

/// What is wrong with how an object is presented. Servers that say nothing of caching are left to their readers' own rules.
pub(super) fn check(at: &str, kind: Kind, seen: &Seen, azure: Option<&AzurePlace>) -> Vec<Finding> {
    let mend = |header: &str, right: String| mend(azure, at, header, &right);
    [media_type(at, seen, &mend), cache(at, kind, seen, &mend), encoding(at, kind, seen)].into_iter().flatten().collect()
}

/// The command that sets a header, by its name and its right value.
type Mend<'a> = dyn Fn(&str, String) -> String + 'a;

fn media_type(at: &str, seen: &Seen, mend: &Mend<'_>) -> Option<Finding> {
    let right = Content::of(at).media_type;
    let said = essence(seen.content_type.as_deref().unwrap_or_default());
    let fits = match essence(&right).as_str() {
        "application/json" | "application/geo+json" => said == "application/json" || said.ends_with("+json"),
        // Nobody registers the type of tables, and no reader looks at it.
        "application/vnd.apache.parquet" | "application/octet-stream" => true,
        right => said == right,
    };
    let found = || if said.is_empty() { "no content type".to_owned() } else { format!("the content type {said}") };
    (!fits).then(|| Finding::warning("LIVE-TYPE", at, found(), essence(&right)).fix(mend("Content-Type", right.clone())))
}

fn cache(at: &str, kind: Kind, seen: &Seen, mend: &Mend<'_>) -> Option<Finding> {
    let said = seen.cache.as_deref()?.to_ascii_lowercase();
    let names = |name: &str| said.split(',').any(|part| part.trim() == name);
    let age = said.split(',').find_map(|part| part.trim().strip_prefix("max-age=")?.trim_matches('"').parse::<u64>().ok());
    let uncached = names("no-cache") || names("no-store") || age == Some(0);
    let found = format!("Cache-Control: {said}");
    let right = kind.content(at).cache.unwrap_or_default();
    let fix = mend("Cache-Control", right.clone());
    if !kind.changes() {
        return uncached.then(|| Finding::note("LIVE-CACHE", at, found, format!("{right}: it never changes under this name")).fix(fix));
    }
    let kept = if uncached { 0 } else { age.unwrap_or(0) };
    if kept > STALE || (names("immutable") && !uncached) {
        return Some(Finding::error("LIVE-CACHE", at, found, format!("{right}: readers must see what is published next")).fix(fix));
    }
    (kept > SLOW).then(|| Finding::warning("LIVE-CACHE", at, found, format!("{right}: readers see what is published next late")).fix(fix))
}

/// Ranges of what is packed on the way are ranges of other bytes.
fn encoding(at: &str, kind: Kind, seen: &Seen) -> Option<Finding> {
    let packed = seen.encoding.as_deref().filter(|_| kind == Kind::Asset)?;
    let finding = Finding::error("LIVE-ENCODING", at, format!("Content-Encoding: {packed}"), "the bytes as they are: ranges count them");
    Some(finding.fix("switch off compression of this path at the server or its delivery network"))
}

fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn mend(azure: Option<&AzurePlace>, at: &str, header: &str, value: &str) -> String {
    let Some(place) = azure else { return format!("let the server send '{header}: {value}' for it") };
    let flag = if header == "Content-Type" { "--content-type" } else { "--content-cache" };
    let name = if place.prefix.is_empty() { at.to_owned() } else { format!("{}/{at}", place.prefix) };
    let (account, container) = (&place.account, &place.container);
    format!("az storage blob update --account-name {account} --container-name {container} --name '{name}' {flag} '{value}'")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn rules(at: &str, kind: Kind, content_type: &str, cache: &str) -> Vec<String> {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let seen = Seen { status: 200, content_type: text(content_type), cache: text(cache), ..Seen::default() };
        check(at, kind, &seen, None).iter().map(|f| format!("{} {:?}", f.rule, f.severity).to_lowercase()).collect()
    }

    #[test]
    fn what_publish_sets_has_no_findings() {
        for (at, kind) in [
            ("m/i/b1.tif", Kind::Asset),
            ("m/items.parquet", Kind::Document),
            ("m/i/i.json", Kind::Item),
            ("m/collection.json", Kind::Collection),
            ("collection.json", Kind::Root),
        ] {
            let content = kind.content(at);
            assert!(rules(at, kind, &content.media_type, &content.cache.unwrap_or_default()).is_empty(), "{at}");
        }
    }

    #[test]
    fn types_and_lifetimes_are_judged_by_what_a_reader_suffers() {
        for (at, kind, content_type, cache, right) in [
            ("b.tif", Kind::Asset, "image/tiff", "", ""),
            ("b.tif", Kind::Asset, "application/octet-stream", "", "live-type warning"),
            ("b.tif", Kind::Asset, "", "", "live-type warning"),
            ("b.tif", Kind::Asset, "image/tiff", "no-cache", "live-cache note"),
            ("i.json", Kind::Item, "application/json", "max-age=300", ""),
            ("i.json", Kind::Item, "application/geo+json; charset=utf-8", "", ""),
            ("i.json", Kind::Item, "text/html", "", "live-type warning"),
            ("i.json", Kind::Item, "application/json", "public, max-age=3600", "live-cache warning"),
            ("i.json", Kind::Item, "application/json", "max-age=31536000", "live-cache error"),
            ("collection.json", Kind::Root, "application/json", "max-age=60, immutable", "live-cache error"),
            ("items.parquet", Kind::Document, "application/octet-stream", "", ""),
        ] {
            assert_eq!(rules(at, kind, content_type, cache).join(" "), right, "{at} {content_type} {cache}");
        }
    }

    #[test]
    fn a_packed_asset_is_an_error_and_a_packed_document_is_not() {
        let seen = Seen { encoding: Some("gzip".into()), content_type: Some("image/tiff".into()), ..Seen::default() };
        assert_eq!(check("b.tif", Kind::Asset, &seen, None)[0].rule, "LIVE-ENCODING");
        let seen = Seen { content_type: Some("application/json".into()), ..seen };
        assert!(check("a.json", Kind::Item, &seen, None).is_empty());
    }
    #[test]
    fn on_azure_the_fix_is_a_command_that_runs_as_it_stands() {
        let place = AzurePlace {
            endpoint: url::Url::parse("https://acct.blob.core.windows.net/").unwrap(),
            account: "acct".into(),
            container: "maps".into(),
            prefix: "v1".into(),
        };
        let seen = Seen { content_type: Some("text/html".into()), ..Seen::default() };
        let fix = &check("a/b.tif", Kind::Asset, &seen, Some(&place))[0].fix;
        assert!(fix.contains("--account-name acct --container-name maps --name 'v1/a/b.tif' --content-type 'image/tiff; app"), "{fix}");
    }
}
