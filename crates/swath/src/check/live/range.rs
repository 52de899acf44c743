use std::ops::Range;

use swath_store::Seen;

/// Why an answer is not the range that was asked for, in words; `None` where it is. A range may reach behind the end of the object.
pub(super) fn wrong(asked: &Range<u64>, seen: &Seen) -> Option<String> {
    if seen.status == 200 {
        return Some("answers a range with the whole object (HTTP 200)".to_owned());
    }
    if seen.status != 206 {
        return Some(format!("answers a range with HTTP {}", seen.status));
    }
    let Some((first, last, total)) = seen.content_range else {
        return Some("answers a range without saying which (no Content-Range)".to_owned());
    };
    let end = total.map_or(asked.end, |total| asked.end.min(total));
    if first != asked.start || last.checked_add(1) != Some(end) {
        return Some(format!("answers bytes {first}-{last} where {}-{} were asked for", asked.start, end.saturating_sub(1)));
    }
    let sent = seen.bytes.len() as u64;
    let right = end.saturating_sub(first);
    (sent != right).then(|| format!("sends {sent} bytes for a range of {right}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_range_that_was_asked_for_is_right() {
        let seen = |status, content_range, sent| Seen { status, content_range, bytes: vec![0; sent].into(), ..Seen::default() };
        for (asked, answer, found) in [
            (0..16, seen(206, Some((0, 15, Some(100))), 16), None),
            (0..16, seen(206, Some((0, 15, None)), 16), None),
            (0..16, seen(206, Some((0, 9, Some(10))), 10), None),
            (4..8, seen(206, Some((4, 7, Some(100))), 4), None),
            (0..16, seen(200, None, 100), Some("whole object")),
            (0..16, seen(206, None, 16), Some("no Content-Range")),
            (4..8, seen(206, Some((0, 3, Some(100))), 4), Some("bytes 0-3 where 4-7")),
            (4..8, seen(206, Some((4, 7, Some(100))), 3), Some("3 bytes for a range of 4")),
            (4..8, seen(206, Some((4, u64::MAX, None)), 4), Some("where 4-7")),
        ] {
            let said = wrong(&asked, &answer);
            assert_eq!(said.is_some(), found.is_some(), "{answer:?}: {said:?}");
            assert!(said.unwrap_or_default().contains(found.unwrap_or_default()), "{answer:?}");
        }
    }
}
