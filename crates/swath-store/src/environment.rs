//! Every environment variable this crate knows, by the names the `az` command uses; read once, at the door.

/// A SAS token, with or without its leading `?`.
pub const SAS_TOKEN: &str = "AZURE_STORAGE_SAS_TOKEN";
/// An account key.
pub const KEY: &str = "AZURE_STORAGE_KEY";
/// A connection string.
pub const CONNECTION_STRING: &str = "AZURE_STORAGE_CONNECTION_STRING";
/// The account that the token or the key belongs to.
pub const ACCOUNT: &str = "AZURE_STORAGE_ACCOUNT";

/// A variable's value, without surrounding space; an empty one counts as unset.
pub fn read(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}
