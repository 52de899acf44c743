use std::io::Write;
use std::path::{Path, PathBuf};

use chrono::{SecondsFormat, Utc};
use clap::{Args, ValueEnum};
use secrecy::ExposeSecret;
use serde_json::json;
use swath::store::{Credentials, Policy, Purpose, SasKind, SasMade, SasRequest, Store, sas_expiry};
use swath::{Error, Family};

use super::For;
use crate::quoted::quoted;
use crate::runtime::block_on;
use crate::{exit::Exit, talk::Talk};

/// Make a token for a container, with the least rights for its purpose
#[derive(Args)]
#[command(after_help = "Examples:
  swath sas create https://ACCOUNT.blob.core.windows.net/CONTAINER --for read --expires 1h
  swath sas create https://ACCOUNT.blob.core.windows.net/CONTAINER --for publish -o publish.sas
  swath sas create https://ACCOUNT.blob.core.windows.net/CONTAINER --for read --policy readers --expires 30d

A user delegation SAS (the default) is signed for the identity that asks: a service principal, a workload or managed identity, or
`az login`; it ends after 7 days at the latest. A service or account SAS is signed with the account's key (AZURE_STORAGE_KEY or
AZURE_STORAGE_CONNECTION_STRING). Only a service SAS with a stored policy can be revoked by itself: `swath sas revoke`.
The token is all that stdout gets. It is for https alone, except on this machine.")]
pub struct Create {
    /// The container's URL
    container: String,
    /// What the token shall be good for
    #[arg(long = "for", value_enum, default_value = "read", value_name = "PURPOSE")]
    purpose: For,
    /// 30m, 1h, 7d, a date (its end) or an RFC 3339 instant [default: 1h to read, 4h to publish]
    #[arg(long, value_name = "WHEN")]
    expires: Option<String>,
    /// Who signs it [default: user-delegation; service where a policy is named]
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// A stored access policy of the container, made where it is not there (service SAS only)
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,
    /// An address or a range of addresses that requests may come from
    #[arg(long, value_name = "IP|IP-IP")]
    ip: Option<String>,
    /// Write the token into this file, for nobody else to read, instead of to stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace that file: a running `--sas-file` job goes on with the new token
    #[arg(long, requires = "output")]
    replace: bool,
}

#[derive(ValueEnum, Clone, Copy)]
enum Kind {
    UserDelegation,
    Service,
    Account,
}

pub fn run(args: &Create, talk: &Talk) -> swath::Result<Exit> {
    if let Some(file) = args.output.as_deref().filter(|file| !args.replace && file.exists()) {
        return Err(taken(file));
    }
    let purpose = Purpose::from(args.purpose);
    let kind = match (args.kind, &args.policy) {
        (None, Some(_)) | (Some(Kind::Service), _) => SasKind::Service,
        (Some(Kind::Account), _) => SasKind::Account,
        _ => SasKind::UserDelegation,
    };
    let usual = if purpose == Purpose::Read { "1h" } else { "4h" };
    let expires = sas_expiry(args.expires.as_deref().unwrap_or(usual), Utc::now())?;
    let request = SasRequest { kind, purpose, expires, ip: args.ip.clone(), policy: args.policy.clone() };
    let store = Store::open(&args.container, &Credentials::from_env()?)?;
    let made = block_on(async { Ok(store.make_sas(&request).await?) })?;
    hand_over(&made, args, talk)?;
    tell(&made, &request, args, talk);
    Ok(Exit::Done)
}

fn hand_over(made: &SasMade, args: &Create, talk: &Talk) -> swath::Result<()> {
    let token = made.sas.expose_token();
    match &args.output {
        Some(file) => write(file, token.expose_secret(), args.replace),
        None => {
            talk.data(token.expose_secret());
            talk.event("sas", json!({ "token": token.expose_secret(), "for": made.place }));
            Ok(())
        }
    }
}

/// Whole or not at all, and readable by its owner alone from the first moment.
fn write(file: &Path, token: &str, replace: bool) -> swath::Result<()> {
    let disk = |e: std::io::Error| Error::file(file, &e);
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut part = tempfile::Builder::new().prefix(".swath-part-").tempfile_in(folder).map_err(disk)?;
    writeln!(part, "{token}").map_err(disk)?;
    part.as_file().sync_all().map_err(disk)?;
    let kept = if replace { part.persist(file) } else { part.persist_noclobber(file) };
    match kept {
        Ok(_) => Ok(()),
        Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => Err(taken(file)),
        Err(e) => Err(disk(e.error)),
    }
}

fn taken(file: &Path) -> Error {
    Error::new(Family::Conflict, file.display().to_string(), "exists already", "").hint("--replace puts the new token in its place")
}

fn tell(made: &SasMade, request: &SasRequest, args: &Create, talk: &Talk) {
    let ends = request.expires.to_rfc3339_opts(SecondsFormat::Secs, true);
    let kind = match request.kind {
        SasKind::UserDelegation => "user delegation SAS",
        SasKind::Service => "service SAS",
        SasKind::Account => "account SAS",
    };
    let rights = request.purpose.rights(request.kind);
    talk.say(format!("{kind} for {} (sp={rights}), until {ends}", made.place));
    let policy = request.policy.as_deref().unwrap_or_default();
    match made.policy {
        Policy::None => {}
        Policy::Created => talk.say(format!("made the stored access policy '{policy}'; Azure takes up to 30 s to know it")),
        Policy::Reused => talk.say(format!("by the stored access policy '{policy}'")),
        Policy::Moved => talk.say(format!("the stored access policy '{policy}' now ends then, and with it every token that names it")),
    }
    if request.purpose == Purpose::Publish {
        talk.say("it cannot delete: `publish --prune` needs --for prune");
    }
    if let Some(file) = &args.output {
        let (place, file) = (quoted(&args.container), quoted(&file.display().to_string()));
        let verb = if request.purpose == Purpose::Read { "search" } else { "publish" };
        talk.say(format!("next: swath {verb} {place} --sas-file {file}"));
    }
}
