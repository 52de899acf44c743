//! Cloud-Optimized GeoTIFFs, written.
