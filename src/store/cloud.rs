//! Object stores, through the `object_store` crate: whole and ranged reads, listings, writes, and
//! writes that must not replace.
//!
//! The client is asynchronous and its callers are not: requests wait on a runtime of two threads.
//! Runtime and connections belong to one process. One that is forked off has its own, for threads do
//! not come along.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::StreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::path::Path as Key;
use object_store::{
    ClientOptions, GetOptions, GetResult, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutMode, PutPayload,
    RetryConfig, WriteMultipart,
};
use tokio::runtime::Runtime;

use super::address;
use crate::error::{Error, Kind, Result};

/// What the store says of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) bytes: u64,
    pub(super) modified: SystemTime,
    /// Changes with the content, where the store has one.
    pub(super) tag: String,
}

impl Object {
    fn of(meta: &ObjectMeta) -> Self {
        let tag = meta.e_tag.clone().or_else(|| meta.version.clone()).unwrap_or_default();
        Self { bytes: meta.size, modified: meta.last_modified.into(), tag }
    }
}

/// What lies directly below an address: objects and "folders", each by name, sorted.
#[derive(Clone, Debug, Default)]
pub(super) struct Listing {
    pub(super) files: BTreeMap<String, Object>,
    pub(super) folders: Vec<String>,
}

/// Parts of an upload: the smallest that every store takes is 5 MiB, the most are 10,000.
const PART: usize = 16 << 20;

const EXPECTED: &str = "an address such as s3://bucket/folder";

/// A process's connections.
struct Clients {
    process: u32,
    runtime: Arc<Runtime>,
    /// By bucket, as in `s3://bucket`.
    stores: BTreeMap<String, Arc<dyn ObjectStore>>,
}

static CLIENTS: Mutex<Option<Clients>> = Mutex::new(None);

/// An object, or what is below it, in a store that requests can be sent to.
struct Place {
    key: Key,
    store: Arc<dyn ObjectStore>,
    runtime: Arc<Runtime>,
}

fn place(path: &Path) -> Result<Place> {
    let (bucket, key) = address::parts(path)
        .filter(|(bucket, _)| !bucket.ends_with("://"))
        .ok_or_else(|| Error::new(Kind::Config, "the address names no bucket").at(path).expected(EXPECTED))?;
    let key = Key::parse(key).map_err(|e| {
        Error::new(Kind::Config, format!("the address cannot be used: {e}")).at(path).expected(EXPECTED)
    })?;
    let mut clients = CLIENTS.lock().unwrap_or_else(PoisonError::into_inner);
    if clients.as_ref().is_some_and(|held| held.process != std::process::id()) {
        // Its threads stayed in the parent; waiting for them, as dropping does, would never end.
        std::mem::forget(clients.take());
    }
    let clients = match clients.as_mut() {
        Some(held) => held,
        None => clients.insert(Clients::new()?),
    };
    if !clients.stores.contains_key(bucket) {
        check_endpoint().map_err(|e| e.at(path))?;
        let store = connect(bucket).map_err(|e| said(path, "open", &e))?;
        clients.stores.insert(bucket.to_owned(), store);
    }
    let store = clients.stores[bucket].clone();
    Ok(Place { key, store, runtime: clients.runtime.clone() })
}

impl Clients {
    fn new() -> Result<Self> {
        // Fails where the program that loaded us has chosen one: that one serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("store")
            .enable_all()
            .build()
            .map_err(|e| Error::new(Kind::Io, format!("cannot start threads: {e}")))?;
        Ok(Self { process: std::process::id(), runtime: Arc::new(runtime), stores: BTreeMap::new() })
    }
}

/// Refuses an endpoint without a scheme, which the client does not survive.
fn check_endpoint() -> Result<()> {
    for name in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT"] {
        let Ok(endpoint) = std::env::var(name) else { continue };
        if !endpoint.starts_with("http://") && !endpoint.starts_with("https://") {
            return Err(Error::new(Kind::Config, format!("{name} is no address of a server"))
                .expected("http://… or https://…")
                .found(endpoint));
        }
    }
    Ok(())
}

/// A client of a bucket, with the settings and credentials of the environment (`AWS_…`, `GOOGLE_…`,
/// `AZURE_…`).
fn connect(bucket: &str) -> object_store::Result<Arc<dyn ObjectStore>> {
    // Requests fail for good soon enough for a person who waits; a scan takes seconds at most.
    let retry =
        RetryConfig { max_retries: 6, retry_timeout: Duration::from_secs(60), ..RetryConfig::default() };
    let options = ClientOptions::default()
        .with_connect_timeout(Duration::from_secs(10))
        .with_read_timeout(Duration::from_secs(30))
        .with_timeout(Duration::from_secs(600))
        // An endpoint without TLS is one that the user has named as such.
        .with_allow_http(true);
    Ok(match bucket.split_once("://").map_or("", |(scheme, _)| scheme) {
        "s3" => Arc::new(
            AmazonS3Builder::from_env()
                .with_url(bucket)
                .with_retry(retry)
                .with_client_options(options)
                .build()?,
        ),
        "gs" => Arc::new(
            GoogleCloudStorageBuilder::from_env()
                .with_url(bucket)
                .with_retry(retry)
                .with_client_options(options)
                .build()?,
        ),
        _ => Arc::new(
            MicrosoftAzureBuilder::from_env()
                .with_url(bucket)
                .with_retry(retry)
                .with_client_options(options)
                .build()?,
        ),
    })
}

/// What the store says of an object, or `None` when there is none of that name.
pub(super) fn head(path: &Path) -> Result<Option<Object>> {
    let at = place(path)?;
    if at.key.as_ref().is_empty() {
        return Ok(None);
    }
    match at.runtime.block_on(at.store.head(&at.key)) {
        Ok(meta) => Ok(Some(Object::of(&meta))),
        Err(object_store::Error::NotFound { source, .. }) if !no_bucket(&*source) => Ok(None),
        Err(e) => Err(said(path, "look at", &e)),
    }
}

/// Reads a whole object into `bytes`, in place of what was there; one of more than `most` bytes is not
/// read, and its size is given.
pub(super) fn get(path: &Path, bytes: &mut Vec<u8>, most: u64) -> Result<Option<u64>> {
    let at = place(path)?;
    at.runtime
        .block_on(async {
            let got = at.store.get(&at.key).await?;
            if got.meta.size > most {
                return Ok(Some(got.meta.size));
            }
            bytes.clear();
            // The size is the server's word: room is made as bytes come.
            bytes.reserve(got.meta.size.min(256 << 20) as usize);
            collect(got, |chunk| bytes.extend_from_slice(chunk)).await?;
            Ok(None)
        })
        .map_err(|e| said(path, "read", &e))
}

/// Fills `out` with an object's bytes from `offset` on.
pub(super) fn get_range(path: &Path, offset: u64, out: &mut [u8]) -> Result<()> {
    let at = place(path)?;
    let range: Range<u64> = offset..offset + out.len() as u64;
    let mut filled = 0;
    at.runtime
        .block_on(async {
            let got = at.store.get_opts(&at.key, GetOptions::new().with_range(Some(range))).await?;
            collect(got, |chunk| {
                let n = chunk.len().min(out.len() - filled);
                out[filled..filled + n].copy_from_slice(&chunk[..n]);
                filled += n;
            })
            .await
        })
        .map_err(|e| said(path, "read", &e).byte(offset))?;
    if filled < out.len() {
        return Err(Error::new(Kind::Truncated, "the object ends before what its manifest says")
            .at(path)
            .byte(offset)
            .expected(format!("{} bytes from there on", out.len()))
            .found(format!("{filled} bytes"))
            .help("copy the object again, or write the data set again"));
    }
    Ok(())
}

async fn collect(got: GetResult, mut take: impl FnMut(&[u8])) -> object_store::Result<()> {
    let mut chunks = got.into_stream();
    while let Some(chunk) = chunks.next().await {
        take(&chunk?);
    }
    Ok(())
}

/// What lies directly below an address; nothing where nothing is.
pub(super) fn list(path: &Path) -> Result<Listing> {
    let at = place(path)?;
    let prefix = Some(&at.key).filter(|key| !key.as_ref().is_empty());
    let found = at.runtime.block_on(at.store.list_with_delimiter(prefix));
    let found = found.map_err(|e| said(path, "list", &e))?;
    let name = |key: &Key| key.filename().unwrap_or_default().to_owned();
    let mut listing = Listing {
        files: found.objects.iter().map(|meta| (name(&meta.location), Object::of(meta))).collect(),
        folders: found.common_prefixes.iter().map(name).collect(),
    };
    listing.folders.sort();
    Ok(listing)
}

/// Writes an object whole, replacing what was there.
pub(super) fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let at = place(path)?;
    let payload = PutPayload::from_bytes(Bytes::copy_from_slice(bytes));
    let put = at.runtime.block_on(at.store.put(&at.key, payload));
    put.map(drop).map_err(|e| said(path, "write", &e))
}

/// Writes an object whole unless one has its name; says whether it did.
///
/// The condition is the store's own where it has one. Where a store ignores it, or does not know it,
/// two writers at once may both believe that they were first: what they write must be the same.
pub(super) fn create(path: &Path, bytes: &[u8]) -> Result<bool> {
    if head(path)?.is_some() {
        return Ok(false);
    }
    let at = place(path)?;
    let payload = PutPayload::from_bytes(Bytes::copy_from_slice(bytes));
    let made = at.runtime.block_on(at.store.put_opts(&at.key, payload.clone(), PutMode::Create.into()));
    match made {
        Ok(_) => Ok(true),
        Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
            Ok(false)
        }
        Err(e @ object_store::Error::NotImplemented { .. }) => Err(said(path, "write", &e)),
        Err(e) if chain(&e).contains("501") || chain(&e).contains("NotImplemented") => {
            put(path, bytes).map(|()| true)
        }
        Err(e) => Err(said(path, "write", &e)),
    }
}

/// Whether the store refuses to create what is there, tried with an object of this name.
pub(super) fn honours_create(path: &Path) -> Result<bool> {
    put(path, b"1")?;
    let at = place(path)?;
    let again = PutPayload::from_static(b"2");
    let again = at.runtime.block_on(at.store.put_opts(&at.key, again, PutMode::Create.into()));
    let honoured = matches!(
        again,
        Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. })
    );
    remove(path)?;
    Ok(honoured)
}

/// Writes an object from a local file, in parts where it is large; it appears whole or not at all.
pub(super) fn upload(path: &Path, file: &Path) -> Result<()> {
    use std::io::Read as _;
    let read_error = |e: &std::io::Error| Error::io("read back", file, e);
    let mut source = std::fs::File::open(file).map_err(|e| read_error(&e))?;
    let mut part = |room: &mut Vec<u8>| {
        room.clear();
        source.by_ref().take(PART as u64).read_to_end(room).map_err(|e| read_error(&e))
    };
    let mut room = Vec::with_capacity(PART);
    if part(&mut room)? < PART {
        return put(path, &room);
    }
    let at = place(path)?;
    at.runtime.block_on(async {
        let failed = |e: object_store::Error| said(path, "write", &e);
        let upload = at.store.put_multipart(&at.key).await.map_err(failed)?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PART);
        let mut all = async || loop {
            writer.put(Bytes::copy_from_slice(&room));
            writer.wait_for_capacity(2).await.map_err(failed)?;
            if part(&mut room)? == 0 {
                return Ok(());
            }
        };
        // Parts that nobody completes would be paid for and never seen.
        match all().await {
            Ok(()) => writer.finish().await.map(drop).map_err(failed),
            Err(error) => {
                let _ = writer.abort().await;
                Err(error)
            }
        }
    })
}

/// Removes an object; one that is not there is fine.
pub(super) fn remove(path: &Path) -> Result<()> {
    let at = place(path)?;
    match at.runtime.block_on(at.store.delete(&at.key)) {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(e) => Err(said(path, "remove", &e)),
    }
}

/// Removes all that is below an address.
pub(super) fn remove_below(path: &Path) -> Result<()> {
    let at = place(path)?;
    at.runtime
        .block_on(async {
            let keys = at.store.list(Some(&at.key)).map(|meta| meta.map(|meta| meta.location)).boxed();
            let mut gone = at.store.delete_stream(keys);
            while let Some(one) = gone.next().await {
                match one {
                    Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                    Err(e) => return Err(e),
                }
            }
            Ok(())
        })
        .map_err(|e| said(path, "remove", &e))
}

/// An error with all that caused it: stores say what matters last.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let said = next.to_string();
        if !text.contains(&said) {
            text += &format!(": {said}");
        }
        cause = next.source();
    }
    text
}

fn no_bucket(source: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let text = chain(source);
    text.contains("NoSuchBucket")
        || text.contains("ContainerNotFound")
        || text.contains("bucket does not exist")
}

/// What stores say, what it means, and what to do about it; the first that fits counts.
const MEANINGS: [(&[&str], Kind, &str, &str); 8] = [
    (
        &["NoSuchBucket", "ContainerNotFound", "bucket does not exist"],
        Kind::NotFound,
        "there is no such bucket",
        "check the bucket's name, and AWS_ENDPOINT_URL if the store is not Amazon's",
    ),
    (
        &[
            "169.254.169.254",
            "169.254.170.2",
            "metadata.google.internal",
            "EKS Pod Identity",
            "Missing SecretAccessKey",
            "Missing AccessKeyId",
            "Account must be specified",
        ],
        Kind::Io,
        "no credentials were found",
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (`aws configure export-credentials --format env` \
         prints those of a profile), or AWS_SKIP_SIGNATURE=true for a public bucket; GOOGLE_APPLICATION_CREDENTIALS; \
         AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    ),
    (
        &["ExpiredToken", "TokenRefreshRequired", "token has expired"],
        Kind::Io,
        "the credentials have expired",
        "get new ones (for instance `aws sso login`), and run the same command again",
    ),
    (
        &["RequestTimeTooSkewed", "RequestExpired"],
        Kind::Io,
        "the store refuses the time of this machine's clock",
        "set the clock (`timedatectl set-ntp true`), and run the same command again",
    ),
    (
        &["InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthenticationFailed", "401 Unauthorized"],
        Kind::Io,
        "the store does not know these credentials",
        "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or GOOGLE_APPLICATION_CREDENTIALS, AZURE_STORAGE_…)",
    ),
    (
        &["AccessDenied", "403 Forbidden", "lacked the necessary privileges"],
        Kind::Io,
        "access is denied",
        "these credentials must be allowed to list, read and, for output, write there",
    ),
    (
        &["redirect without LOCATION", "AuthorizationHeaderMalformed", "PermanentRedirect"],
        Kind::Config,
        "the bucket is in another region",
        "set AWS_REGION to the bucket's",
    ),
    (
        &["error sending request", "tcp connect error", "dns error", "operation timed out"],
        Kind::Io,
        "the store cannot be reached",
        "check the network, and AWS_ENDPOINT_URL if the store is not Amazon's; then run the same command again",
    ),
];

fn said(path: &Path, doing: &str, error: &object_store::Error) -> Error {
    let text = chain(error);
    let meaning = MEANINGS.iter().find(|(signs, ..)| signs.iter().any(|sign| text.contains(sign)));
    if let Some((_, kind, what, help)) = meaning {
        return Error::new(*kind, format!("cannot {doing}: {what}")).at(path).found(brief(&text)).help(*help);
    }
    let kind = match error {
        object_store::Error::NotFound { .. } => Kind::NotFound,
        _ => Kind::Io,
    };
    if kind == Kind::NotFound {
        return Error::new(kind, format!("cannot {doing}: there is no such object")).at(path);
    }
    Error::new(kind, format!("cannot {doing}")).at(path).found(brief(&text))
}

/// The beginning of what a store said, on one line.
fn brief(text: &str) -> String {
    const MOST: usize = 240;
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}
