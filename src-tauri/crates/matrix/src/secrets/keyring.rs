//! The Secret Service: gnome-keyring, KWallet, KeePassXC.
//!
//! The `secret-service` crate runs zbus on async-io, whose reactor is a
//! thread of its own, so waiting for the keyring (or for the person to type
//! its password) does not hold up the runtime that polls these futures.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use presently_core::Code;
use secret_service::{Collection, EncryptionType, Error, Item, SearchItemsResult, SecretService};
use tokio::sync::Mutex;
use zbus5::zvariant::{OwnedObjectPath, OwnedValue};

use super::SecretError;
use crate::{Secret, Session};

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";

/// Items are found by their attributes, which are not secret.
const APPLICATION: (&str, &str) = ("application", "presently");
const USER_ID: &str = "user_id";
/// The address of a calendar whose password an item holds.
const CALENDAR: &str = "calendar";

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

/// Whether no Secret Service is running or can be started, or there is no
/// session bus.
fn is_absent(error: &Error) -> bool {
    let text = error.to_string();
    ["ServiceUnknown", "NameHasNoOwner", "Spawn", "No such file", "Connection refused", "NoServer"]
        .iter()
        .any(|sign| text.contains(sign))
}

/// What an item holds: a session in JSON, or a password.
struct Entry<'a> {
    attribute: &'static str,
    /// A user id, or the address of a calendar.
    name: &'a str,
    kind: &'static str,
}

impl<'a> Entry<'a> {
    fn session(user_id: &'a str) -> Self {
        Self { attribute: USER_ID, name: user_id, kind: "application/json" }
    }

    fn password(address: &'a str) -> Self {
        Self { attribute: CALENDAR, name: address, kind: "text/plain" }
    }

    fn attributes(&self) -> HashMap<&str, &str> {
        HashMap::from([APPLICATION, (self.attribute, self.name)])
    }
}

/// The keyring and the connection to it, which clones share. KeePassXC grants a
/// program access to a secret for as long as the connection lasts, and asks the
/// person again for a new one.
#[derive(Clone, Default)]
pub struct Keyring(Arc<Mutex<Option<Service>>>);

// A session has one keyring.
impl PartialEq for Keyring {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}

impl Eq for Keyring {}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keyring")
    }
}

#[derive(Clone)]
struct Service {
    bus: zbus5::Connection,
    service: Arc<SecretService<'static>>,
}

impl Service {
    async fn connect() -> Result<Self, SecretError> {
        let bus = zbus5::Connection::session().await.map_err(|error| match error {
            zbus5::Error::Address(_) => SecretError::Unavailable,
            other => Error::from(other).into(),
        })?;
        let service = SecretService::connect_with_existing(EncryptionType::Dh, bus.clone()).await?;
        Ok(Self { bus, service: Arc::new(service) })
    }

    /// All current collections. The crate keeps those of its first call, and
    /// KeePassXC sends no signal of changes.
    async fn collections(&self) -> Result<Vec<Collection<'_>>, SecretError> {
        let interface = Some("org.freedesktop.DBus.Properties");
        let what = ("org.freedesktop.Secret.Service", "Collections");
        let answer = self.bus.call_method(Some(NAME), PATH, interface, "Get", &what).await;
        let body = answer.map_err(Error::from)?.body();
        let value: OwnedValue = body.deserialize().map_err(Error::from)?;
        let paths = Vec::<OwnedObjectPath>::try_from(value).map_err(Error::from)?;
        let mut collections = Vec::new();
        for path in paths {
            collections.push(self.service.get_collection_by_path(path).await?);
        }
        Ok(collections)
    }
}

/// What is visible of the store without asking the person.
struct VisibleItems<'a> {
    found: SearchItemsResult<Item<'a>>,
    /// A collection is locked, or there is none, so there may be more items.
    /// KeePassXC shows nothing of a locked database, and has no collection
    /// before it has opened one.
    is_partial: bool,
}

impl<'a> VisibleItems<'a> {
    async fn of(
        service: &'a Service,
        attributes: HashMap<&str, &str>,
    ) -> Result<Self, SecretError> {
        let collections = service.collections().await?;
        let mut is_partial = collections.is_empty();
        let mut can_be_searched = false;
        for collection in &collections {
            let is_locked = collection.is_locked().await?;
            is_partial |= is_locked;
            // A locked collection that lists its items can be searched as well.
            // If none can, a search would ask the person to unlock one.
            let tells = async || collection.get_all_items().await.is_ok_and(|all| !all.is_empty());
            can_be_searched |= !is_locked || tells().await;
        }
        let found = match can_be_searched {
            true => service.service.search_items(attributes).await?,
            false => SearchItemsResult { unlocked: Vec::new(), locked: Vec::new() },
        };
        Ok(Self { found, is_partial })
    }

    async fn of_user(service: &'a Service, user_id: &str) -> Result<Self, SecretError> {
        Self::of(service, Entry::session(user_id).attributes()).await
    }
}

/// The collection for a new item.
enum NewItemCollection<'a> {
    Unlocked(Collection<'a>),
    Locked(Collection<'a>),
    Missing,
}

impl<'a> NewItemCollection<'a> {
    /// The default collection. If the store has none, any other lasting one is
    /// used, preferably an unlocked one.
    async fn of(service: &'a Service) -> Result<Self, SecretError> {
        match service.service.get_default_collection().await {
            Err(Error::NoResult) => {}
            Err(error) => return Err(error.into()),
            Ok(default) if default.is_locked().await? => return Ok(Self::Locked(default)),
            Ok(default) => return Ok(Self::Unlocked(default)),
        }
        let session = match service.service.get_collection_by_alias("session").await {
            Err(Error::NoResult) => None,
            // This collection is deleted at the end of the session, and the
            // sign-in with it.
            session => Some(session?.collection_path),
        };
        let mut locked = None;
        for collection in service.collections().await? {
            if Some(&collection.collection_path) == session.as_ref() {
                continue;
            }
            if !collection.is_locked().await? {
                return Ok(Self::Unlocked(collection));
            }
            locked = locked.or(Some(collection));
        }
        Ok(locked.map_or(Self::Missing, Self::Locked))
    }

    /// The collection, which is unlocked or created if necessary. The keyring
    /// asks the person for that.
    async fn opened(self, service: &'a Service) -> Result<Collection<'a>, SecretError> {
        match self {
            Self::Unlocked(collection) => Ok(collection),
            Self::Locked(collection) => {
                collection.unlock().await?;
                Ok(collection)
            }
            // A new desktop has none. This one is shared by all programs.
            Self::Missing => Ok(service.service.create_collection("Login", "default").await?),
        }
    }

    /// The collection if it is unlocked. The person is not asked.
    fn open(self) -> Result<Collection<'a>, SecretError> {
        match self {
            Self::Unlocked(collection) => Ok(collection),
            Self::Locked(_) => Err(SecretError::Locked),
            Self::Missing => Err(SecretError::Empty),
        }
    }
}

/// The item that was changed last. An account has two if the first was hidden
/// when the second was created.
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

impl Keyring {
    /// Runs `work` with the keyring. If the keyring was restarted, the
    /// connection is of no use, and `work` runs again with a new one.
    async fn with<T, F>(&self, work: impl Fn(Service) -> F) -> Result<T, SecretError>
    where
        F: Future<Output = Result<T, SecretError>>,
    {
        let earlier = self.0.lock().await.clone();
        if let Some(service) = earlier {
            match work(service).await {
                Err(SecretError::Keyring(_) | SecretError::Unavailable) => {}
                done => return done,
            }
        }
        // The lock is held so that callers do not connect at the same time.
        let mut shared = self.0.lock().await;
        *shared = None;
        let service = shared.insert(Service::connect().await?).clone();
        drop(shared);
        work(service).await
    }

    pub(super) async fn load(&self, user_id: &str, ask: bool) -> Result<Session, SecretError> {
        self.with(move |service| async move { load(&service, user_id, ask).await }).await
    }

    pub(super) async fn open(&self) -> Result<(), SecretError> {
        self.with(move |service| async move { open(&service).await }).await
    }

    pub(super) async fn save(&self, session: &Session, ask: bool) -> Result<(), SecretError> {
        self.with(move |service| async move { save(&service, session, ask).await }).await
    }

    pub(super) async fn delete(&self, user_id: &str) -> Result<(), SecretError> {
        let delete = move |service| async move { delete(&service, &Entry::session(user_id)).await };
        self.with(delete).await
    }

    pub(super) async fn password(&self, address: &str, ask: bool) -> Result<Secret, SecretError> {
        self.with(move |service| async move { password(&service, address, ask).await }).await
    }

    /// Stores the password of a calendar, or deletes it.
    pub(super) async fn set_password(
        &self,
        address: &str,
        password: Option<&Secret>,
    ) -> Result<(), SecretError> {
        self.with(move |service| async move {
            let entry = Entry::password(address);
            match password {
                Some(password) => {
                    save_entry(&service, &entry, password.reveal().as_bytes(), true).await
                }
                None => delete(&service, &entry).await,
            }
        })
        .await
    }

    pub(super) async fn forget(&self, session: &Session) -> Result<(), SecretError> {
        self.with(move |service| async move { forget(&service, session).await }).await
    }

    pub(super) async fn list(&self) -> Result<Vec<String>, SecretError> {
        self.with(move |service| async move { list(&service).await }).await
    }

    pub(super) async fn probe(&self) -> Result<Code, SecretError> {
        self.with(move |service| async move { probe(&service).await }).await
    }
}

async fn load(service: &Service, user_id: &str, ask: bool) -> Result<Session, SecretError> {
    let secret = load_entry(service, &Entry::session(user_id), ask).await?;
    serde_json::from_slice(&secret).map_err(|_| SecretError::Broken(Code::new("stored-in-keyring")))
}

async fn password(service: &Service, address: &str, ask: bool) -> Result<Secret, SecretError> {
    let secret = load_entry(service, &Entry::password(address), ask).await?;
    let text = String::from_utf8(secret);
    text.map(Secret::new).map_err(|_| SecretError::Broken(Code::new("stored-in-keyring")))
}

async fn load_entry(
    service: &Service,
    entry: &Entry<'_>,
    ask: bool,
) -> Result<Vec<u8>, SecretError> {
    let VisibleItems { found, is_partial } = VisibleItems::of(service, entry.attributes()).await?;
    let item = match (newest(&found.unlocked).await?, found.locked.first()) {
        (Some(item), _) => item,
        (None, Some(_)) if !ask => return Err(SecretError::Locked),
        (None, Some(item)) => {
            item.unlock().await?;
            item
        }
        (None, None) if is_partial => return Err(SecretError::Hidden(entry.name.to_owned())),
        (None, None) => return Err(SecretError::NotFound(entry.name.to_owned())),
    };
    Ok(item.get_secret().await?)
}

async fn open(service: &Service) -> Result<(), SecretError> {
    NewItemCollection::of(service).await?.opened(service).await.map(drop)
}

async fn save(service: &Service, session: &Session, ask: bool) -> Result<(), SecretError> {
    let text = serde_json::to_vec(session)
        .map_err(|_| SecretError::Broken(Code::new("stored-in-session")))?;
    save_entry(service, &Entry::session(&session.user_id), &text, ask).await
}

async fn save_entry(
    service: &Service,
    entry: &Entry<'_>,
    text: &[u8],
    ask: bool,
) -> Result<(), SecretError> {
    let found = VisibleItems::of(service, entry.attributes()).await?.found;
    let mut there: Vec<&Item<'_>> = found.unlocked.iter().collect();
    if let Some(locked) = found.locked.first().filter(|_| there.is_empty()) {
        if !ask {
            return Err(SecretError::Locked);
        }
        locked.unlock().await?;
        there.push(locked);
    }
    // Existing items are changed in place, whatever the default collection is
    // now.
    for item in &there {
        item.set_secret(text, entry.kind).await?;
    }
    if !there.is_empty() {
        return Ok(());
    }
    let collection = NewItemCollection::of(service).await?;
    let collection = if ask { collection.opened(service).await? } else { collection.open()? };
    let label = format!("Presently: {}", entry.name);
    collection.create_item(&label, entry.attributes(), text, true, entry.kind).await?;
    Ok(())
}

async fn delete(service: &Service, entry: &Entry<'_>) -> Result<(), SecretError> {
    let VisibleItems { found, .. } = VisibleItems::of(service, entry.attributes()).await?;
    for item in found.unlocked {
        item.delete().await?;
    }
    for item in found.locked {
        item.unlock().await?;
        item.delete().await?;
    }
    Ok(())
}

async fn forget(service: &Service, session: &Session) -> Result<(), SecretError> {
    // The device of a locked item is unknown, so locked items stay.
    for item in VisibleItems::of_user(service, &session.user_id).await?.found.unlocked {
        let stored: Option<Session> = serde_json::from_slice(&item.get_secret().await?).ok();
        if stored.is_some_and(|stored| stored.device_id == session.device_id) {
            item.delete().await?;
        }
    }
    Ok(())
}

async fn list(service: &Service) -> Result<Vec<String>, SecretError> {
    let VisibleItems { found, is_partial } =
        VisibleItems::of(service, HashMap::from([APPLICATION])).await?;
    if is_partial {
        return Err(SecretError::Locked);
    }
    let mut users = Vec::new();
    for item in found.unlocked.iter().chain(&found.locked) {
        let mut attributes = item.get_attributes().await?;
        match attributes.remove(USER_ID) {
            Some(user) => users.push(user),
            None if attributes.contains_key(CALENDAR) => {}
            // gnome-keyring hides the attributes until it is unlocked.
            None => return Err(SecretError::Locked),
        }
    }
    users.sort();
    users.dedup();
    Ok(users)
}

async fn probe(service: &Service) -> Result<Code, SecretError> {
    match NewItemCollection::of(service).await? {
        NewItemCollection::Missing => Ok(Code::new("secrets-in-new-keyring")),
        NewItemCollection::Locked(_) => Err(SecretError::Locked),
        NewItemCollection::Unlocked(open) => {
            Ok(Code::new("secrets-in-keyring").with("name", open.get_label().await?))
        }
    }
}
