//! What a server can do, asked of one document as a reader and as a browser would ask.

use swath_stac::check::Finding;
use swath_store::{AzurePlace, Cors, Family, Look, Seen, Store};

use super::range;
use crate::Result;

/// A page that shows static catalogs.
const PAGE: &str = "https://radiantearth.github.io";
/// No object has this version.
const NEVER: &str = "\"swath-no-such-version\"";
/// Headers that a page must see to read by ranges (Fetch standard: they are not safelisted).
const EXPOSED: [&str; 2] = ["Content-Range", "ETag"];

/// Findings on the server of a store, by one document whose bytes are known.
///
/// # Errors
/// Unreachable.
pub(super) async fn check(store: &Store, path: &str, whole: &Seen) -> Result<Vec<Finding>> {
    let at = store.url_of(path);
    let mut findings = ranges(store, path, whole, &at).await?;
    findings.extend(versions(store, path, whole, &at).await?);
    findings.extend(cors(store, path, &at).await?);
    Ok(findings)
}

/// A piece in the middle and the last piece, against the same bytes of the whole.
async fn ranges(store: &Store, path: &str, whole: &Seen, at: &str) -> Result<Vec<Finding>> {
    let size = whole.bytes.len() as u64;
    let mut findings = Vec::new();
    for asked in [size / 3..size / 2, size - size / 4..size].into_iter().filter(|range| range.start < range.end) {
        let seen = store.look(path, &Look { range: Some(asked.clone()), ..Look::default() }).await?;
        let other = || {
            let right = usize::try_from(asked.start).ok().zip(usize::try_from(asked.end).ok());
            let same = right.is_some_and(|(start, end)| whole.bytes.get(start..end) == Some(&seen.bytes[..]));
            (!same).then(|| format!("sends other bytes for {}-{} than the whole object has there", asked.start, asked.end - 1))
        };
        if let Some(found) = range::wrong(&asked, &seen).or_else(other) {
            let right = "HTTP 206 with exactly the bytes that were asked for";
            let fix = "serve it from a store or a server that answers byte ranges";
            findings.push(Finding::error("LIVE-RANGE", at, found, right).fix(fix));
            break;
        }
    }
    Ok(findings)
}

/// Whether a reader can notice that an object changes while it is read.
async fn versions(store: &Store, path: &str, whole: &Seen, at: &str) -> Result<Vec<Finding>> {
    let fix = "serve it from a store or a server that answers If-Match (RFC 9110, section 13.1.1)";
    let warning = |rule, found: &str, right: &str| Ok(vec![Finding::warning(rule, at, found, right).fix(fix)]);
    let right = "a version by which readers notice that a file changes while they read it";
    match whole.etag.as_deref() {
        None => return warning("LIVE-ETAG", "no ETag", right),
        Some(etag) if etag.starts_with("W/") => return warning("LIVE-ETAG", "a weak ETag", right),
        Some(_) => {}
    }
    match store.look(path, &Look { range: Some(0..1), pin: Some(NEVER), ..Look::default() }).await {
        Err(e) if e.family == Family::Conflict => {}
        Err(e) if e.family == Family::Unreachable => return Err(e.into()),
        _ => return warning("LIVE-IF-MATCH", "If-Match with another version is answered all the same", "HTTP 412"),
    }
    let own = store.look(path, &Look { range: Some(0..1), pin: whole.etag.as_deref(), ..Look::default() }).await;
    match own {
        Err(e) if e.family == Family::Conflict => {
            warning("LIVE-IF-MATCH", "If-Match with its own version is refused (HTTP 412)", "HTTP 206")
        }
        _ => Ok(Vec::new()),
    }
}

/// Why pages of other hosts cannot read, and what opens the server to them; `None` where they can. Without a document of it, as far as the
/// answer to a browser's question beforehand tells.
///
/// # Errors
/// Unreachable; Refused, Absent where the document is said to be there.
pub(crate) async fn browsers(store: &Store, path: &str, is_there: IsThere) -> Result<Option<(String, String)>> {
    let before = store.preflight(path, PAGE).await?;
    let plain = match is_there {
        IsThere::Yes => store.look(path, &Look { range: Some(0..1), origin: Some(PAGE), ..Look::default() }).await?,
        IsThere::No => Seen { cors: Cors { exposed: Some("*".to_owned()), ..before.cors.clone() }, ..Seen::default() },
    };
    Ok(closed(&before, &plain).map(|found| (found, open_it(store.azure_place().as_ref()))))
}

/// Whether there is a document to ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IsThere {
    Yes,
    No,
}

/// Whether a page of another host may read ranges.
async fn cors(store: &Store, path: &str, at: &str) -> Result<Vec<Finding>> {
    let Some((found, fix)) = browsers(store, path, IsThere::Yes).await? else { return Ok(Vec::new()) };
    let right = "GET with the header Range from any origin, with Content-Range and ETag exposed: browsers read nothing without";
    Ok(vec![Finding::warning("LIVE-CORS", at, found, right).fix(fix)])
}

/// Why a browser would not read: by the answer to its question beforehand, and by that to the request itself.
fn closed(before: &Seen, plain: &Seen) -> Option<String> {
    let admits = |origin: &Option<String>| origin.as_deref().is_some_and(|origin| origin == "*" || origin == PAGE);
    let holds = |list: &Option<String>, word: &str| {
        list.as_deref().is_some_and(|list| list.split(',').any(|part| part.trim() == "*" || part.trim().eq_ignore_ascii_case(word)))
    };
    if !(200..300).contains(&before.status) {
        return Some(format!("a browser's question beforehand (OPTIONS) is answered with HTTP {}", before.status));
    }
    if !admits(&before.cors.origin) || !admits(&plain.cors.origin) {
        return Some("no Access-Control-Allow-Origin for other pages".to_owned());
    }
    // GET needs no permission of its own (Fetch standard, 'CORS-safelisted method').
    if !holds(&before.cors.headers, "range") {
        return Some("the header Range is not allowed".to_owned());
    }
    let hidden: Vec<&str> = EXPOSED.into_iter().filter(|name| !holds(&plain.cors.exposed, name)).collect();
    (!hidden.is_empty()).then(|| format!("{} not exposed", hidden.join(" and ")))
}

/// The command that opens a storage account to browsers.
fn open_it(place: Option<&AzurePlace>) -> String {
    let Some(place) = place else {
        return "let the server answer OPTIONS and add Access-Control-Allow-Origin: *, Access-Control-Allow-Headers: Range, \
                Access-Control-Expose-Headers: Content-Range, ETag"
            .to_owned();
    };
    format!(
        "az storage cors add --account-name {} --services b --methods GET HEAD OPTIONS --origins '*' --allowed-headers '*' \
         --exposed-headers 'Content-Range,Content-Length,Accept-Ranges,ETag,x-ms-*' --max-age 3600",
        place.account
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, origin: &str, headers: &str, exposed: &str) -> Seen {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let cors = Cors { origin: text(origin), methods: None, headers: text(headers), exposed: text(exposed) };
        Seen { status, cors, ..Seen::default() }
    }

    #[test]
    fn a_browser_reads_where_every_header_that_it_needs_is_there() {
        for (before, plain, found) in [
            (answer(200, "*", "range", ""), answer(206, "*", "", "Content-Range, etag"), None),
            (answer(204, PAGE, "*", ""), answer(206, PAGE, "", "*"), None),
            (answer(403, "", "", ""), answer(206, "", "", ""), Some("HTTP 403")),
            (answer(501, "", "", ""), answer(206, "*", "", "*"), Some("HTTP 501")),
            (answer(200, "https://elsewhere", "*", ""), answer(206, "*", "", "*"), Some("Allow-Origin")),
            (answer(200, "*", "*", ""), answer(206, "", "", "*"), Some("Allow-Origin")),
            (answer(200, "*", "x-ms-version", ""), answer(206, "*", "", "*"), Some("Range is not allowed")),
            (answer(200, "*", "Range", ""), answer(206, "*", "", "Content-Length"), Some("Content-Range and ETag not exposed")),
            (answer(200, "*", "Range", ""), answer(206, "*", "", "content-range"), Some("ETag not exposed")),
        ] {
            let said = closed(&before, &plain);
            assert_eq!(said.is_some(), found.is_some(), "{said:?}");
            assert!(said.clone().unwrap_or_default().contains(found.unwrap_or_default()), "{said:?}");
        }
    }

    #[test]
    fn the_fix_names_the_account() {
        let place = AzurePlace {
            endpoint: url::Url::parse("https://acct.blob.core.windows.net/").unwrap(),
            account: "acct".into(),
            container: "maps".into(),
            prefix: String::new(),
        };
        assert!(open_it(Some(&place)).contains("--account-name acct "));
        assert!(open_it(None).contains("Access-Control-Allow-Origin"));
    }
}
