//! Files that are no raster swath reads, told by their first bytes, and what to do with them.

use crate::Error;

const SUPPORTED: &str = "supported: GeoTIFF, BigTIFF, NetCDF 3 and 4";
const TRANSLATE: &str = "convert it first, for instance: gdal_translate IN OUT.tif";
const SUBDATASETS: &str = "convert one of its subdatasets, which gdalinfo lists: gdal_translate SUBDATASET OUT.tif";
const UNPACK: &str = "unpack it and use the raster inside";
const DOWNLOAD: &str = "download the raster itself: the address may need a login, or be that of a page about the file";

/// How many bytes [`refused`] wants to see.
pub(crate) const ENOUGH: u64 = 4608;

/// What begins with these bytes, and what to do with it.
const KNOWN: &[(&[u8], &str, &str)] = &[
    (b"GRIB", "GRIB", TRANSLATE),
    (b"\0\0\0\x0CjP  \r\n\x87\n", "JPEG 2000", TRANSLATE),
    (b"\xFF\x4F\xFF\x51", "a JPEG 2000 codestream", TRANSLATE),
    (b"\x0E\x03\x13\x01", "HDF4", SUBDATASETS),
    (b"\x89PNG\r\n", "PNG", TRANSLATE),
    (b"\xFF\xD8\xFF", "JPEG", TRANSLATE),
    (b"EHFA_HEADER_TAG", "ERDAS Imagine", TRANSLATE),
    (b"NITF", "NITF", TRANSLATE),
    (b"msid", "MrSID", TRANSLATE),
    (b"PK\x03\x04", "a zip archive", UNPACK),
    (b"\x1F\x8B", "compressed with gzip", UNPACK),
    (b"BZh", "compressed with bzip2", UNPACK),
    (b"version https://git-lfs", "a pointer of Git LFS, not the file it stands for", "fetch the file: git lfs pull"),
];

/// The same for text, which may begin with blanks and in any case.
const WORDS: &[(&[u8], &str, &str)] = &[
    (b"ncols", "an ASCII grid", "convert it first, and name its CRS: gdal_translate -a_srs EPSG:... IN OUT.tif"),
    (b"<vrtdataset", "a GDAL VRT, which points to other files", TRANSLATE),
    (b"<!doctype html", "a web page", DOWNLOAD),
    (b"<html", "a web page", DOWNLOAD),
    (b"<?xml", "an XML document", DOWNLOAD),
];

/// Unsupported, naming what the file is where its first bytes tell.
pub(crate) fn refused(at: &str, head: &[u8]) -> Error {
    if head.is_empty() {
        return Error::unsupported(at, "an empty file", SUPPORTED).hint("download or copy it again");
    }
    match told(head) {
        Some((what, hint)) => Error::unsupported(at, format!("{what}, which swath does not read"), SUPPORTED).hint(hint),
        None => Error::unsupported(at, "not a raster format that swath reads", SUPPORTED),
    }
}

fn told(head: &[u8]) -> Option<(String, &'static str)> {
    let edition = head.get(7).filter(|_| head.starts_with(b"GRIB")).filter(|edition| matches!(edition, 1 | 2));
    if let Some(edition) = edition {
        return Some((format!("GRIB edition {edition}"), TRANSLATE));
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some(("a tar archive".to_owned(), UNPACK));
    }
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let word = |bytes: &[u8]| text.get(..bytes.len()).is_some_and(|text| text.eq_ignore_ascii_case(bytes));
    let known = KNOWN.iter().find(|(bytes, ..)| head.starts_with(bytes));
    known.or_else(|| WORDS.iter().find(|(bytes, ..)| word(bytes))).map(|(_, what, hint)| ((*what).to_owned(), *hint))
}

#[cfg(test)]
mod tests {
    use crate::{Family, Limits, Sidecars, open};
    use bytes::Bytes;
    use std::sync::Arc;

    fn check(head: &[u8], found: &str, hint: &str) {
        for len in [head.len(), 4096] {
            let mut bytes = head.to_vec();
            bytes.resize(if head.is_empty() { 0 } else { len }, 0);
            let error = open("a.bin", Arc::new(Bytes::from(bytes)), &Sidecars::default(), &Limits::default()).err().unwrap();
            assert_eq!((error.family, error.at.as_str()), (Family::Unsupported, "a.bin"));
            assert!(error.found.starts_with(found), "{found}: {error}");
            assert!(error.hint.unwrap_or_default().contains(hint), "{found}");
        }
    }

    #[test]
    fn a_file_that_is_no_raster_for_swath_is_named_with_a_way_out() {
        check(b"", "an empty file", "again");
        check(b"GRIB\0\0\0\x02", "GRIB edition 2, which", "gdal_translate IN OUT.tif");
        check(b"GRIB\0\0\x7A\x01", "GRIB edition 1, which", "gdal_translate");
        check(b"\0\0\0\x0CjP  \r\n\x87\n\0\0", "JPEG 2000, which", "gdal_translate");
        check(b"\xFF\x4F\xFF\x51\0", "a JPEG 2000 codestream, which", "gdal_translate");
        check(b"\x0E\x03\x13\x01\0", "HDF4, which", "subdatasets");
        check(b"\x89PNG\r\n\x1A\n", "PNG, which", "gdal_translate");
        check(b"\xFF\xD8\xFF\xE0", "JPEG, which", "gdal_translate");
        check(b"EHFA_HEADER_TAG\0", "ERDAS Imagine, which", "gdal_translate");
        check(b"NCOLS 4\nNROWS 3\n", "an ASCII grid, which", "-a_srs");
        check(b"PK\x03\x04", "a zip archive, which", "unpack");
        check(b"\x1F\x8B\x08", "compressed with gzip, which", "unpack");
        check(b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS", "git lfs pull");
        check(b"\n <!DOCTYPE html>", "a web page, which", "login");
        check(b"\xEF\xBB\xBF<HTML>", "a web page, which", "login");
        check(b"hello", "not a raster format", "");
        check(b"I", "not a raster format", "");
    }
}
