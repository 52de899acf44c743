//! Reading over HTTP: a web site and an Azure container answer alike.

use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use futures::future::try_join_all;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, IF_MATCH, LAST_MODIFIED, RANGE};
use reqwest::{Method, StatusCode};
use url::Url;

use crate::refusal::Spot;
use crate::store::{Entry, Fetched, Start};
use crate::wire::{AtMost, RANGE_MD5, Reply, Wire, header, request};
use crate::{Error, Family, Flaw, Result};

/// A server that ignores ranges is read whole up to this size.
const WHOLE_INSTEAD: u64 = 64 << 20;

/// Whether a host serves ranges, once the first answer told.
#[derive(Debug, Default)]
pub(crate) struct Ranges(AtomicU8);

const SERVED: u8 = 1;
const IGNORED: u8 = 2;

pub(crate) async fn read(wire: &Wire, url: &Url, spot: &Spot<'_>) -> Result<Fetched> {
    read_at_most(wire, url, 1 << 30, spot).await
}

pub(crate) async fn read_at_most(wire: &Wire, url: &Url, most: u64, spot: &Spot<'_>) -> Result<Fetched> {
    let mut ask = request(Method::GET, url).map_err(|f| spot.error(&f))?;
    ask.extensions_mut().insert(AtMost(most));
    let reply = wire.send(ask).await.map_err(|f| spot.error(&f))?;
    Ok(Fetched { etag: etag(&reply.headers), bytes: reply.body })
}

/// Size, ETag and checksum; the path is left for the caller to fill in.
pub(crate) async fn head(wire: &Wire, url: &Url, spot: &Spot<'_>) -> Result<Entry> {
    let reply = wire.send(request(Method::HEAD, url).map_err(|f| spot.error(&f))?).await.map_err(|f| spot.error(&f))?;
    let text = |name: &str| reply.headers.get(name).and_then(|v| v.to_str().ok());
    let size = text(CONTENT_LENGTH.as_str()).and_then(|v| v.parse().ok());
    let no_size = || Error::new(Family::Unsupported, spot.at, "the server does not tell the size", "a Content-Length header is expected");
    let md5 = text("content-md5").and_then(|v| BASE64.decode(v).ok()?.try_into().ok());
    let content_type = text(CONTENT_TYPE.as_str()).map(str::to_owned);
    Ok(Entry { path: String::new(), size: size.ok_or_else(no_size)?, etag: etag(&reply.headers), md5, content_type })
}

/// Each range's bytes, all from the object that the pin names. The first range is asked alone until the host has shown
/// that it serves ranges; the rest travel together.
pub(crate) async fn read_ranges(wire: &Wire, url: &Url, asked: Asked<'_>, ranges: &[Range<u64>], spot: &Spot<'_>) -> Result<Vec<Bytes>> {
    let mut parts = Vec::with_capacity(ranges.len());
    let mut rest = ranges;
    if asked.habit.0.load(Relaxed) != SERVED
        && let Some((first, after)) = ranges.split_first()
    {
        match read_range(wire, url, &asked, first, spot).await?.0 {
            Part::Range(bytes) => parts.push(bytes),
            Part::Whole(all) => return ranges.iter().map(|range| slice(&all, range, spot)).collect(),
        }
        rest = after;
    }
    let wanted = rest.iter().map(async |range| match read_range(wire, url, &asked, range, spot).await?.0 {
        Part::Range(bytes) => Ok(bytes),
        Part::Whole(all) => slice(&all, range, spot),
    });
    parts.extend(try_join_all(wanted).await?);
    Ok(parts)
}

/// The first bytes of an object, which may have fewer, with its version and size.
pub(crate) async fn read_start(wire: &Wire, url: &Url, habit: &Ranges, length: u64, spot: &Spot<'_>) -> Result<Start> {
    let asked = Asked { pin: None, habit, end: End::Early };
    let (part, reply) = read_range(wire, url, &asked, &(0..length), spot).await?;
    let version = version(&reply.headers);
    Ok(match part {
        Part::Range(bytes) => Start { bytes, version, size: total(&reply.headers) },
        Part::Whole(all) => Start { size: Some(all.len() as u64), bytes: all.slice(..all.len().min(length as usize)), version },
    })
}

/// The last bytes of an object, which may have fewer, with its version and size.
pub(crate) async fn read_end(wire: &Wire, url: &Url, habit: &Ranges, length: u64, spot: &Spot<'_>) -> Result<Start> {
    let mut ask = request(Method::GET, url).map_err(|f| spot.error(&f))?;
    ask.headers_mut().insert(RANGE, header(&format!("bytes=-{length}")).map_err(|f| spot.error(&f))?);
    ask.extensions_mut().insert(AtMost(length.max(WHOLE_INSTEAD)));
    let reply = wire.send(ask).await.map_err(|f| spot.error(&f))?;
    let (version, got) = (version(&reply.headers), reply.body.len() as u64);
    if reply.status != StatusCode::PARTIAL_CONTENT {
        habit.0.store(IGNORED, Relaxed);
        let bytes = reply.body.slice(reply.body.len().saturating_sub(usize::try_from(length).unwrap_or(usize::MAX))..);
        return Ok(Start { bytes, version, size: Some(got) });
    }
    let size = total(&reply.headers);
    let starts = size.and_then(|size| size.checked_sub(got));
    if starts.is_none() || starts != first(&reply.headers) || starts != size.map(|size| size.saturating_sub(length)) {
        let found = format!("the server sent {got} bytes from {:?} of {size:?}", first(&reply.headers));
        return Err(Error::new(Family::Damaged, spot.at, found, format!("the last {length} bytes were asked for")).flaw(Flaw::Range));
    }
    habit.0.store(SERVED, Relaxed);
    Ok(Start { bytes: reply.body, version, size })
}

/// What all ranges of one call share.
pub(crate) struct Asked<'a> {
    pub pin: Option<&'a str>,
    pub habit: &'a Ranges,
    pub end: End,
}

/// Whether an object may end before a range does.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Beyond,
    Early,
}

enum Part {
    Range(Bytes),
    /// The server sent everything.
    Whole(Bytes),
}

async fn read_range(wire: &Wire, url: &Url, asked: &Asked<'_>, range: &Range<u64>, spot: &Spot<'_>) -> Result<(Part, Reply)> {
    let Some(length) = range.end.checked_sub(range.start) else {
        return Err(Error::misuse(spot.at, format!("the range {}..{} ends before it begins", range.start, range.end), ""));
    };
    if length == 0 {
        return Ok((Part::Range(Bytes::new()), Reply { status: StatusCode::OK, headers: HeaderMap::new(), body: Bytes::new() }));
    }
    let mut ask = request(Method::GET, url).map_err(|f| spot.error(&f))?;
    let value = header(&format!("bytes={}-{}", range.start, range.end - 1)).map_err(|f| spot.error(&f))?;
    ask.headers_mut().insert(RANGE, value);
    if wire.sums(length) {
        ask.headers_mut().insert(RANGE_MD5, header("true").map_err(|f| spot.error(&f))?);
    }
    // A weak ETag never matches in If-Match (RFC 9110 13.1.1); it is compared with the answer's instead, as what stands in for one is.
    if let Some(pin) = asked.pin.filter(|pin| pin.starts_with('"')) {
        ask.headers_mut().insert(IF_MATCH, header(pin).map_err(|f| spot.error(&f))?);
    }
    ask.extensions_mut().insert(AtMost(length.max(WHOLE_INSTEAD)));
    let reply = wire.send(ask).await.map_err(|f| spot.error(&f))?;
    if let (Some(pin), Some(found)) = (asked.pin, version(&reply.headers))
        && pin != found
    {
        return Err(Error::new(Family::Conflict, spot.at, "asset changed while it was read", "").hint("run the same command again"));
    }
    if reply.status != StatusCode::PARTIAL_CONTENT {
        asked.habit.0.store(IGNORED, Relaxed);
        return Ok((Part::Whole(reply.body.clone()), reply));
    }
    asked.habit.0.store(SERVED, Relaxed);
    check_range(&reply, range, asked.end, spot)?;
    Ok((Part::Range(reply.body.clone()), reply))
}

fn check_range(reply: &Reply, range: &Range<u64>, end: End, spot: &Spot<'_>) -> Result<()> {
    let says = reply.headers.get(CONTENT_RANGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let got = reply.body.len() as u64;
    if first(&reply.headers).is_some_and(|start| start != range.start) || got > range.end - range.start {
        let found = format!("the server sent '{says}' with {got} bytes");
        return Err(Error::new(Family::Damaged, spot.at, found, format!("bytes {}-{} were asked for", range.start, range.end - 1))
            .flaw(Flaw::Range));
    }
    let whole = end == End::Early && total(&reply.headers).is_some_and(|size| size == range.start + got);
    if got < range.end - range.start && !whole {
        return Err(short(range.start + got, range, spot));
    }
    Ok(())
}

fn slice(all: &Bytes, range: &Range<u64>, spot: &Spot<'_>) -> Result<Bytes> {
    let inside = usize::try_from(range.start).ok().zip(usize::try_from(range.end).ok()).filter(|(a, b)| a <= b && *b <= all.len());
    inside.map(|(start, end)| all.slice(start..end)).ok_or_else(|| short(all.len() as u64, range, spot))
}

/// The object ends inside the range that was asked for.
pub(crate) fn short(end: u64, range: &Range<u64>, spot: &Spot<'_>) -> Error {
    Error::new(Family::Damaged, spot.at, format!("ends at byte {end}"), format!("bytes {}..{} were asked for", range.start, range.end))
}

/// The first byte that the answer to a range holds.
fn first(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_RANGE)?.to_str().ok()?.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

/// The size of the whole object, as the answer to a range tells it.
fn total(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_RANGE)?.to_str().ok()?.rsplit_once('/')?.1.parse().ok()
}

/// What tells one version of an object from another: its ETag; where the server gives none, the time of its last change and its size.
fn version(headers: &HeaderMap) -> Option<String> {
    etag(headers).or_else(|| {
        let modified = headers.get(LAST_MODIFIED).and_then(|v| v.to_str().ok());
        let size = total(headers).or_else(|| headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok());
        modified.map(|modified| format!("modified {modified}, {} bytes", size.unwrap_or_default()))
    })
}

pub(crate) fn etag(headers: &HeaderMap) -> Option<String> {
    headers.get(ETAG).and_then(|v| v.to_str().ok()).map(str::to_owned)
}
