use crate::{
    RasterInfo, Shape,
    tiff::{field::ByteOrder, level::Level},
};

/// A parsed TIFF: what its first page is, and where its pixels lie.
#[derive(Debug, Clone)]
pub struct Tiff {
    pub(crate) info: RasterInfo,
    pub(crate) levels: Vec<Level>,
    pub(crate) mask_levels: Vec<Level>,
    pub(crate) directories: Vec<DirectoryFacts>,
    pub(crate) ghost: Option<Ghost>,
    pub(crate) order: ByteOrder,
    pub(crate) big: bool,
    pub(crate) header_end: u64,
}

/// One directory, in the order of the file's chain; SubIFDs follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectoryFacts {
    pub offset: u64,
    pub role: DirectoryRole,
    /// Not read for a further page.
    pub shape: Option<Shape>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DirectoryRole {
    /// The raster itself.
    Image,
    Overview,
    Mask,
    OverviewMask,
    /// A further picture, which is not read.
    Page,
}

/// What GDAL writes between a COG's header and its first directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ghost {
    /// `NAME=VALUE` lines, in order.
    pub items: Vec<(String, String)>,
}

impl Ghost {
    /// The value of a line.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.items.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl Tiff {
    /// Of the first page; sidecar files are not in it.
    pub fn info(&self) -> &RasterInfo {
        &self.info
    }
    /// Full resolution first, then overviews, finest first.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }
    /// Masks inside the file: 0 masked, other values valid; full resolution first.
    pub fn mask_levels(&self) -> &[Level] {
        &self.mask_levels
    }
    /// Every directory of the chain, as it is chained.
    pub fn directories(&self) -> &[DirectoryFacts] {
        &self.directories
    }
    /// GDAL's structural header, where the file has one.
    pub fn ghost(&self) -> Option<&Ghost> {
        self.ghost.as_ref()
    }
    pub fn byte_order(&self) -> ByteOrder {
        self.order
    }
    pub fn is_big(&self) -> bool {
        self.big
    }
    /// Where the metadata that was read ends: no directory and no tag value lies beyond.
    pub fn header_end(&self) -> u64 {
        self.header_end
    }
}
