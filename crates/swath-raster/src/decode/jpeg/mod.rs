//! JPEG in TIFF (technical note 2; ITU-T T.81), to the pixel as libjpeg (since version 7) gives it: the accurate
//! integer transform, halved components doubled by it, and its colour tables. Sequential streams are decoded here, progressive ones by `zune-jpeg`.

mod bits;
mod block;
mod color;
mod frame;
mod huffman;
mod plane;
mod progressive;
mod scan;
mod transform;
mod upsample;

pub(super) use block::decode;
