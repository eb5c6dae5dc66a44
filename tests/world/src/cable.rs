//! A virtual cable: two network namespaces with a link between them. The
//! machine's own network is not affected.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::AsFd;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::process::{Logs, Process, command, run};
use crate::{World, secs};

/// The router's address.
pub const ROUTER: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 1);

/// Two linked network namespaces, removed when dropped.
#[derive(Debug)]
pub struct Cable {
    near: Process,
    far: Process,
}

impl Cable {
    /// Creates the namespaces and the link. The computer has the address
    /// 198.18.0.2. Prints a note and returns `None` if that is not permitted.
    pub async fn lay(logs: &Logs) -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            crate::note("SKIPPED: only root may make networks");
            return Ok(None);
        }
        let (near, far) = (namespace("near", logs).await?, namespace("far", logs).await?);
        let (Some(near), Some(far)) = (near, far) else {
            crate::note("SKIPPED: no network namespace may be made here");
            return Ok(None);
        };
        let cable = Self { near, far };
        let peer = cable.near.pid().to_string();
        cable
            .far_ip(&["link", "add", "eth0", "type", "veth", "peer", "eth0", "netns", &peer])
            .await?;
        cable.far_ip(&["address", "add", &format!("{ROUTER}/24"), "dev", "eth0"]).await?;
        for link in ["lo", "eth0"] {
            cable.far_ip(&["link", "set", link, "up"]).await?;
            cable.ip(&["link", "set", link, "up"]).await?;
        }
        cable.ip(&["address", "add", "198.18.0.2/24", "dev", "eth0"]).await?;
        cable.ip(&["route", "add", "default", "via", &ROUTER.to_string()]).await?;
        Ok(Some(cable))
    }

    /// Removes the carrier, as a pulled cable does.
    pub async fn pull(&self) -> Result<()> {
        self.far_ip(&["link", "set", "eth0", "down"]).await
    }

    /// Restores the carrier.
    pub async fn plug(&self) -> Result<()> {
        self.far_ip(&["link", "set", "eth0", "up"]).await
    }

    /// `ip` of iproute2 in the computer's namespace.
    pub async fn ip(&self, args: &[&str]) -> Result<()> {
        ip(&self.near, args).await
    }

    async fn far_ip(&self, args: &[&str]) -> Result<()> {
        ip(&self.far, args).await
    }

    /// A listener at the router, on a port that the system chooses. The caller
    /// need not be in the namespace.
    pub fn listen(&self) -> Result<TcpListener> {
        let namespace = File::open(format!("/proc/{}/ns/net", self.far.pid()))?;
        // A socket belongs to the namespace of the thread that creates it, so a
        // separate thread enters the namespace and creates it.
        let make = std::thread::spawn(move || -> Result<TcpListener> {
            move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
            Ok(TcpListener::bind((ROUTER, 0))?)
        });
        let listener = make.join().ok().context("a thread panicked")??;
        listener.set_nonblocking(true)?;
        Ok(listener)
    }

    /// A command of a world in the computer's namespace. It resolves only the
    /// names in these lines, which have the form of hosts(5).
    pub fn command(
        &self,
        world: &World,
        hosts: &str,
        program: impl AsRef<std::ffi::OsStr>,
    ) -> Result<Command> {
        let file = world.path().join("hosts");
        std::fs::write(&file, hosts)?;
        let mut inside = world.command("nsenter");
        inside.arg(format!("--net=/proc/{}/ns/net", self.near.pid()));
        let script = "mount --bind \"$0\" /etc/hosts && exec \"$@\"";
        inside.args(["--", "unshare", "--mount", "sh", "-c", script]).arg(file).arg(program);
        Ok(inside)
    }
}

/// An idle process that keeps a namespace alive.
async fn namespace(name: &str, logs: &Logs) -> Result<Option<Process>> {
    let mut keeper = command("unshare");
    keeper.args(["--net", "sh", "-c", "echo here; exec sleep infinity"]);
    keeper.stdin(Stdio::null()).stdout(Stdio::piped());
    let mut keeper = Process::start(name, keeper, logs).await?;
    Ok(keeper.first_line(secs(10)).await.is_ok().then_some(keeper))
}

async fn ip(namespace: &Process, args: &[&str]) -> Result<()> {
    let mut inside = command("nsenter");
    inside.arg(format!("--net=/proc/{}/ns/net", namespace.pid())).args(["--", "ip"]).args(args);
    let done = run(inside, b"", secs(10)).await?.success();
    done.map(drop).with_context(|| format!("ip {}", args.join(" ")))
}
