//! LERC, versions 1 and 2. Blobs as libtiff writes them take our own way, which is several times faster; `lerc-reader`
//! reads whatever that way does not know, and says what is wrong with the damaged.

mod block;
mod checksum;
mod header;
mod huffman;
mod lerc2;
mod mask;
mod stuffed;
#[cfg(test)]
mod tests;
mod tiles;
mod value;

pub(super) use block::decode;
