//! XML that strangers wrote, parsed within bounds: the parser below refuses entities, but believes what it counts.

use roxmltree::Document;

/// Bytes of a document; those of real files have a few thousand.
const LONGEST: usize = 16 << 20;
/// `<` and `=` in a document: the parser makes room for as many elements and attributes before it looks at any.
const MOST_MARKS: usize = 1 << 18;
/// Of one element: the parser compares each with those before it.
const MOST_ATTRIBUTES_OF_ONE: usize = 256;
/// Declarations of namespaces, which every element below copies.
const MOST_NAMESPACES: usize = 200;

/// `None` where the text is no XML, or more of it than any raster comes with: 65,535 bands with two items each are still less.
pub(crate) fn document(text: &str) -> Option<Document<'_>> {
    if text.len() <= LONGEST && is_modest(text) { Document::parse(text).ok() } else { None }
}

/// Counts `="` and `='` between one `<` and the next: no attribute holds a `<`, so no element has more.
fn is_modest(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut elements, mut equals, mut of_one) = (0, 0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'<' => {
                elements += 1;
                of_one = 0;
            }
            b'=' => {
                equals += 1;
                let rest = bytes[at + 1..].get(..16).unwrap_or(&bytes[at + 1..]).trim_ascii_start();
                of_one += usize::from(matches!(rest.first(), Some(b'"' | b'\'') | None));
            }
            _ => {}
        }
        if elements.max(equals) > MOST_MARKS || of_one > MOST_ATTRIBUTES_OF_ONE {
            return false;
        }
    }
    text.matches("xmlns").take(MOST_NAMESPACES + 1).count() <= MOST_NAMESPACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_cost_more_than_they_weigh_are_none() {
        assert!(document("<a b='1' c=\"x=y\"><d/>=</a>").is_some());
        let wide = (0..300).map(|i| format!(" a{i}=''")).collect::<String>();
        let nested = (0..300).map(|i| format!("<a xmlns:n{i}='u'>")).collect::<String>() + &"</a>".repeat(300);
        let entities = "<!DOCTYPE a [<!ENTITY b \"bbbbbbbb\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>";
        let many = format!("<a>{}</a>", "<b/>".repeat(MOST_MARKS));
        for crime in [format!("<a{wide}/>"), nested, entities.to_owned(), many, "<".repeat(1 << 20), "<a>".repeat(1_000_000)] {
            assert!(document(&crime).is_none(), "{}", &crime[..40]);
        }
    }
}
