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
    pub fn from_code(code: u64, lerc: u64) -> Self {
        match code {
            1 => Self::None,
            5 => Self::Lzw,
            7 => Self::Jpeg,
            8 | 32946 => Self::Deflate,
            32773 => Self::PackBits,
            34887 => Self::Lerc(match lerc {
                0 => LercInner::None,
                1 => LercInner::Deflate,
                2 => LercInner::Zstd,
                _ => LercInner::Other,
            }),
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
            Self::Other(code) => match code {
                2 => "ccitt-rle".into(),
                3 => "ccitt-group3".into(),
                4 => "ccitt-group4".into(),
                6 => "old-jpeg".into(),
                34712 | 33003 | 33005 => "jpeg2000".into(),
                34925 => "lzma".into(),
                50002 | 52546 => "jpeg-xl".into(),
                code => format!("compression-{code}"),
            },
        }
    }

    /// The codecs whose output a predictor may have gone through.
    pub fn has_predictor(self) -> bool {
        matches!(self, Self::Lzw | Self::Deflate | Self::Zstd | Self::Other(_))
    }
}
