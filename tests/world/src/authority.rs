//! A certificate authority for tests, and its certificates.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};

use crate::process::command;
use crate::scratch::Scratch;

/// An authority that only the programs trust that a test configures for it.
#[derive(Debug)]
pub struct Authority {
    folder: Arc<Scratch>,
}

/// A server certificate with its key.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate file, in PEM.
    pub certificate: PathBuf,
    /// The key file, in PEM.
    pub key: PathBuf,
    /// The folder of both files.
    _folder: Arc<Scratch>,
}

/// The start and end of validity, in OpenSSL's format.
const NOW: [&str; 2] = ["20200101000000Z", "20991231000000Z"];
const LONG_AGO: [&str; 2] = ["20200101000000Z", "20200201000000Z"];

impl Authority {
    /// Creates an authority.
    pub async fn new() -> Result<Self> {
        let this = Self { folder: Arc::new(Scratch::new()?) };
        std::fs::write(this.path("index"), "")?;
        std::fs::write(this.path("serial"), "01\n")?;
        let own = "[ca]\ndefault_ca = own\n[own]\ndatabase = index\nserial = serial\n\
            new_certs_dir = .\ncertificate = ca.pem\nprivate_key = ca.key\n\
            default_md = sha256\npolicy = any\ncopy_extensions = copy\n\
            unique_subject = no\n[any]\ncommonName = supplied\n";
        std::fs::write(this.path("ca.conf"), own)?;
        let mut args = vec!["req", "-x509", "-days", "30", "-subj", "/CN=An authority"];
        args.extend(["-keyout", "ca.key", "-out", "ca.pem"]);
        this.openssl(&[&args, &NEW_KEY[..]].concat()).await?;
        Ok(this)
    }

    /// The value of `SSL_CERT_FILE` for programs that are to trust it.
    pub fn file(&self) -> PathBuf {
        self.path("ca.pem")
    }

    /// Issues a certificate for a name such as `IP:127.0.0.1` or `DNS:localhost`.
    pub async fn certify(&self, name: &str) -> Result<Certificate> {
        self.issue(name, NOW).await
    }

    /// The same with an expired certificate.
    pub async fn certify_long_ago(&self, name: &str) -> Result<Certificate> {
        self.issue(name, LONG_AGO).await
    }

    async fn issue(&self, name: &str, [from, to]: [&str; 2]) -> Result<Certificate> {
        let key = self.folder.unique("server", "key");
        let (request, certificate) = (key.with_extension("csr"), key.with_extension("pem"));
        let name = format!("subjectAltName={name}");
        let mut args = vec!["req", "-new", "-subj", "/CN=A server", "-addext", &name];
        args.extend(["-keyout", text(&key)?, "-out", text(&request)?]);
        self.openssl(&[&args, &NEW_KEY[..]].concat()).await?;
        let mut args = vec!["ca", "-batch", "-notext", "-config", "ca.conf"];
        args.extend(["-startdate", from, "-enddate", to]);
        args.extend(["-in", text(&request)?, "-out", text(&certificate)?]);
        self.openssl(&args).await?;
        Ok(Certificate { certificate, key, _folder: self.folder.clone() })
    }

    async fn openssl(&self, args: &[&str]) -> Result<()> {
        let mut openssl = command("openssl");
        openssl.args(args).current_dir(self.folder.path()).stdin(Stdio::null());
        let done = tokio::process::Command::from(openssl).output().await?;
        ensure!(done.status.success(), "openssl: {}", String::from_utf8_lossy(&done.stderr));
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

const NEW_KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("a path that is text")
}
