//! Whether an answer is the one that was asked for, as far as its own headers prove it.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use md5::{Digest, Md5};
use reqwest::header::{CONTENT_ENCODING, CONTENT_RANGE, HeaderMap, HeaderName, RANGE};
use reqwest::{Method, StatusCode};

use super::{CONTENT_CRC64, CONTENT_MD5, RANGE_MD5, Reply};
use crate::Flaw;

/// What was asked.
pub(super) struct Question {
    pub method: Method,
    pub headers: HeaderMap,
}

/// What is wrong with an answer; `None` where nothing speaks against it.
pub(super) fn flaw(question: &Question, reply: &Reply) -> Option<(Flaw, String)> {
    match question.method {
        Method::PUT => echo(question, reply).map(|what| (Flaw::Stored, what)),
        Method::GET => {
            let range = range(question, reply).map(|what| (Flaw::Range, what));
            range.or_else(|| Some((Flaw::Encoding, encoding(reply)?))).or_else(|| Some((Flaw::Checksum, checksum(question, reply)?)))
        }
        _ => None,
    }
}

/// Azure repeats the checksum of what it stored.
fn echo(question: &Question, reply: &Reply) -> Option<String> {
    let differs = |name: &HeaderName| match (question.headers.get(name), reply.headers.get(name)) {
        (Some(sent), Some(kept)) => sent != kept,
        _ => false,
    };
    [CONTENT_MD5, CONTENT_CRC64].iter().any(differs).then(|| "the server stored other bytes than were sent".to_owned())
}

fn range(question: &Question, reply: &Reply) -> Option<String> {
    if reply.status != StatusCode::PARTIAL_CONTENT {
        return None;
    }
    let Some(asked) = question.headers.get(RANGE).and_then(|value| value.to_str().ok()) else {
        return Some("the server sent a part of what was asked for whole".to_owned());
    };
    let given = reply.headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok())?;
    let (first, last) = asked.strip_prefix("bytes=")?.split_once('-')?;
    let within = given.strip_prefix("bytes ").and_then(|given| given.split('/').next()?.split_once('-'));
    if first.is_empty() {
        // How many of the last bytes there are, whoever asked can tell.
        return within.is_none().then(|| format!("the server sent the range '{given}' where '{asked}' was asked for"));
    }
    // An object that ends earlier is told by its end; everything else is another range.
    let right = within.is_some_and(|(start, end)| {
        let at_most = |text: &str, most: &str| text.trim().parse::<u64>().ok().zip(most.parse().ok()).is_some_and(|(a, b)| a <= b);
        start.trim() == first && at_most(end, last)
    });
    (!right).then(|| format!("the server sent the range '{given}' where '{asked}' was asked for"))
}

/// Nothing compressed is ever asked for.
fn encoding(reply: &Reply) -> Option<String> {
    let named = reply.headers.get(CONTENT_ENCODING)?.to_str().unwrap_or("?");
    (!named.is_empty() && named != "identity").then(|| format!("the server sent the bytes encoded as '{named}', which was not asked for"))
}

/// A whole object's own checksum; that of a part where it was asked for, since some servers send the whole object's with every part.
fn checksum(question: &Question, reply: &Reply) -> Option<String> {
    let told = reply.headers.get(CONTENT_MD5).and_then(|value| BASE64.decode(value).ok()).filter(|sum| sum.len() == 16)?;
    let meant = reply.status == StatusCode::OK || question.headers.contains_key(RANGE_MD5);
    (meant && told[..] != Md5::digest(&reply.body)[..]).then(|| "the bytes are not those of their MD5 checksum".to_owned())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_part_is_held_to_its_own_checksum_where_that_was_asked_for() {
        for (asked, told, right) in [
            (Some("true"), "kAFQmDzST7DWlj99KOF/cg==", true),
            (Some("true"), "AAAAAAAAAAAAAAAAAAAAAA==", false),
            (None, "AAAAAAAAAAAAAAAAAAAAAA==", true),
        ] {
            let mut asks = headers(&[("range", "bytes=0-2")]);
            asked.map(|value| asks.insert(RANGE_MD5, value.parse().unwrap()));
            let question = Question { method: Method::GET, headers: asks };
            let told = headers(&[("content-range", "bytes 0-2/9"), ("content-md5", told)]);
            let reply = Reply { status: StatusCode::PARTIAL_CONTENT, headers: told, body: Bytes::from_static(b"abc") };
            assert_eq!(flaw(&question, &reply).is_none(), right, "{asked:?}");
        }
    }

    #[test]
    fn an_answer_to_another_question_is_noticed() {
        const OF_ABC: &str = "kAFQmDzST7DWlj99KOF/cg==";
        const OTHER: &str = "AAAAAAAAAAAAAAAAAAAAAA==";
        for (method, asked, status, told, right) in [
            (Method::GET, ("x-a", "b"), 200, ("content-md5", OF_ABC), true),
            (Method::GET, ("x-a", "b"), 200, ("content-md5", OTHER), false),
            (Method::GET, ("x-a", "b"), 200, ("content-md5", "short"), true),
            (Method::GET, ("x-a", "b"), 200, ("content-encoding", "gzip"), false),
            (Method::GET, ("x-a", "b"), 200, ("content-encoding", "identity"), true),
            (Method::GET, ("range", "bytes=0-2"), 206, ("content-range", "bytes 0-2/9"), true),
            (Method::GET, ("range", "bytes=0-9"), 206, ("content-range", "bytes 0-2/3"), true),
            (Method::GET, ("range", "bytes=0-2"), 206, ("content-range", "bytes 1-3/9"), false),
            (Method::GET, ("range", "bytes=0-2"), 206, ("content-range", "bytes 0-8/9"), false),
            (Method::GET, ("range", "bytes=0-2"), 206, ("content-range", "lines 0-2"), false),
            (Method::GET, ("range", "bytes=-3"), 206, ("content-range", "bytes 6-8/9"), true),
            (Method::GET, ("range", "bytes=-3"), 206, ("content-range", "lines 0-2"), false),
            (Method::GET, ("range", "bytes=0-2"), 206, ("content-md5", OTHER), true),
            (Method::GET, ("x-ms-range-get-content-md5", "true"), 200, ("content-md5", OTHER), false),
            (Method::GET, ("x-a", "b"), 206, ("content-range", "bytes 0-2/9"), false),
            (Method::PUT, ("content-md5", OF_ABC), 201, ("content-md5", OF_ABC), true),
            (Method::PUT, ("content-md5", OF_ABC), 201, ("content-md5", OTHER), false),
            (Method::PUT, ("x-ms-content-crc64", "AA=="), 201, ("x-ms-content-crc64", "AB=="), false),
            (Method::PUT, ("content-md5", OF_ABC), 201, ("x-ms-content-crc64", "AB=="), true),
            (Method::HEAD, ("x-a", "b"), 200, ("content-md5", OTHER), true),
        ] {
            let question = Question { method, headers: headers(&[asked]) };
            let status = StatusCode::from_u16(status).unwrap();
            let reply = Reply { status, headers: headers(&[told]), body: Bytes::from_static(b"abc") };
            let found = flaw(&question, &reply);
            assert_eq!(found.is_none(), right, "{asked:?} {told:?}: {found:?}");
        }
    }
}
