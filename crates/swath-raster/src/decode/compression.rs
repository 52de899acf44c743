use crate::decode::Ccitt;

/// How the bytes of a block were made smaller (tag 259).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Lzw,
    Deflate,
    Zstd,
    PackBits,
    Lerc(LercInner),
    Jpeg,
    Webp,
    Lzma,
    Ccitt(Ccitt),
    Other(u64),
}

/// What LERC blobs are packed in (second value of LercParameters).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LercInner {
    None,
    Deflate,
    Zstd,
    Other,
}

impl Compression {
    /// `lerc`: second value of LercParameters; `fax`: tag 292, of which bit 0 says that rows refer to the row above.
    pub fn from_code(code: u64, lerc: u64, fax: u64) -> Self {
        match code {
            1 => Self::None,
            2 => Self::Ccitt(Ccitt::Rle),
            3 => Self::Ccitt(Ccitt::Group3 { two_dimensional: fax & 1 == 1 }),
            4 => Self::Ccitt(Ccitt::Group4),
            5 => Self::Lzw,
            7 => Self::Jpeg,
            8 | 32946 => Self::Deflate,
            32771 => Self::Ccitt(Ccitt::RleWord),
            32773 => Self::PackBits,
            34887 => Self::Lerc(match lerc {
                0 => LercInner::None,
                1 => LercInner::Deflate,
                2 => LercInner::Zstd,
                _ => LercInner::Other,
            }),
            34925 => Self::Lzma,
            50000 => Self::Zstd,
            50001 => Self::Webp,
            other => Self::Other(other),
        }
    }

    /// In the words of a plan.
    pub fn word(self) -> String {
        match self {
            Self::None => "none".into(),
            Self::Lzw => "lzw".into(),
            Self::Deflate => "deflate".into(),
            Self::Zstd => "zstd".into(),
            Self::PackBits => "packbits".into(),
            Self::Lerc(LercInner::None | LercInner::Other) => "lerc".into(),
            Self::Lerc(LercInner::Deflate) => "lerc-deflate".into(),
            Self::Lerc(LercInner::Zstd) => "lerc-zstd".into(),
            Self::Jpeg => "jpeg".into(),
            Self::Webp => "webp".into(),
            Self::Lzma => "lzma".into(),
            Self::Ccitt(Ccitt::Rle | Ccitt::RleWord) => "ccitt-rle".into(),
            Self::Ccitt(Ccitt::Group3 { .. }) => "ccitt-group3".into(),
            Self::Ccitt(Ccitt::Group4) => "ccitt-group4".into(),
            Self::Other(code) => match code {
                6 => "old-jpeg".into(),
                9 | 10 | 34661 => "jbig".into(),
                32766 => "next".into(),
                32809 => "thunderscan".into(),
                32908 | 32909 => "pixar".into(),
                33003 | 33005 | 34712 => "jpeg2000".into(),
                34676 | 34677 => "sgilog".into(),
                34892 => "lossy-dng".into(),
                50002 | 52546 => "jpeg-xl".into(),
                code => format!("compression-{code}"),
            },
        }
    }

    /// The codecs whose output a predictor may have gone through.
    pub fn has_predictor(self) -> bool {
        matches!(self, Self::Lzw | Self::Deflate | Self::Zstd | Self::Lzma)
    }
}
