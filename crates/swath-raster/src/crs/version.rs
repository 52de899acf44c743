/// The version of the PROJ that this was built with: `9.6.2`.
pub fn proj_version() -> String {
    format!("{}.{}.{}", proj_sys::PROJ_VERSION_MAJOR, proj_sys::PROJ_VERSION_MINOR, proj_sys::PROJ_VERSION_PATCH)
}
