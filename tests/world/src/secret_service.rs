//! A stand-in for KeePassXC as the Secret Service. It differs from
//! gnome-keyring as the real one does: a locked database hides its items, a
//! search without an open database prompts the person, and there may be no
//! default collection. It counts the prompts.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::sync::watch;
use zbus::{Connection, ObjectServer, OwnedObjectPath, OwnedVariant, Variant, fdo};

use crate::bus::Bus;
use crate::within;

mod prompt;

use prompt::{Does, PromptObject};

const NAME: &str = "org.freedesktop.secrets";
const SERVICE: &str = "/org/freedesktop/secrets";
const ATTRIBUTES: &str = "org.freedesktop.Secret.Item.Attributes";
const LABEL: &str = "org.freedesktop.Secret.Collection.Label";

type Attributes = HashMap<String, String>;
/// The session, the parameters, the value and the content type.
type Secret = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// The number of prompts and of requests for new collections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Prompts shown to the person.
    pub questions: u32,
    /// Requests to create a collection.
    pub creations: u32,
}

/// The service on a session bus, removed when dropped.
#[derive(Debug)]
pub struct SecretService {
    shelf: Shelf,
    connection: Connection,
}

#[derive(Debug, Default)]
struct Contents {
    collections: BTreeMap<String, Collection>,
    default: Option<String>,
    asked: Asked,
    /// Whether the person accepts prompts.
    consents: bool,
    /// A counter for unique paths and for times.
    count: u64,
}

#[derive(Debug, Default)]
struct Collection {
    is_locked: bool,
    items: HashMap<OwnedObjectPath, Item>,
}

#[derive(Clone, Debug)]
struct Item {
    attributes: Attributes,
    secret: Secret,
    modified: u64,
}

#[derive(Clone, Debug, Default)]
struct Shelf {
    contents: Arc<Mutex<Contents>>,
    stored: watch::Sender<u32>,
}

impl SecretService {
    /// Takes the service's name on a bus, without collections.
    pub async fn on(bus: &Bus) -> Result<Self> {
        let shelf = Shelf::default();
        let connection = zbus::connection::Builder::address(bus.address())
            .serve_at(SERVICE, ServiceObject(shelf.clone()))
            .name(NAME)
            .build()
            .await?;
        Ok(Self { shelf, connection })
    }

    /// Adds an unlocked collection.
    pub async fn add_collection(&self, name: &str) -> Result<()> {
        Ok(self.shelf.add(self.connection.object_server(), name).await?)
    }

    /// Sets the collection with the alias `default`, if any.
    pub fn set_default(&self, name: Option<&str>) {
        self.shelf.lock().default = name.map(str::to_owned);
    }

    /// Locks or unlocks a collection, as the person does in the program.
    pub fn set_locked(&self, name: &str, is_locked: bool) -> Result<()> {
        let mut shelf = self.shelf.lock();
        let collection = shelf.collections.get_mut(name).context("there is no such collection")?;
        collection.is_locked = is_locked;
        Ok(())
    }

    /// Sets whether the person accepts prompts. The default is no.
    pub fn set_consent(&self, consents: bool) {
        self.shelf.lock().consents = consents;
    }

    /// The counts so far.
    pub fn asked(&self) -> Asked {
        self.shelf.lock().asked
    }

    /// Waits until secrets were stored this many times.
    pub async fn stored(&self, times: u32, deadline: Duration) -> Result<()> {
        let mut stored = self.shelf.stored.subscribe();
        within(deadline, "a secret", async {
            stored.wait_for(|stored| *stored >= times).await.map(drop).map_err(Into::into)
        })
        .await
    }

    /// The number of times that secrets were stored.
    pub fn times_stored(&self) -> u32 {
        *self.shelf.stored.borrow()
    }

    /// The number of items in a collection.
    pub fn count(&self, name: &str) -> usize {
        self.shelf.lock().collections.get(name).map_or(0, |c| c.items.len())
    }
}

impl Shelf {
    fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn add(&self, server: &ObjectServer, name: &str) -> zbus::Result<()> {
        self.lock().collections.insert(name.to_owned(), Collection::default());
        let object = CollectionObject { shelf: self.clone(), name: name.to_owned() };
        server.at(collection_path(name)?, object).await.map(drop)
    }

    fn next_path(&self, kind: &str) -> zbus::Result<OwnedObjectPath> {
        let mut shelf = self.lock();
        path(&format!("{SERVICE}/{kind}/{}", shelf.count()))
    }

    async fn prompt(&self, server: &ObjectServer, does: Does) -> zbus::Result<OwnedObjectPath> {
        let path = self.next_path("prompt")?;
        server.at(path.clone(), PromptObject { shelf: self.clone(), does }).await?;
        Ok(path)
    }
}

impl Contents {
    fn count(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// The collection to which an object belongs.
    fn of(&self, object: &OwnedObjectPath) -> Option<(&String, &Collection)> {
        let is_it = |name: &str, collection: &Collection| {
            collection.items.contains_key(object)
                || collection_path(name).is_ok_and(|path| path == *object)
        };
        self.collections.iter().find(|(name, collection)| is_it(name, collection))
    }

    fn item(&mut self, path: &OwnedObjectPath) -> fdo::Result<&mut Item> {
        let locked = || fdo::Error::Failed("it is locked".to_owned());
        let mut all = self.collections.values_mut().filter(|c| !c.is_locked);
        all.find_map(|c| c.items.get_mut(path)).ok_or_else(locked)
    }
}

impl Collection {
    fn search(&self, wanted: &Attributes) -> Vec<OwnedObjectPath> {
        let fits = |item: &Item| wanted.iter().all(|(k, v)| item.attributes.get(k) == Some(v));
        let open = self.items.iter().filter(|_| !self.is_locked);
        open.filter(|(_, item)| fits(item)).map(|(path, _)| path.clone()).collect()
    }
}

fn path(text: &str) -> zbus::Result<OwnedObjectPath> {
    OwnedObjectPath::try_from(text)
}

fn collection_path(name: &str) -> zbus::Result<OwnedObjectPath> {
    path(&format!("{SERVICE}/collection/{name}"))
}

struct ServiceObject(Shelf);

#[zbus::interface(name = "org.freedesktop.Secret.Service")]
impl ServiceObject {
    /// Our public key of the key exchange is 1. So every session has the same
    /// key, and a secret from one session can be read in another.
    fn open_session(
        &self,
        _algorithm: String,
        _input: OwnedVariant,
    ) -> fdo::Result<(OwnedVariant, OwnedObjectPath)> {
        let ours = OwnedVariant::try_from(Variant::from(vec![1u8]))?;
        Ok((ours, self.0.next_path("session")?))
    }

    async fn create_collection(
        &self,
        properties: HashMap<String, OwnedVariant>,
        alias: String,
        #[zbus(object_server)] server: &ObjectServer,
    ) -> fdo::Result<(OwnedObjectPath, OwnedObjectPath)> {
        self.0.lock().asked.creations += 1;
        let label = properties.get(LABEL).and_then(|label| String::try_from(label.clone()).ok());
        let name = label.ok_or_else(|| fdo::Error::InvalidArgs("no label".to_owned()))?;
        let does = Does::Create { name, is_default: alias == "default" };
        Ok((path("/")?, self.0.prompt(server, does).await?))
    }

    fn search_items(&self, attributes: Attributes) -> (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) {
        let mut shelf = self.0.lock();
        let all = shelf.collections.values();
        if all.clone().all(|collection| collection.is_locked) {
            shelf.asked.questions += 1;
            return (Vec::new(), Vec::new());
        }
        (all.flat_map(|collection| collection.search(&attributes)).collect(), Vec::new())
    }

    async fn unlock(
        &self,
        objects: Vec<OwnedObjectPath>,
        #[zbus(object_server)] server: &ObjectServer,
    ) -> fdo::Result<(Vec<OwnedObjectPath>, OwnedObjectPath)> {
        let locked: Vec<String> = {
            let shelf = self.0.lock();
            let of = objects.iter().filter_map(|object| shelf.of(object));
            of.filter(|(_, collection)| collection.is_locked)
                .map(|(name, _)| name.clone())
                .collect()
        };
        if locked.is_empty() {
            return Ok((objects, path("/")?));
        }
        Ok((Vec::new(), self.0.prompt(server, Does::Unlock(locked)).await?))
    }

    fn read_alias(&self, name: String) -> fdo::Result<OwnedObjectPath> {
        let default = self.0.lock().default.clone().filter(|_| name == "default");
        Ok(default.map_or_else(|| path("/"), |name| collection_path(&name))?)
    }

    #[zbus(property)]
    fn collections(&self) -> fdo::Result<Vec<OwnedObjectPath>> {
        Ok(self
            .0
            .lock()
            .collections
            .keys()
            .map(|n| collection_path(n))
            .collect::<Result<_, _>>()?)
    }
}

struct CollectionObject {
    shelf: Shelf,
    name: String,
}

impl CollectionObject {
    fn with<T>(&self, what: impl FnOnce(&mut Collection) -> T) -> fdo::Result<T> {
        let mut shelf = self.shelf.lock();
        let collection = shelf.collections.get_mut(&self.name);
        Ok(what(collection.ok_or_else(|| fdo::Error::Failed("it is gone".to_owned()))?))
    }
}

#[zbus::interface(name = "org.freedesktop.Secret.Collection")]
impl CollectionObject {
    async fn create_item(
        &self,
        properties: HashMap<String, OwnedVariant>,
        secret: Secret,
        replace: bool,
        #[zbus(object_server)] server: &ObjectServer,
    ) -> fdo::Result<(OwnedObjectPath, OwnedObjectPath)> {
        let attributes = properties.get(ATTRIBUTES).cloned().map(Attributes::try_from);
        let attributes = attributes.transpose().map_err(|e| fdo::Error::InvalidArgs(e.to_string()));
        let attributes = attributes?.unwrap_or_default();
        if self.with(|collection| collection.is_locked)? {
            return Err(fdo::Error::Failed("it is locked".to_owned()));
        }
        let same = self.with(|collection| collection.search(&attributes))?;
        let existing = same.into_iter().next().filter(|_| replace);
        let path_of_it = match existing {
            Some(path) => path,
            None => {
                let path = self.shelf.next_path(&format!("collection/{}", self.name))?;
                let object = ItemObject { shelf: self.shelf.clone(), path: path.clone() };
                server.at(path.clone(), object).await?;
                path
            }
        };
        let modified = self.shelf.lock().count();
        let item = Item { attributes, secret, modified };
        self.with(|collection| collection.items.insert(path_of_it.clone(), item))?;
        self.shelf.stored.send_modify(|times| *times += 1);
        Ok((path_of_it, path("/")?))
    }

    #[zbus(property)]
    fn items(&self) -> fdo::Result<Vec<OwnedObjectPath>> {
        self.with(|collection| collection.search(&Attributes::new()))
    }

    #[zbus(property)]
    fn locked(&self) -> fdo::Result<bool> {
        self.with(|collection| collection.is_locked)
    }

    #[zbus(property)]
    fn label(&self) -> String {
        self.name.clone()
    }
}

struct ItemObject {
    shelf: Shelf,
    path: OwnedObjectPath,
}

#[zbus::interface(name = "org.freedesktop.Secret.Item")]
impl ItemObject {
    fn get_secret(&self, _session: OwnedObjectPath) -> fdo::Result<(Secret,)> {
        Ok((self.shelf.lock().item(&self.path)?.secret.clone(),))
    }

    fn set_secret(&self, secret: Secret) -> fdo::Result<()> {
        let mut shelf = self.shelf.lock();
        let modified = shelf.count();
        let item = shelf.item(&self.path)?;
        (item.secret, item.modified) = (secret, modified);
        self.shelf.stored.send_modify(|times| *times += 1);
        Ok(())
    }

    fn delete(&self) -> fdo::Result<OwnedObjectPath> {
        for collection in self.shelf.lock().collections.values_mut() {
            collection.items.remove(&self.path);
        }
        Ok(path("/")?)
    }

    #[zbus(property)]
    fn locked(&self) -> bool {
        self.shelf.lock().item(&self.path).is_err()
    }

    #[zbus(property)]
    fn modified(&self) -> fdo::Result<u64> {
        Ok(self.shelf.lock().item(&self.path)?.modified)
    }

    #[zbus(property)]
    fn attributes(&self) -> fdo::Result<Attributes> {
        Ok(self.shelf.lock().item(&self.path)?.attributes.clone())
    }
}
