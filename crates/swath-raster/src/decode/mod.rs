//! Stored bytes of one block to its samples: codecs, predictors, bit widths.

mod block;
mod ccitt;
mod compression;
mod deflate;
mod jpeg;
mod lerc;
mod lzma;
mod lzw;
mod packbits;
mod predictor;
mod unpack;
mod webp;
mod ycbcr;
mod zstd;

pub(crate) use block::{Encoding, Photometric, Predictor, SampleFormat, block, cannot_hold, most_from, no_codec};
pub(crate) use ccitt::Ccitt;
pub(crate) use compression::{Compression, LercInner};
pub(crate) use ycbcr::YCbCr;
