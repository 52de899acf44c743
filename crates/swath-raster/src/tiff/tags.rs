//! Tag numbers: TIFF 6.0, its technical notes, GeoTIFF (OGC 19-008r4) and GDAL's private tags.

pub const NEW_SUBFILE_TYPE: u16 = 254;
pub const OLD_SUBFILE_TYPE: u16 = 255;
pub const IMAGE_WIDTH: u16 = 256;
pub const IMAGE_LENGTH: u16 = 257;
pub const BITS_PER_SAMPLE: u16 = 258;
pub const COMPRESSION: u16 = 259;
pub const PHOTOMETRIC: u16 = 262;
pub const FILL_ORDER: u16 = 266;
pub const DOCUMENT_NAME: u16 = 269;
pub const IMAGE_DESCRIPTION: u16 = 270;
pub const STRIP_OFFSETS: u16 = 273;
pub const SAMPLES_PER_PIXEL: u16 = 277;
pub const ROWS_PER_STRIP: u16 = 278;
pub const STRIP_BYTE_COUNTS: u16 = 279;
pub const MIN_SAMPLE_VALUE: u16 = 280;
pub const MAX_SAMPLE_VALUE: u16 = 281;
pub const X_RESOLUTION: u16 = 282;
pub const Y_RESOLUTION: u16 = 283;
pub const PLANAR_CONFIGURATION: u16 = 284;
pub const FAX_OPTIONS: u16 = 292;
pub const RESOLUTION_UNIT: u16 = 296;
pub const SOFTWARE: u16 = 305;
pub const DATE_TIME: u16 = 306;
pub const ARTIST: u16 = 315;
pub const HOST_COMPUTER: u16 = 316;
pub const PREDICTOR: u16 = 317;
pub const COLOR_MAP: u16 = 320;
pub const TILE_WIDTH: u16 = 322;
pub const TILE_LENGTH: u16 = 323;
pub const TILE_OFFSETS: u16 = 324;
pub const TILE_BYTE_COUNTS: u16 = 325;
pub const SUB_IFDS: u16 = 330;
pub const EXTRA_SAMPLES: u16 = 338;
pub const SAMPLE_FORMAT: u16 = 339;
pub const JPEG_TABLES: u16 = 347;
pub const YCBCR_COEFFICIENTS: u16 = 529;
pub const YCBCR_SUBSAMPLING: u16 = 530;
pub const REFERENCE_BLACK_WHITE: u16 = 532;
pub const COPYRIGHT: u16 = 33432;
pub const MODEL_PIXEL_SCALE: u16 = 33550;
pub const MODEL_TIEPOINT: u16 = 33922;
pub const MODEL_TRANSFORMATION: u16 = 34264;
pub const GEO_KEY_DIRECTORY: u16 = 34735;
pub const GEO_DOUBLES: u16 = 34736;
pub const GEO_ASCII: u16 = 34737;
pub const GDAL_METADATA: u16 = 42112;
pub const GDAL_NODATA: u16 = 42113;
pub const LERC_PARAMETERS: u16 = 50674;
pub const RPC_COEFFICIENTS: u16 = 50844;

/// What tells how pixels are stored; read for every image that is used.
pub const LAYOUT: &[u16] = &[
    NEW_SUBFILE_TYPE,
    OLD_SUBFILE_TYPE,
    IMAGE_WIDTH,
    IMAGE_LENGTH,
    BITS_PER_SAMPLE,
    COMPRESSION,
    PHOTOMETRIC,
    FILL_ORDER,
    STRIP_OFFSETS,
    SAMPLES_PER_PIXEL,
    ROWS_PER_STRIP,
    STRIP_BYTE_COUNTS,
    PLANAR_CONFIGURATION,
    FAX_OPTIONS,
    PREDICTOR,
    TILE_WIDTH,
    TILE_LENGTH,
    TILE_OFFSETS,
    TILE_BYTE_COUNTS,
    EXTRA_SAMPLES,
    SAMPLE_FORMAT,
    JPEG_TABLES,
    YCBCR_COEFFICIENTS,
    YCBCR_SUBSAMPLING,
    REFERENCE_BLACK_WHITE,
    LERC_PARAMETERS,
];

/// What tells what the pixels mean; read for the first page only.
pub const MEANING: &[u16] = &[
    DOCUMENT_NAME,
    IMAGE_DESCRIPTION,
    SOFTWARE,
    DATE_TIME,
    ARTIST,
    HOST_COMPUTER,
    COPYRIGHT,
    MIN_SAMPLE_VALUE,
    MAX_SAMPLE_VALUE,
    X_RESOLUTION,
    Y_RESOLUTION,
    RESOLUTION_UNIT,
    RPC_COEFFICIENTS,
    COLOR_MAP,
    SUB_IFDS,
    MODEL_PIXEL_SCALE,
    MODEL_TIEPOINT,
    MODEL_TRANSFORMATION,
    GEO_KEY_DIRECTORY,
    GEO_DOUBLES,
    GEO_ASCII,
    GDAL_METADATA,
    GDAL_NODATA,
];

/// Texts that GDAL shows among a dataset's metadata, by its names for them.
pub const TEXTS: &[(u16, &str)] = &[
    (DOCUMENT_NAME, "TIFFTAG_DOCUMENTNAME"),
    (IMAGE_DESCRIPTION, "TIFFTAG_IMAGEDESCRIPTION"),
    (SOFTWARE, "TIFFTAG_SOFTWARE"),
    (DATE_TIME, "TIFFTAG_DATETIME"),
    (ARTIST, "TIFFTAG_ARTIST"),
    (HOST_COMPUTER, "TIFFTAG_HOSTCOMPUTER"),
    (COPYRIGHT, "TIFFTAG_COPYRIGHT"),
];

/// Numbers that GDAL shows there too: of points on paper, and the range of the samples.
pub const NUMBERS: &[(u16, &str)] = &[
    (X_RESOLUTION, "TIFFTAG_XRESOLUTION"),
    (Y_RESOLUTION, "TIFFTAG_YRESOLUTION"),
    (RESOLUTION_UNIT, "TIFFTAG_RESOLUTIONUNIT"),
    (MIN_SAMPLE_VALUE, "TIFFTAG_MINSAMPLEVALUE"),
    (MAX_SAMPLE_VALUE, "TIFFTAG_MAXSAMPLEVALUE"),
];

/// For error texts.
pub fn name(tag: u16) -> String {
    let name = match tag {
        NEW_SUBFILE_TYPE => "NewSubfileType",
        IMAGE_WIDTH => "ImageWidth",
        IMAGE_LENGTH => "ImageLength",
        BITS_PER_SAMPLE => "BitsPerSample",
        COMPRESSION => "Compression",
        PHOTOMETRIC => "PhotometricInterpretation",
        STRIP_OFFSETS => "StripOffsets",
        SAMPLES_PER_PIXEL => "SamplesPerPixel",
        ROWS_PER_STRIP => "RowsPerStrip",
        STRIP_BYTE_COUNTS => "StripByteCounts",
        PLANAR_CONFIGURATION => "PlanarConfiguration",
        PREDICTOR => "Predictor",
        COLOR_MAP => "ColorMap",
        TILE_WIDTH => "TileWidth",
        TILE_LENGTH => "TileLength",
        TILE_OFFSETS => "TileOffsets",
        TILE_BYTE_COUNTS => "TileByteCounts",
        SUB_IFDS => "SubIFDs",
        EXTRA_SAMPLES => "ExtraSamples",
        SAMPLE_FORMAT => "SampleFormat",
        JPEG_TABLES => "JPEGTables",
        MODEL_PIXEL_SCALE => "ModelPixelScale",
        MODEL_TIEPOINT => "ModelTiepoint",
        MODEL_TRANSFORMATION => "ModelTransformation",
        GEO_KEY_DIRECTORY => "GeoKeyDirectory",
        GEO_DOUBLES => "GeoDoubleParams",
        GEO_ASCII => "GeoAsciiParams",
        GDAL_METADATA => "GDAL_METADATA",
        GDAL_NODATA => "GDAL_NODATA",
        LERC_PARAMETERS => "LercParameters",
        _ => return format!("tag {tag}"),
    };
    format!("{name} ({tag})")
}
