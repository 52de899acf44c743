use serde_json::Value;

use super::survey::Taken;
use super::{Access, AccountPlace, CorsRule, Wish, World, az, body, cors};
use crate::manage::request::{RESOURCES, STORAGE};
use crate::manage::{Region, Request, Sku, Verb};
use crate::{Error, Family, Result};

/// One request, what it is for, and the `az` command that sends the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `make the storage account 'maps' ...`
    pub what: String,
    pub request: Request,
    pub az: String,
    /// What an error of it begins with.
    pub(super) at: String,
}

/// What has to be sent, in order; nothing where all is there.
#[derive(Debug, Clone)]
pub struct Plan {
    pub place: AccountPlace,
    pub steps: Vec<Step>,
    /// What is there already, in words.
    pub present: Vec<String>,
    /// What a person may want to know.
    pub notes: Vec<String>,
    /// The copies of the account, as they are or will be; `None` where Azure has a kind that is not known here.
    pub sku: Option<Sku>,
    /// The account as it is, where it is there.
    pub(super) account: Option<Value>,
}

/// What has to be sent for a wish, given what there is. Asks nobody.
///
/// # Errors
/// Conflict where what is there is not what is wished, or the name is somebody else's; Misuse where an origin is none.
pub fn plan(wish: &Wish, world: &World) -> Result<Plan> {
    wish.check()?;
    let place = AccountPlace { subscription: world.subscription.clone(), group: wish.group.clone(), account: wish.account.clone() };
    let mut plan = Plan { place, steps: Vec::new(), present: Vec::new(), notes: Vec::new(), sku: None, account: world.account.clone() };
    let region = plan.group(wish, world)?;
    match (&world.account, &world.taken) {
        (Some(account), _) => plan.existing(wish, account)?,
        (None, Some(taken)) => return Err(named_already(&plan.place, taken)),
        (None, None) => plan.account(wish, &region),
    }
    plan.container(wish, world.container.as_ref());
    plan.cors(wish, world.service.as_ref())?;
    Ok(plan)
}

impl Plan {
    /// The command of `az` that lets the one who is logged in read and write blobs: making an account does not.
    pub fn role(&self) -> String {
        az::give_role(&self.place)
    }

    fn step(&mut self, what: String, at: String, request: Request, az: String) {
        self.steps.push(Step { what, at, request, az });
    }

    /// The group, and the region for the account.
    fn group(&mut self, wish: &Wish, world: &World) -> Result<Region> {
        let default = || Region::parse(Region::DEFAULT);
        let at = self.place.group_named();
        let Some(group) = &world.group else {
            let region = wish.region.clone().map_or_else(default, Ok)?;
            let request = Request::new(Verb::Put, self.place.group_path(), RESOURCES).with(&body::group(&region));
            let az = az::create_group(&self.place, &region);
            self.step(format!("make the {at} in {region}"), at, request, az);
            return Ok(region);
        };
        let state = text(group, "/properties/provisioningState");
        if state.eq_ignore_ascii_case("deleting") {
            return Err(Error::new(Family::Conflict, at, "is being deleted", "")
                .hint("wait until it is gone (minutes), then run the same command again, or name another --group"));
        }
        let there = Region::parse(&text(group, "/location"))?;
        self.present.push(format!("{at} in {there}"));
        match &wish.region {
            // A group's own region matters little: it only keeps the list of what is in it.
            Some(region) if *region != there => {
                self.notes.push(format!("the group lies in {there}, the account in {region}; that works"));
                Ok(region.clone())
            }
            _ => Ok(there),
        }
    }

    fn account(&mut self, wish: &Wish, region: &Region) {
        let (sku, at) = (wish.sku.unwrap_or_default(), self.place.named());
        let request = Request::new(Verb::Put, self.place.account_path(), STORAGE).with(&body::account(sku, region, wish.access));
        let az = az::create_account(&self.place, region, sku, wish.access);
        self.step(format!("make the {at} in {region}, {sku}"), at, request, az);
        self.sku = Some(sku);
    }

    /// An account that is there has to be what is wished; only anonymous reading is switched on where it is asked for.
    fn existing(&mut self, wish: &Wish, account: &Value) -> Result<()> {
        let at = self.place.named();
        let (kind, name, there) = (text(account, "/kind"), text(account, "/sku/name"), text(account, "/location"));
        let conflict = |found: String, right: String| Error::new(Family::Conflict, &at, found, right);
        if kind != "StorageV2" {
            return Err(conflict(format!("is there, of the kind {kind}"), "StorageV2 is expected".into()).hint("choose another --name"));
        }
        let found = Sku::parse(&name).ok();
        if let Some(asked) = wish.sku.filter(|asked| Some(*asked) != found) {
            return Err(conflict(format!("is there, as {name}"), format!("{asked} was asked for"))
                .hint(format!("leave --sku out to keep it as it is, or change it: {}", az::update_sku(&self.place, asked))));
        }
        let located = Region::parse(&there).map(|region| region.as_str().to_owned()).unwrap_or(there);
        if let Some(asked) = wish.region.as_ref().filter(|asked| asked.as_str() != located) {
            return Err(conflict(format!("is there, in {located}"), format!("{asked} was asked for; an account cannot move"))
                .hint("leave --location out to use it where it is, or choose another --name"));
        }
        self.sku = found;
        self.present.push(format!("{at} in {located}, {name}"));
        if wish.access == Access::Public && account.pointer("/properties/allowBlobPublicAccess") != Some(&Value::Bool(true)) {
            let request = Request::new(Verb::Patch, self.place.account_path(), STORAGE).with(&body::open_account());
            let az = az::open_account(&self.place);
            self.step(format!("let the {at} have public containers"), at.clone(), request, az);
        }
        if account.pointer("/properties/supportsHttpsTrafficOnly") == Some(&Value::Bool(false)) {
            self.notes.push("the account answers unencrypted requests too; `az storage account update --https-only true` ends that".into());
        }
        Ok(())
    }

    fn container(&mut self, wish: &Wish, there: Option<&Value>) {
        let Some(name) = &wish.container else { return };
        let at = format!("container '{name}'");
        let request = |verb| Request::new(verb, self.place.container_path(name), STORAGE).with(&body::container(wish.access));
        let public = if wish.access == Access::Public { ", which everybody may read" } else { "" };
        let Some(there) = there else {
            let (request, az) = (request(Verb::Put), az::create_container(&self.place, name, wish.access));
            return self.step(format!("make the {at}{public}"), at, request, az);
        };
        let private = matches!(text(there, "/properties/publicAccess").as_str(), "" | "None");
        if wish.access == Access::Public && private {
            let (request, az) = (request(Verb::Patch), az::open_container(&self.place, name));
            return self.step(format!("let everybody read the {at}"), at, request, az);
        }
        self.present.push(if private { at.clone() } else { format!("{at}, which everybody may read") });
        if wish.access == Access::Private && !private {
            self.notes.push(format!("the {at} is public and stays so; `az storage container-rm update --public-access off` closes it"));
        }
    }

    fn cors(&mut self, wish: &Wish, service: Option<&Value>) -> Result<()> {
        if wish.origins.is_empty() {
            return Ok(());
        }
        let wanted = CorsRule::reading(&wish.origins);
        let mut rules = service.map(CorsRule::all).unwrap_or_default();
        let from = if wish.origins.iter().any(|o| o == "*") { "any web site".to_owned() } else { wish.origins.join(", ") };
        if rules.iter().any(|rule| rule.covers(&wanted)) {
            self.present.push(format!("CORS for {from}"));
            return Ok(());
        }
        if rules.len() >= cors::MOST_RULES {
            let found = format!("has {} CORS rules, all that Azure keeps", rules.len());
            return Err(Error::new(Family::Conflict, self.place.named(), found, "")
                .hint("remove one: `az storage account blob-service-properties cors-rule clear` removes them all"));
        }
        let az = az::add_rule(&self.place, &wanted);
        rules.push(wanted);
        let request = Request::new(Verb::Put, self.place.service_path(), STORAGE).with(&body::service(service, &rules));
        self.step(format!("let pages of {from} read it (CORS)"), self.place.named(), request, az);
        Ok(())
    }
}

fn named_already(place: &AccountPlace, taken: &Taken) -> Error {
    let error = Error::new(Family::Conflict, place.named(), &taken.message, "");
    match &taken.group {
        Some(group) => error.hint(format!("it is yours, in another group: --group {}", az::quoted(group))),
        None => error.hint("account names are unique in all of Azure, and a deleted one may stay reserved; choose another --name"),
    }
}

pub(super) fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests;
