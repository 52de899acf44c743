//! Spelling mistakes in URLs that would otherwise end as an obscure network error.

use url::Url;

use crate::{Error, Result};

/// What may stand behind the account in the host name of a blob endpoint.
pub(crate) const BLOB_SUFFIXES: [&str; 3] = ["blob.core.windows.net", "blob.core.chinacloudapi.cn", "blob.core.usgovcloudapi.net"];
const DFS: &str = "dfs.core.windows.net";

/// The account of an Azure blob host; `dfs` hosts name the same account.
pub(crate) fn account_of_host(host: &str) -> Option<(&str, &'static str)> {
    let (account, rest) = host.split_once('.')?;
    if rest == DFS {
        return Some((account, BLOB_SUFFIXES[0]));
    }
    // An account may live in a DNS zone: ACCOUNT.z01.blob.storage.azure.net keeps its own host and is not split here.
    BLOB_SUFFIXES.iter().find(|suffix| rest == **suffix).map(|suffix| (account, *suffix))
}

/// Refuses a URL whose host almost is an Azure host, or whose query was pasted twice.
///
/// # Errors
/// Misuse with the right spelling.
pub(crate) fn check(shown: &str, url: &Url) -> Result<()> {
    if url.query().is_some_and(|query| query.contains('?')) {
        return Err(
            Error::misuse(shown, "has two '?'", "one '?' before the SAS token").hint("remove the '?' that the token itself begins with")
        );
    }
    if url.fragment().is_some() {
        return Err(Error::misuse(shown, "has a '#'", "a '#' inside a name is written %23"));
    }
    let Some((account, rest)) = url.host_str().and_then(|host| host.split_once('.')) else { return Ok(()) };
    let near = |suffix: &&&str| (1..=3).contains(&strsim::damerau_levenshtein(rest, suffix)) && rest.len() > 12;
    let dfs = [DFS];
    if let Some(right) = BLOB_SUFFIXES.iter().filter(|_| rest != DFS).chain(&dfs).find(near) {
        let meant = format!("{account}.{right}");
        return Err(Error::misuse(shown, format!("the host ends in '{rest}'"), format!("'{meant}' is probably meant")));
    }
    Ok(())
}

/// The scheme a misspelt one probably stands for.
pub(crate) fn scheme(found: &str) -> Option<&'static str> {
    ["https", "http", "file", "az"].into_iter().find(|right| strsim::damerau_levenshtein(found, right) == 1)
}
