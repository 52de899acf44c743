//! A catalog as a value: items, collections, layout, extents, checks, queries, geoparquet.
#![forbid(unsafe_code)]
