//! Stored bytes of one block to its samples: codecs, predictors, bit widths.

mod block;
mod compression;
mod deflate;
mod jpeg;
mod lerc;
mod lzw;
mod packbits;
mod predictor;
mod unpack;
mod webp;
mod zstd;

pub(crate) use block::{Encoding, Photometric, Predictor, SampleFormat, block, no_codec};
pub(crate) use compression::{Compression, LercInner};
