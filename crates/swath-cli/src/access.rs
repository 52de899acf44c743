use std::path::PathBuf;

use clap::Args;
use swath::store::Credentials;

/// Whose credentials a command uses: said the same way by every command that opens a URL.
#[derive(Args, Clone, Default)]
pub struct Access {
    /// A file that holds a SAS token; it is read again when the token lapses
    ///
    /// Credentials for Azure are the first of these that there are: --sas-file or a token behind the URL (URL?sv=...&sig=...);
    /// AZURE_STORAGE_SAS_TOKEN; AZURE_STORAGE_KEY; AZURE_STORAGE_CONNECTION_STRING; a service principal (AZURE_TENANT_ID,
    /// AZURE_CLIENT_ID, AZURE_CLIENT_SECRET); a workload identity (AZURE_FEDERATED_TOKEN_FILE); a managed identity; `az login`.
    /// The identities are asked only for writing, or when a server refuses to let an unknown read.
    #[arg(long, value_name = "FILE")]
    pub sas_file: Option<PathBuf>,
}

impl Access {
    /// # Errors
    /// Where a file cannot be read or a variable makes no sense.
    pub fn credentials(&self) -> swath::Result<Credentials> {
        Ok(match &self.sas_file {
            Some(file) => Credentials::sas_file(file)?,
            None => Credentials::from_env()?,
        })
    }
}
