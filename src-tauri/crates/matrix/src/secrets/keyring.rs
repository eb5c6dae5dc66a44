//! The Secret Service: gnome-keyring, KWallet, KeePassXC.
//!
//! The `secret-service` crate runs zbus on async-io, whose reactor is a
//! thread of its own, so waiting for the keyring (or for the person to type
//! its password) does not hold up the runtime that polls these futures.

use std::collections::HashMap;

use secret_service::{Collection, EncryptionType, Error, Item, SearchItemsResult, SecretService};

use super::SecretError;
use crate::Session;

/// Attributes are how an item is found; they are not secret.
const APPLICATION: (&str, &str) = ("application", "presently");
const USER_ID: &str = "user_id";

impl From<Error> for SecretError {
    fn from(error: Error) -> Self {
        match error {
            Error::Locked | Error::Prompt | Error::PromptDisconnected => Self::Locked,
            Error::Unavailable => Self::Unavailable,
            Error::Zbus(_) | Error::ZbusFdo(_) if is_absent(&error) => Self::Unavailable,
            other => Self::Keyring(other.to_string()),
        }
    }
}

/// Nobody owns the name and nobody can be started for it, or there is no
/// session bus to ask.
fn is_absent(error: &Error) -> bool {
    let text = error.to_string();
    ["ServiceUnknown", "NameHasNoOwner", "Spawn", "No such file", "Connection refused", "NoServer"]
        .iter()
        .any(|sign| text.contains(sign))
}

async fn connect() -> Result<SecretService<'static>, SecretError> {
    Ok(SecretService::connect(EncryptionType::Dh).await?)
}

fn attributes(user_id: &str) -> HashMap<&str, &str> {
    HashMap::from([APPLICATION, (USER_ID, user_id)])
}

/// What is to be seen of the store without asking the person anything.
struct Sight<'a> {
    found: SearchItemsResult<Item<'a>>,
    /// Not all of it is open. What is not may hold more: KeePassXC shows
    /// nothing of a locked database, and has none before it has opened one.
    is_partial: bool,
}

impl<'a> Sight<'a> {
    async fn of(
        service: &'a SecretService<'_>,
        attributes: HashMap<&str, &str>,
    ) -> Result<Self, SecretError> {
        let collections = service.get_all_collections().await?;
        let mut is_partial = collections.is_empty();
        let mut can_be_searched = false;
        for collection in &collections {
            let is_locked = collection.is_locked().await?;
            is_partial |= is_locked;
            // One that is locked and yet tells what it has is searched as
            // well. Where none can be, a search asks the person to open one.
            let tells = async || collection.get_all_items().await.is_ok_and(|all| !all.is_empty());
            can_be_searched |= !is_locked || tells().await;
        }
        let found = match can_be_searched {
            true => service.search_items(attributes).await?,
            false => SearchItemsResult { unlocked: Vec::new(), locked: Vec::new() },
        };
        Ok(Self { found, is_partial })
    }

    async fn of_user(service: &'a SecretService<'_>, user_id: &str) -> Result<Self, SecretError> {
        Self::of(service, attributes(user_id)).await
    }
}

/// Where a new item goes.
enum Place<'a> {
    Open(Collection<'a>),
    Locked(Collection<'a>),
    Nowhere,
}

impl<'a> Place<'a> {
    /// The default collection. A store need not have one: then any other that
    /// lasts is as good, and rather one that is open.
    async fn of(service: &'a SecretService<'_>) -> Result<Self, SecretError> {
        match service.get_default_collection().await {
            Err(Error::NoResult) => {}
            Err(error) => return Err(error.into()),
            Ok(default) if default.is_locked().await? => return Ok(Self::Locked(default)),
            Ok(default) => return Ok(Self::Open(default)),
        }
        let session = match service.get_collection_by_alias("session").await {
            Err(Error::NoResult) => None,
            // It is gone after the session, and the sign-in with it.
            session => Some(session?.collection_path),
        };
        let mut locked = None;
        for collection in service.get_all_collections().await? {
            if Some(&collection.collection_path) == session.as_ref() {
                continue;
            }
            if !collection.is_locked().await? {
                return Ok(Self::Open(collection));
            }
            locked = locked.or(Some(collection));
        }
        Ok(locked.map_or(Self::Nowhere, Self::Locked))
    }

    /// The collection, unlocked, or made where there is none; the person is
    /// asked for that.
    async fn opened(self, service: &'a SecretService<'_>) -> Result<Collection<'a>, SecretError> {
        match self {
            Self::Open(collection) => Ok(collection),
            Self::Locked(collection) => {
                collection.unlock().await?;
                Ok(collection)
            }
            // A fresh desktop has none: this is the one every program shares.
            Self::Nowhere => Ok(service.create_collection("Login", "default").await?),
        }
    }

    /// The same without a question.
    fn open(self) -> Result<Collection<'a>, SecretError> {
        match self {
            Self::Open(collection) => Ok(collection),
            Self::Locked(_) => Err(SecretError::Locked),
            Self::Nowhere => Err(SecretError::Empty),
        }
    }
}

/// The item that was changed last. There are two of an account where the
/// first was out of sight when the second was made.
async fn newest<'a>(items: &'a [Item<'a>]) -> Result<Option<&'a Item<'a>>, SecretError> {
    if let [one] = items {
        return Ok(Some(one));
    }
    let mut newest = None;
    for item in items {
        let modified = item.get_modified().await?;
        if newest.is_none_or(|(_, latest)| modified > latest) {
            newest = Some((item, modified));
        }
    }
    Ok(newest.map(|(item, _)| item))
}

pub(super) async fn load(user_id: &str, ask: bool) -> Result<Session, SecretError> {
    let service = connect().await?;
    let Sight { found, is_partial } = Sight::of_user(&service, user_id).await?;
    let item = match (newest(&found.unlocked).await?, found.locked.first()) {
        (Some(item), _) => item,
        (None, Some(_)) if !ask => return Err(SecretError::Locked),
        (None, Some(item)) => {
            item.unlock().await?;
            item
        }
        (None, None) if is_partial => return Err(SecretError::Hidden(user_id.to_owned())),
        (None, None) => return Err(SecretError::NotFound(user_id.to_owned())),
    };
    let secret = item.get_secret().await?;
    serde_json::from_slice(&secret).map_err(|_| SecretError::Broken("the keyring".to_owned()))
}

pub(super) async fn open() -> Result<(), SecretError> {
    let service = connect().await?;
    Place::of(&service).await?.opened(&service).await.map(drop)
}

pub(super) async fn save(session: &Session, ask: bool) -> Result<(), SecretError> {
    let service = connect().await?;
    let text = serde_json::to_vec(session)
        .map_err(|_| SecretError::Broken("the new session".to_owned()))?;
    let found = Sight::of_user(&service, &session.user_id).await?.found;
    let mut there: Vec<&Item<'_>> = found.unlocked.iter().collect();
    if let Some(locked) = found.locked.first().filter(|_| there.is_empty()) {
        if !ask {
            return Err(SecretError::Locked);
        }
        locked.unlock().await?;
        there.push(locked);
    }
    // What is there is changed where it is, whatever is the default by now.
    for item in &there {
        item.set_secret(&text, "application/json").await?;
    }
    if !there.is_empty() {
        return Ok(());
    }
    let place = Place::of(&service).await?;
    let collection = if ask { place.opened(&service).await? } else { place.open()? };
    let label = format!("Presently: {}", session.user_id);
    let attributes = attributes(&session.user_id);
    collection.create_item(&label, attributes, &text, true, "application/json").await?;
    Ok(())
}

pub(super) async fn delete(user_id: &str) -> Result<(), SecretError> {
    let service = connect().await?;
    let Sight { found, .. } = Sight::of_user(&service, user_id).await?;
    for item in found.unlocked {
        item.delete().await?;
    }
    for item in found.locked {
        item.unlock().await?;
        item.delete().await?;
    }
    Ok(())
}

pub(super) async fn forget(session: &Session) -> Result<(), SecretError> {
    let service = connect().await?;
    // What is locked cannot be told apart.
    for item in Sight::of_user(&service, &session.user_id).await?.found.unlocked {
        let stored: Option<Session> = serde_json::from_slice(&item.get_secret().await?).ok();
        if stored.is_some_and(|stored| stored.device_id == session.device_id) {
            item.delete().await?;
        }
    }
    Ok(())
}

pub(super) async fn list() -> Result<Vec<String>, SecretError> {
    let service = connect().await?;
    let Sight { found, is_partial } = Sight::of(&service, HashMap::from([APPLICATION])).await?;
    if is_partial {
        return Err(SecretError::Locked);
    }
    let mut users = Vec::new();
    for item in found.unlocked.iter().chain(&found.locked) {
        match item.get_attributes().await?.remove(USER_ID) {
            Some(user) => users.push(user),
            // gnome-keyring hides them until it is unlocked.
            None => return Err(SecretError::Locked),
        }
    }
    users.sort();
    users.dedup();
    Ok(users)
}

pub(super) async fn probe() -> Result<String, SecretError> {
    let service = connect().await?;
    match Place::of(&service).await? {
        Place::Nowhere => Ok("the keyring is empty: a first one will be made".to_owned()),
        Place::Locked(_) => Err(SecretError::Locked),
        Place::Open(open) => Ok(format!("the keyring “{}”, unlocked", open.get_label().await?)),
    }
}
