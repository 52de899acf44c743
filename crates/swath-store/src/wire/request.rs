use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use md5::{Digest, Md5};
use object_store::client::{HttpRequest, HttpRequestBody};
use reqwest::Method;
use reqwest::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use url::Url;

use super::Failure;

pub(crate) const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
pub(crate) const CONTENT_CRC64: HeaderName = HeaderName::from_static("x-ms-content-crc64");
/// Asks Azure for the MD5 of the range that it sends.
pub(crate) const RANGE_MD5: HeaderName = HeaderName::from_static("x-ms-range-get-content-md5");
pub(crate) const MS_BLOB_MD5: HeaderName = HeaderName::from_static("x-ms-blob-content-md5");

/// Asked of one request through its extensions: the largest body that will be read.
#[derive(Clone, Copy)]
pub(crate) struct AtMost(pub u64);

/// Says of a POST that it asks and changes nothing.
#[derive(Clone, Copy)]
pub(crate) struct Reads;

/// Adds the checksum of what is sent; the signature over it all comes after.
pub(super) fn complete(request: &mut HttpRequest, body: &Bytes) -> Result<(), Failure> {
    let summed = [CONTENT_MD5, CONTENT_CRC64].iter().any(|name| request.headers().contains_key(name));
    if !body.is_empty() && !summed {
        let sum = header(&BASE64.encode(Md5::digest(body)))?;
        request.headers_mut().insert(CONTENT_MD5, sum);
    }
    if *request.method() == Method::PUT && !request.headers().contains_key(CONTENT_LENGTH) {
        request.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    Ok(())
}

/// A request without a body.
pub(crate) fn request(method: Method, url: &Url) -> Result<HttpRequest, Failure> {
    let mut request = HttpRequest::new(HttpRequestBody::empty());
    *request.method_mut() = method;
    *request.uri_mut() = url.as_str().parse().map_err(|_| Failure::unreached("the URL cannot be sent".into(), 1))?;
    Ok(request)
}

/// A header's value.
pub(crate) fn header(text: &str) -> Result<HeaderValue, Failure> {
    HeaderValue::from_str(text).map_err(|_| Failure::unreached("a header holds control characters".into(), 1))
}
