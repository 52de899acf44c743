//! Samples to the bytes of a block: predictors and codecs. Decoding lives elsewhere.

mod codec;
mod effort;
mod gather;
mod jpeg;
mod lerc;
mod lzw;
mod packbits;
mod predictor;
mod webp;

pub(crate) use codec::{Codec, encode_bytes, lzw_two, with_scratch};
pub(crate) use effort::least_effort;
pub(crate) use gather::{Area, Below, Plane, all_equal, gather};
pub(crate) use jpeg::{chroma_subsampling, jpeg};
pub(crate) use lerc::lerc;
pub(crate) use predictor::{Prediction, predict};
pub(crate) use webp::webp;
