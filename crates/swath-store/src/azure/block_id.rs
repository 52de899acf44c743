//! Names of blocks that a later run finds again.

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use sha2::{Digest, Sha256};

/// The length of our names, unencoded; azcopy's have the same.
const OURS: usize = 48;
/// The longest that Azure takes.
const LONGEST: usize = 64;
/// A name with fewer bytes of checksum than this proves nothing.
const PROOF: usize = 16;

/// Block names of one length, since a blob takes no others while it has blocks that are not part of it yet:
/// <https://learn.microsoft.com/rest/api/storageservices/put-block>.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockNames {
    length: usize,
    /// How many bytes the position takes.
    position: usize,
}

/// What a block is: its name follows from it.
pub(super) struct Block<'a> {
    pub number: u32,
    pub bytes: &'a [u8],
    pub crc64: u64,
    /// The checksum of the whole file, where it is known.
    pub sha256: Option<[u8; 32]>,
}

impl BlockNames {
    /// Names for so many blocks, as long as those that somebody left behind (encoded); `None` where so few characters
    /// cannot tell so many blocks apart.
    pub fn beside(left: Option<&str>, blocks: u64) -> Option<Self> {
        let length = left.and_then(|id| Some(BASE64.decode(id).ok()?.len())).unwrap_or(OURS).min(LONGEST);
        let position = length.min(4);
        let most = 1u64 << (8 * position);
        (blocks <= most).then_some(Self { length, position })
    }
    /// Whether an equal name means equal bytes.
    pub fn prove(self) -> bool {
        self.length - self.position >= PROOF
    }
    /// The name of a block, as Azure wants it.
    ///
    /// The checksum of the block itself is always part of it: a block of a file that was changed later keeps another name.
    pub fn of(self, block: &Block<'_>) -> String {
        let whole: [u8; 32] = block.sha256.unwrap_or_else(|| Sha256::digest(block.bytes).into());
        let sum = Sha256::new().chain_update(whole).chain_update(block.crc64.to_be_bytes()).chain_update(block.bytes.len().to_be_bytes());
        let mut name = block.number.to_be_bytes()[4 - self.position..].to_vec();
        name.extend_from_slice(&sum.finalize());
        name.extend_from_slice(&whole);
        name.truncate(self.length);
        BASE64.encode(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(names: BlockNames, number: u32, bytes: &[u8]) -> String {
        names.of(&Block { number, bytes, crc64: bytes.len() as u64, sha256: None })
    }

    #[test]
    fn names_follow_from_place_and_content_and_have_one_length() {
        let names = BlockNames::beside(None, 50_000).unwrap();
        let first = name(names, 0, b"a");
        assert_eq!(first, name(names, 0, b"a"));
        assert!(first != name(names, 1, b"a") && first != name(names, 0, b"b"));
        assert_eq!(first.len(), name(names, 49_999, b"other").len());
        assert_eq!(BASE64.decode(first).unwrap().len(), OURS);
    }

    #[test]
    fn names_are_as_long_as_those_that_are_there() {
        for (left, blocks, proves) in [(64, 50_000, true), (20, 50_000, true), (19, 50_000, false), (8, 50_000, false), (1, 256, false)] {
            let names = BlockNames::beside(Some(&BASE64.encode(vec![7; left])), blocks).unwrap();
            assert_eq!(BASE64.decode(name(names, 255, b"x")).unwrap().len(), left);
            assert!(name(names, 255, b"x") != name(names, 254, b"x"));
            assert_eq!(names.prove(), proves, "{left}");
        }
        assert_eq!(BlockNames::beside(Some("YQ=="), 257), None);
    }
}
