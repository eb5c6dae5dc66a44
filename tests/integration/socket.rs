//! The socket of the real agent: one for each user, closed to others.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use presently_world::process::{Output, command, run};
use presently_world::world::programs;
use presently_world::{World, secs, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// The user id of another user.
const OTHER: u32 = 65_534;

const RUN: &[&str] = &["run", "--no-tray"];

/// Checks that the agent did not start, with the reason in one line.
fn ensure_refused(output: &Output, wanted: &str) -> Result<()> {
    ensure!(output.status == Some(1), "{output:?}");
    ensure!(output.stderr.lines().count() == 1, "{output:?}");
    ensure!(output.stderr.contains(wanted), "{wanted:?} is not in {output:?}");
    Ok(())
}

fn set_mode(path: &Path, mode: u32) -> Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .with_context(|| format!("cannot change {}", path.display()))
}

fn mode(path: &Path) -> Result<u32> {
    Ok(std::fs::metadata(path)?.mode() & 0o777)
}

/// Runs a program as another user, which only root can do.
fn as_other(program: impl AsRef<std::ffi::OsStr>) -> Result<Command> {
    ensure!(rustix::process::geteuid().is_root(), "this test needs root, to become another user");
    let other = OTHER.to_string();
    let mut setpriv = command("setpriv");
    setpriv.args(["--reuid", &other, "--regid", &other, "--clear-groups", "--"]);
    setpriv.arg(program);
    Ok(setpriv)
}

#[tokio::test]
async fn there_is_one_agent() -> Result<()> {
    let world = World::new()?;
    let first = world.agent_with(RUN).await?;
    world.presently(&["busy"]).await?;
    ensure_refused(&world.try_presently(RUN).await?, "already running")?;
    ensure!(first.process().ended().is_none(), "the first one goes on");
    ensure!(world.status().await?["presence"] == "busy");

    let run = world.path().join("run/presently");
    ensure!(mode(&run)? == 0o700 && mode(&world.socket())? == 0o600);
    ensure!(mode(&run.join("agent.lock"))? == 0o600);
    Ok(())
}

#[tokio::test]
async fn ten_started_together_become_one() -> Result<()> {
    let world = World::new()?;
    let started = (0..10).map(|_| world.start_agent(RUN));
    let agents = futures_util::future::try_join_all(started).await?;
    let mut refused = 0;
    within(secs(30), "nine refusals", async {
        while refused < 9 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            refused = agents.iter().filter(|a| a.process().ended().is_some()).count();
        }
        Ok(())
    })
    .await?;
    ensure!(world.status().await?["revision"].is_u64(), "the tenth answers");
    for agent in agents.iter().filter(|a| a.process().ended().is_some()) {
        ensure!(agent.stderr().contains("already running"), "{}", agent.stderr());
    }
    Ok(())
}

#[tokio::test]
async fn what_a_killed_agent_left_is_taken_over() -> Result<()> {
    let world = World::new()?;
    world.agent_with(RUN).await?.kill().await?;
    ensure!(world.socket().exists(), "it could not tidy up");
    let output = world.try_presently(&["status"]).await?;
    ensure_refused(&output, "Presently is not running; start it with `presently`")?;
    let _agent = world.agent_with(RUN).await?;
    world.presently(&["busy"]).await?;
    ensure!(world.status().await?["presence"] == "busy");
    Ok(())
}

#[tokio::test]
async fn another_user_is_refused_by_the_agent_and_refuses_it() -> Result<()> {
    let world = World::new()?;
    let _agent = world.agent_with(RUN).await?;
    let program = world.path().join("presently");
    // Not copied by us: a child started meanwhile would keep it open for
    // writing, and it could not be run.
    let mut copy = command("cp");
    copy.arg(programs()?.join("presently")).arg(&program);
    run(copy, b"", secs(20)).await?.success()?;

    // By the modes nobody else comes near.
    let mut client = as_other(&program)?;
    client.arg("status").env("XDG_RUNTIME_DIR", world.path().join("run"));
    client.env("HOME", "/nonexistent");
    set_mode(world.path(), 0o711)?;
    let output = run(client, b"", secs(20)).await?;
    ensure_refused(&output, "Permission denied")?;

    // And where somebody opened them, by who is asking.
    for folder in ["run", "run/presently"] {
        set_mode(&world.path().join(folder), 0o711)?;
    }
    set_mode(&world.socket(), 0o666)?;
    let mut client = as_other(&program)?;
    client.arg("status").env("XDG_RUNTIME_DIR", world.path().join("run"));
    client.env("HOME", "/nonexistent");
    let output = run(client, b"", secs(20)).await?;
    ensure_refused(&output, "belongs to another user")?;

    let mut raw = as_other("perl")?;
    raw.args(["-e", ASK]).arg(world.socket());
    let answer = run(raw, b"", secs(20)).await?.success()?.stdout;
    ensure!(answer.contains("answers only the user who started it"), "{answer}");
    ensure!(!answer.contains("revision"), "{answer}");
    ensure!(world.status().await?["revision"].is_u64(), "its own user is answered");
    Ok(())
}

/// A client that does not check the owner of the socket.
const ASK: &str = r#"
use IO::Socket::UNIX;
$SIG{PIPE} = "IGNORE";
my $agent = IO::Socket::UNIX->new(Peer => $ARGV[0]) or die "cannot connect: $!";
$agent->printflush(qq({"request":"status"}\n));
print scalar <$agent>;
"#;

#[tokio::test]
async fn a_folder_of_another_user_is_not_used() -> Result<()> {
    let is_root = rustix::process::geteuid().is_root();
    ensure!(is_root, "this test needs root, to give a folder away");
    for folder in ["run/presently", "run"] {
        let world = World::new()?;
        let path = world.path().join(folder);
        std::fs::create_dir_all(&path)?;
        chown(&path, Some(OTHER), Some(OTHER))?;
        let output = world.try_presently(RUN).await?;
        ensure_refused(&output, "belongs to another user (uid 65534)")?;
        ensure!(!world.socket().exists());
    }
    Ok(())
}

#[tokio::test]
async fn a_link_and_a_file_in_the_folders_place_are_not_used() -> Result<()> {
    let world = World::new()?;
    let place = world.path().join("run/presently");
    let elsewhere = world.path().join("elsewhere");
    std::fs::create_dir(&elsewhere)?;
    std::os::unix::fs::symlink(&elsewhere, &place)?;
    ensure_refused(&world.try_presently(RUN).await?, "cannot use the folder")?;
    ensure!(std::fs::read_dir(&elsewhere)?.next().is_none());

    std::fs::remove_file(&place)?;
    std::fs::write(&place, "")?;
    ensure_refused(&world.try_presently(RUN).await?, "cannot use the folder")?;

    let mut gone = world.command(programs()?.join("presently"));
    gone.args(RUN).env("XDG_RUNTIME_DIR", world.path().join("nowhere"));
    ensure_refused(&run(gone, b"", secs(20)).await?, "cannot use the folder")
}

#[tokio::test]
async fn hostile_clients_of_the_same_user_do_no_harm() -> Result<()> {
    let world = World::new()?;
    let agent = world.agent_with(RUN).await?;
    // Some say nothing, some never end, some are gone before the answer.
    let mut kept = Vec::new();
    for i in 0..40 {
        let mut client = UnixStream::connect(world.socket()).await?;
        let line: &[u8] = match i % 4 {
            0 => b"",
            1 => b"{\"request\":",
            2 => b"{\"request\":\"follow\"}\n",
            _ => b"{\"request\":\"status\"}\n",
        };
        client.write_all(line).await?;
        if i % 4 != 3 {
            kept.push(client);
        }
    }
    ensure!(world.status().await?["revision"].is_u64());
    for junk in [vec![b'['; 1 << 20], vec![0; 1 << 20], vec![b'\n'; 1 << 16]] {
        let mut client = UnixStream::connect(world.socket()).await?;
        // It hangs up in the middle, which is what it should.
        let _ = client.write_all(&junk).await;
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
    }
    ensure!(world.status().await?["revision"].is_u64());
    ensure!(agent.process().ended().is_none(), "{}", agent.stderr());
    Ok(())
}
