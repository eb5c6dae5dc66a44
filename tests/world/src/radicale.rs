//! A real CalDAV server: Radicale.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use reqwest::{Method, StatusCode};

use crate::process::{Process, command};
use crate::{World, secs, synapse};

/// Runs Radicale on a port that is free.
const PROGRAM: &str = "\
import sys
from wsgiref.simple_server import make_server
from radicale import config
from radicale.app import Application
server = make_server('127.0.0.1', int(sys.argv[2]), Application(config.load([(sys.argv[1], False)])))
print(server.server_port, flush=True)
server.serve_forever()
";

/// The password of its user, who is called `me`. It has a space.
pub const PASSWORD: &str = "secret word";

/// The server, killed when dropped.
#[derive(Debug)]
pub struct Radicale {
    process: Process,
    config: PathBuf,
    port: u16,
    http: reqwest::Client,
}

impl Radicale {
    /// Starts one with its files in this world.
    pub async fn start(world: &World) -> Result<Self> {
        let folder = world.path().join("radicale");
        std::fs::create_dir_all(&folder)?;
        let (users, config) = (folder.join("users"), folder.join("config"));
        std::fs::write(&users, format!("me:{PASSWORD}\n"))?;
        let text = format!(
            "[auth]\ntype = htpasswd\nhtpasswd_filename = {}\nhtpasswd_encryption = plain\n\
             delay = 0\n[storage]\nfilesystem_folder = {}\n[web]\ntype = none\n",
            users.display(),
            folder.join("collections").display()
        );
        std::fs::write(&config, text)?;
        let (process, port) = run(world, &config, 0).await?;
        Ok(Self { process, config, port, http: reqwest::Client::new() })
    }

    /// Ends it. It is started again by [`Self::resume`].
    pub async fn stop(&self) -> Result<()> {
        self.process.kill().await
    }

    /// Starts it again on its port.
    pub async fn resume(&mut self, world: &World) -> Result<()> {
        (self.process, self.port) = run(world, &self.config, self.port).await?;
        Ok(())
    }

    /// Its address, without a user.
    pub fn url(&self) -> String {
        format!("http://localhost:{}/", self.port)
    }

    /// The address of its user's account.
    pub fn account(&self) -> String {
        format!("http://me@localhost:{}/", self.port)
    }

    /// Creates a calendar for this kind of component.
    pub async fn create_calendar(&self, name: &str, component: &str) -> Result<()> {
        let body = format!(
            "<?xml version=\"1.0\"?><C:mkcalendar xmlns=\"DAV:\" \
             xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><set><prop>\
             <displayname>{name}</displayname>\
             <C:supported-calendar-component-set><C:comp name=\"{component}\"/>\
             </C:supported-calendar-component-set></prop></set></C:mkcalendar>"
        );
        self.send("MKCALENDAR", &format!("me/{}/", name.to_lowercase()), body).await
    }

    /// Writes an event: a whole iCalendar text.
    pub async fn put(&self, calendar: &str, name: &str, text: String) -> Result<()> {
        self.send("PUT", &format!("me/{calendar}/{name}.ics"), text).await
    }

    /// Removes an event.
    pub async fn delete(&self, calendar: &str, name: &str) -> Result<()> {
        self.send("DELETE", &format!("me/{calendar}/{name}.ics"), String::new()).await
    }

    async fn send(&self, method: &str, path: &str, body: String) -> Result<()> {
        let url = format!("{}{path}", self.url());
        let request = self.http.request(Method::from_bytes(method.as_bytes())?, url).body(body);
        let answer = request.basic_auth("me", Some(PASSWORD)).send().await?;
        let status: StatusCode = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{method} {path}: {status}: {text}");
        Ok(())
    }
}

async fn run(world: &World, config: &std::path::Path, port: u16) -> Result<(Process, u16)> {
    let mut python = command(synapse::installation()?.join("bin/python"));
    python.args(["-c", PROGRAM]).arg(config).arg(port.to_string());
    python.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut process = Process::start("radicale", python, world.logs()).await?;
    let line = process.first_line(secs(30)).await.context("there is no CalDAV server")?;
    Ok((process, line.trim().parse()?))
}
