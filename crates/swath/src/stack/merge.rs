use std::ops::Range;

use swath_raster::Span;

/// Bytes between two spans that are cheaper to read along than to ask for twice.
const GAP: u64 = 64 << 10;
/// Bytes read along, at most: this part of those needed.
const ALONG: u64 = 32;
/// A merged range grows no longer than this, so that ranges can travel side by side.
const LONGEST: u64 = 4 << 20;

/// The fewest requests for these spans: near ones become one range, as long as what lies between stays a thirty-second of what is
/// needed. Sorted.
pub(crate) fn merged(spans: &[Span]) -> Vec<Range<u64>> {
    let mut spans: Vec<Span> = spans.iter().copied().filter(|s| s.len > 0).collect();
    spans.sort_unstable();
    spans.dedup();
    let needed: u64 = spans.iter().fold(0, |sum, s| sum.saturating_add(s.len));
    let widest = widest_gap(&spans, needed / ALONG);
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for span in spans {
        match ranges.last_mut() {
            Some(last) if span.end() <= last.end => {}
            Some(last) if span.offset <= last.end.saturating_add(widest) && span.end() - last.start <= LONGEST => last.end = span.end(),
            _ => ranges.push(span.offset..span.end()),
        }
    }
    ranges
}

/// The widest gap that may be read along, so that all gaps up to it stay within the allowance.
fn widest_gap(sorted: &[Span], allowance: u64) -> u64 {
    let mut gaps: Vec<u64> = sorted.windows(2).map(|two| two[1].offset.saturating_sub(two[0].end())).filter(|gap| *gap <= GAP).collect();
    gaps.sort_unstable();
    let (mut sum, mut widest) = (0, 0);
    for gap in gaps {
        sum += gap;
        // Between the blocks of a COG lie the few bytes of their leaders.
        if sum > allowance && gap > 16 {
            break;
        }
        widest = gap;
    }
    widest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_spans_become_one_request() {
        let span = |offset, len| Span { offset, len };
        let large = 40 * GAP;
        for (spans, expected) in [
            (vec![span(100, 50), span(0, 100)], vec![0..150]),
            (vec![span(0, 10), span(18, 10)], vec![0..28]),
            (vec![span(0, 10), span(100, 10)], vec![0..10, 100..110]),
            (vec![span(0, large), span(large + GAP, 10)], vec![0..large + GAP + 10]),
            (vec![span(0, large), span(large + GAP + 1, 10)], vec![0..large, large + GAP + 1..large + GAP + 11]),
            // There is an allowance for one of the two gaps: the narrower.
            (vec![span(0, large), span(large + GAP, 10), span(large + 2 * GAP, 9)], vec![0..large, large + GAP..large + 2 * GAP + 9]),
            (vec![span(0, LONGEST), span(LONGEST, 10), span(5, 10)], vec![0..LONGEST, LONGEST..LONGEST + 10]),
            (vec![span(7, 0)], vec![]),
        ] {
            assert_eq!(merged(&spans), expected, "{spans:?}");
        }
    }
}
