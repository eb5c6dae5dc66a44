//! Camera use: real opens of a real device node, for which the kernel sends the
//! same events as for a camera.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use presently_core::call::Use;
use presently_signals::{Environment, Status, camera};
use presently_world::process::{Logs, Process, command, run};
use presently_world::scratch::Scratch;
use presently_world::{note, secs, within};
use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
use tokio::sync::watch::Receiver;

const NULL: u32 = 3;
const ZERO: u32 = 5;
const FULL: u32 = 7;
const RANDOM: u32 = 8;

/// A folder of device nodes.
struct Devices {
    /// The minor number of the memory device that stands for a camera. Each
    /// test has its own, because the check for open devices covers the whole
    /// machine.
    minor: u32,
    folder: PathBuf,
    udev: PathBuf,
    logs: Logs,
    _scratch: Arc<Scratch>,
}

impl Devices {
    fn new(minor: u32) -> Result<Self> {
        let scratch = Arc::new(Scratch::new()?);
        let folder = scratch.folder("dev")?;
        let udev = scratch.folder("udev")?;
        let logs = Logs::new(scratch.clone(), true);
        Ok(Self { minor, folder, udev, logs, _scratch: scratch })
    }

    /// Creates a device node.
    fn plug(&self, name: &str) -> Result<PathBuf> {
        let node = self.folder.join(name);
        let mode = Mode::from_raw_mode(0o600);
        mknodat(CWD, &node, FileType::CharacterDevice, mode, makedev(1, self.minor))
            .context("a device node cannot be made: run these tests as root (CAP_MKNOD)")?;
        Ok(node)
    }

    fn watch(&self) -> Receiver<Status<Vec<Use>>> {
        let devices = Some(self.folder.clone());
        let device_data = Some(self.udev.clone());
        camera::watch(Environment { devices, device_data, ..Environment::default() })
    }

    /// Sets the capabilities in the udev database.
    fn can(&self, capabilities: &str) -> Result<()> {
        let text = format!("I:1\nE:ID_V4L_CAPABILITIES={capabilities}\n");
        Ok(std::fs::write(self.udev.join(format!("c1:{}", self.minor)), text)?)
    }

    /// A program that has the device open until it is dropped.
    async fn hold(&self, program: &str, node: &Path) -> Result<Process> {
        self.hold_for(program, "<", node).await
    }

    /// The same with an access mode: `<` for reading, `9>` for writing, `<>`
    /// for both.
    async fn hold_for(&self, program: &str, how: &str, node: &Path) -> Result<Process> {
        let mut shell = command("sh");
        shell.args(["-c", &format!("exec {program} {how} \"$0\"")]).arg(node);
        shell.stdin(Stdio::null()).stdout(Stdio::null());
        Process::start("holder", shell, &self.logs).await
    }
}

fn names(status: &Status<Vec<Use>>) -> Option<Vec<&str>> {
    status
        .reading
        .known()
        .map(|uses| uses.iter().map(|it| it.program.called().unwrap_or("A program")).collect())
}

async fn until(watched: &mut Receiver<Status<Vec<Use>>>, wanted: &[&str]) -> Result<()> {
    let what = format!("{wanted:?}");
    let told = within(secs(10), &what, async {
        watched.wait_for(|status| names(status).as_deref() == Some(wanted)).await?;
        Ok(())
    });
    told.await.with_context(|| format!("it says {:?}", names(&watched.borrow())))
}

#[tokio::test]
async fn a_camera_in_use_is_told_with_its_program() -> Result<()> {
    let devices = Devices::new(NULL)?;
    let camera = devices.plug("video0")?;
    let other = devices.plug("null")?;
    let mut watched = devices.watch();
    until(&mut watched, &[]).await?;

    let start = Instant::now();
    let sleeper = devices.hold("sleep 1000", &camera).await?;
    until(&mut watched, &["sleep"]).await?;
    note(&format!("seen after {:?}", start.elapsed()));
    let tail = devices.hold("tail -f", &camera).await?;
    until(&mut watched, &["sleep", "tail"]).await?;
    sleeper.kill().await?;
    until(&mut watched, &["tail"]).await?;
    tail.kill().await?;
    until(&mut watched, &[]).await?;

    // Other devices, and asking a camera what it can do, are no use of it.
    watched.mark_unchanged();
    let _other = devices.hold("sleep 1000", &other).await?;
    for _ in 0..20 {
        let mut probe = command("true");
        probe.stdin(std::fs::File::open(&camera)?);
        run(probe, b"", secs(5)).await?.success()?;
    }
    let told = tokio::time::timeout(Duration::from_millis(500), watched.changed()).await;
    ensure!(told.is_err(), "it says {:?}", names(&watched.borrow()));
    Ok(())
}

#[tokio::test]
async fn cameras_come_and_go() -> Result<()> {
    let devices = Devices::new(FULL)?;
    let mut watched = devices.watch();
    until(&mut watched, &[]).await?;
    let camera = devices.plug("video2")?;
    let _holder = devices.hold("sleep 1000", &camera).await?;
    until(&mut watched, &["sleep"]).await?;
    std::fs::remove_file(&camera)?;
    until(&mut watched, &[]).await?;
    let camera = devices.plug("video2")?;
    let _again = devices.hold("sleep 1000", &camera).await?;
    until(&mut watched, &["sleep"]).await
}

#[tokio::test]
async fn who_writes_into_a_virtual_camera_does_not_look_through_it() -> Result<()> {
    let devices = Devices::new(ZERO)?;
    let camera = devices.plug("video40")?;
    // As v4l2loopback's is when it is made, with exclusive_caps.
    devices.can(":video_output:")?;
    let mut watched = devices.watch();
    until(&mut watched, &[]).await?;
    let telephone = devices.hold_for("sleep 1000", "9>", &camera).await?;
    let meeting = devices.hold_for("tail -f", "<>", &camera).await?;
    until(&mut watched, &["tail"]).await?;
    meeting.kill().await?;
    until(&mut watched, &[]).await?;
    telephone.kill().await?;

    // Most open it for both; then the first one writes.
    devices.can(":capture:video_output:")?;
    let _writer = devices.hold_for("tail -f", "<>", &camera).await?;
    let viewer = devices.hold_for("sleep 1000", "<>", &camera).await?;
    until(&mut watched, &["sleep"]).await?;
    // Whoever looks only now finds the same.
    let mut late = devices.watch();
    until(&mut late, &["sleep"]).await?;
    viewer.kill().await?;
    until(&mut watched, &[]).await?;
    until(&mut late, &[]).await
}

#[tokio::test]
async fn what_is_no_camera_is_none_and_permissions_change_nothing() -> Result<()> {
    let devices = Devices::new(RANDOM)?;
    let camera = devices.plug("video0")?;
    devices.can(":capture:")?;
    let mut watched = devices.watch();
    until(&mut watched, &[]).await?;
    let holder = devices.hold("sleep 1000", &camera).await?;
    until(&mut watched, &["sleep"]).await?;
    // As at the lock, and when somebody else takes the seat.
    for mode in [0o660, 0o600].into_iter().cycle().take(40) {
        std::fs::set_permissions(&camera, std::fs::Permissions::from_mode(mode))?;
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    ensure!(names(&watched.borrow()) == Some(vec!["sleep"]));
    holder.kill().await?;
    until(&mut watched, &[]).await?;
    // A node for metadata.
    devices.can(":")?;
    let _holder = devices.hold("sleep 1000", &camera).await?;
    watched.mark_unchanged();
    let told = tokio::time::timeout(Duration::from_millis(500), watched.changed()).await;
    ensure!(told.is_err(), "it says {:?}", names(&watched.borrow()));
    Ok(())
}
