//! Who may do what, said by the server and told to the person; the signature never shows.

mod azurite;

use azurite::{ACCOUNT, Azurite};
use bytes::Bytes;
use secrecy::ExposeSecret;
use swath_store::{Content, Credentials, Error, Family, Put, Sas, Store};

fn store(azurite: &Azurite, place: &str, token: &Sas) -> Store {
    Store::open(&format!("{}?{}", azurite.url(place), token.expose_token().expose_secret()), &Credentials::anonymous()).unwrap()
}

async fn write(store: &Store) -> Result<Option<String>, Error> {
    store.put("x.json", Bytes::from_static(b"{}"), &Put::Create, &Content::of("x.json")).await
}

/// The error has a family and a reason, and shows nothing of a token.
fn refused(error: &Error, reason: &str, secrets: &[&str]) {
    let shown = format!("{error} {error:?}");
    assert_eq!(error.family, Family::Refused, "{shown}");
    assert!(shown.contains(reason), "{reason:?} in {shown}");
    for secret in secrets {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn every_refusal_names_its_reason_and_no_secret() {
    let Some(azurite) = Azurite::shared() else { return };
    azurite.open("refusals").ensure_container().await.unwrap();
    azurite.open("refusals").put("there.json", "{}".into(), &Put::Create, &Content::of("there.json")).await.unwrap();

    let expired = azurite.sas("refusals", "racwl", -30);
    let reader = azurite.sas("refusals", "rl", 30);
    let other = azurite.sas("refusals-other", "racwl", 30);
    for (token, reason) in [(&expired, "30 minutes ago"), (&reader, "(sp=rl), not create (c)"), (&other, "another account or container")] {
        let whole = token.expose_token();
        let signature = whole.expose_secret().rsplit("sig=").next().unwrap();
        let store = store(&azurite, "refusals/p", token);
        refused(&write(&store).await.unwrap_err(), reason, &[signature]);
        assert!(!format!("{store:?} {token:?} {:?}", store.url()).contains(signature));
    }
    let forged = Sas::parse("sv=2021-08-06&sr=c&sp=racwl&se=2999-01-01T00:00:00Z&sig=CANARY").unwrap();
    refused(&write(&store(&azurite, "refusals", &forged)).await.unwrap_err(), "is not accepted", &["CANARY"]);

    let wrong_key = Credentials::key(ACCOUNT, "Q0FOQVJZ");
    refused(
        &write(&Store::open(&azurite.url("refusals"), &wrong_key).unwrap()).await.unwrap_err(),
        "key is not accepted",
        &["Q0FOQVJZ", "CANARY"],
    );
    let no_key = Store::open(&azurite.url("refusals"), &Credentials::key(ACCOUNT, "CANARY not base64")).unwrap_err();
    refused(&no_key, "not base64", &["CANARY"]);

    let unnamed = Credentials::sas(reader.expose_token().expose_secret()).unwrap();
    assert_eq!(Store::open(&azurite.url("refusals"), &unnamed).unwrap().get("there.json").await.unwrap().bytes, "{}");
    let reading = store(&azurite, "refusals", &reader);
    assert_eq!(reading.get("there.json").await.unwrap().bytes, "{}");
    assert_eq!(reading.list("").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_container_sas_accepts_its_container_and_cannot_make_one() {
    let Some(azurite) = Azurite::shared() else { return };
    azurite.open("there").ensure_container().await.unwrap();
    for rights in ["racwl", "cw"] {
        store(&azurite, "there/p", &azurite.sas("there", rights, 30)).ensure_container().await.unwrap();
    }
    let missing = store(&azurite, "missing", &azurite.sas("missing", "racwl", 30)).ensure_container().await.unwrap_err();
    refused(&missing, "create the container first", &[]);
    let absent = azurite.open("missing").list("").await.unwrap_err();
    assert_eq!(absent.family, Family::Absent, "{absent}");
}

#[tokio::test]
async fn a_second_container_of_the_account_is_read_with_the_same_key() {
    let Some(azurite) = Azurite::shared() else { return };
    let (one, two) = (azurite.open("one"), azurite.open("two/deep"));
    for store in [&one, &two] {
        store.ensure_container().await.unwrap();
        write(store).await.unwrap();
    }
    let (led, path) = one.resolve("collection.json", &two.url_of("x.json")).unwrap();
    assert_eq!(led.get(&path).await.unwrap().bytes, "{}");
}

#[tokio::test]
async fn writing_to_azure_without_credentials_is_refused_before_anything_is_sent() {
    let store = Store::open("https://swathtest.blob.core.windows.net/maps/p", &Credentials::anonymous()).unwrap();
    refused(&write(&store).await.unwrap_err(), "AZURE_STORAGE_SAS_TOKEN", &[]);
    refused(&store.may_write().unwrap_err(), "AZURE_STORAGE_KEY", &[]);
    refused(&store.ensure_container().await.unwrap_err(), "--sas-file", &[]);
    assert_eq!(store.counts().requests, 0);
}

#[tokio::test]
async fn credentials_of_another_account_are_named_and_not_sent() {
    let mine = "DefaultEndpointsProtocol=https;AccountName=mine;AccountKey=a2V5;EndpointSuffix=core.windows.net";
    let credentials = Credentials::connection_string(mine).unwrap();
    for place in ["https://theirs.blob.core.windows.net/maps/p", "http://127.0.0.1:10000/theirs/maps/p"] {
        let store = Store::open(place, &credentials).unwrap();
        let error = store.may_write().unwrap_err();
        assert_eq!(error.family, Family::Refused);
        let text = format!("{error} {}", error.hint.as_deref().unwrap_or_default());
        assert!(text.contains("'mine'") && text.contains("'theirs'"), "{text}");
        assert_eq!(store.counts().requests, 0);
    }
}
