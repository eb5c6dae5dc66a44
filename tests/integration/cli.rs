//! The command line, with and without a running agent.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use presently_world::process::{Output, Signal, command, run};
use presently_world::world::programs;
use presently_world::{Synapse, World, secs, within};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout};

/// Every command with valid arguments.
const COMMANDS: &[&[&str]] = &[
    &["login", "@me:example.org", "--password-stdin"],
    &["logout", "@me:example.org"],
    &["accounts"],
    &["account", "@me:example.org"],
    &["look", "@you:example.org"],
    &["status"],
    &["history"],
    &["auto"],
    &["available"],
    &["busy"],
    &["away"],
    &["invisible"],
    &["message", "At lunch"],
    &["pause", "calls"],
    &["resume"],
    &["calendar", "skip"],
    &["window"],
    &["doctor"],
    &["settings"],
    &["quit"],
];

/// The commands that need no agent.
const ALONE: [&str; 5] = ["run", "agenda", "signals", "simulate", "help"];

/// Checks that a command failed with exactly one line, which contains `wanted`.
fn ensure_failed(output: &Output, wanted: &str) -> Result<()> {
    ensure!(output.status == Some(1), "{output:?}");
    ensure!(output.stdout.is_empty(), "{output:?}");
    ensure!(output.stderr.starts_with("presently: "), "{output:?}");
    ensure!(output.stderr.lines().count() == 1, "{output:?}");
    ensure!(output.stderr.contains(wanted), "{wanted:?} is not in {output:?}");
    Ok(())
}

/// A shell script that finds the program in `$P`.
fn shell(world: &World, script: &str) -> Result<Command> {
    let mut shell = world.command("bash");
    shell.env("P", programs()?.join("presently")).args(["-c", script]);
    Ok(shell)
}

#[tokio::test]
async fn every_command_explains_itself() -> Result<()> {
    let world = World::new()?;
    let about = world.presently(&["--help"]).await?;
    // The program's own list, so that none is forgotten above.
    let listed: Vec<&str> = about
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|n| !n.is_empty()))
        .collect();
    let known = |name: &str| ALONE.contains(&name) || COMMANDS.iter().any(|c| c[0] == name);
    ensure!(listed.iter().all(|name| known(name)), "{listed:?}");
    for name in COMMANDS.iter().map(|c| c[0]).chain(ALONE) {
        ensure!(listed.contains(&name), "{name} is not in {about}");
        if name == "help" {
            continue;
        }
        let help = world.presently(&[name, "--help"]).await?;
        ensure!(help.contains(&format!("Usage: presently {name}")), "{help}");
        ensure!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
        ensure!(!help.contains('\u{1b}'), "{help}");
    }
    let version = world.presently(&["--version"]).await?;
    ensure!(version.trim() == concat!("presently ", env!("CARGO_PKG_VERSION")), "{version}");
    Ok(())
}

#[tokio::test]
async fn wrong_usage_is_told_from_failure() -> Result<()> {
    let world = World::new()?;
    for args in [
        &["dance"][..],
        &["busy", "--for", "soon"],
        &["busy", "--until", "25:00"],
        &["busy", "--until", "2020-01-01"],
        &["busy", "--for", "1h", "--until", "17:30"],
        &["auto", "--for", "1h"],
        &["message"],
        &["login", "me"],
        &["settings", "set", "idle.after"],
        &["run", "--tray"],
    ] {
        let output = world.try_presently(args).await?;
        ensure!(output.status == Some(2), "{args:?}: {output:?}");
        ensure!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}: {output:?}");
    }
    Ok(())
}

#[tokio::test]
async fn without_an_agent_every_command_says_how_to_start_one() -> Result<()> {
    let world = World::new()?;
    for args in COMMANDS {
        let output = world.presently_with(args, "secret\n").await?;
        ensure_failed(&output, "Presently is not running; start it with `presently`")?;
    }
    Ok(())
}

#[tokio::test]
async fn without_a_runtime_folder_nothing_is_put_elsewhere() -> Result<()> {
    let world = World::new()?;
    for value in [None, Some(""), Some("run")] {
        for args in [&["run", "--no-tray"][..], &["status"], &[]] {
            let mut program = world.command(programs()?.join("presently"));
            program.args(args).env_remove("XDG_RUNTIME_DIR");
            program.envs(value.map(|v| ("XDG_RUNTIME_DIR", v)));
            ensure_failed(&run(program, b"", secs(20)).await?, "XDG_RUNTIME_DIR")?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_chosen_is_what_status_says() -> Result<()> {
    let world = World::new()?;
    let _agent = world.agent_with(&["run", "--no-tray"]).await?;

    let said = world.presently(&["busy", "--until", "tomorrow 9:00", "--message", "Hm"]).await?;
    ensure!(said == "Busy, until tomorrow 09:00\n", "{said}");
    let status = world.status().await?;
    ensure!(status["presence"] == "busy" && status["source"] == "manual", "{status:#}");
    ensure!(status["until"].as_str().is_some_and(|u| u.ends_with("T09:00:00Z")), "{status:#}");
    ensure!(status["message"]["text"] == "Hm", "{status:#}");
    let text = world.presently(&["status"]).await?;
    ensure!(text.contains("Busy") && text.contains("until tomorrow 09:00"), "{text}");
    ensure!(text.contains("Hm") && text.contains("sign in with"), "{text}");
    ensure!(!text.contains('\u{1b}'), "{text}");

    for (command, presence) in
        [("available", "online"), ("away", "unavailable"), ("invisible", "offline")]
    {
        world.presently(&[command, "--for", "1h30m"]).await?;
        ensure!(world.status().await?["presence"] == presence);
    }

    world.presently(&["message", "On", "the", "train", "--emoji", "🚆"]).await?;
    let message = world.status().await?["message"].take();
    ensure!(message["text"] == "On the train" && message["emoji"] == "🚆", "{message}");
    world.presently(&["message", "--clear"]).await?;
    ensure!(world.status().await?["message"].is_null());

    let said = world.presently(&["auto", "--wait"]).await?;
    ensure!(said == "Automatic\n", "{said}");
    ensure!(world.status().await?["source"] != "manual");
    ensure!(world.presently(&["accounts", "--json"]).await?.trim() == "[]");
    Ok(())
}

#[tokio::test]
async fn what_the_agent_refuses_is_one_line() -> Result<()> {
    let world = World::new()?;
    let _agent = world.agent_with(&["run", "--no-tray"]).await?;
    for (args, wanted) in [
        (&["busy", "--account", "@nobody:example.org"][..], "@nobody:example.org"),
        (&["logout", "@nobody:example.org"], "@nobody:example.org"),
        (&["message", ""], "--clear"),
        (&["settings", "get", "idle.afer"], "idle.afer"),
        (&["settings", "set", "idle.after", "soon"], "soon"),
        (&["run", "--no-tray"], "already running"),
    ] {
        ensure_failed(&world.try_presently(args).await?, wanted).with_context(|| args.join(" "))?;
    }
    let long = "x".repeat(300);
    ensure_failed(&world.try_presently(&["message", &long]).await?, "make it shorter")?;
    ensure_failed(
        &world.try_presently(&["login", "@me:example.org", "--password-stdin"]).await?,
        "no password was given",
    )
}

#[tokio::test]
async fn one_account_goes_back_to_automatic_whatever_was_said_of_others() -> Result<()> {
    let world = World::new()?;
    let (one, other) = ("@one:example.org", "@other:example.org");
    let account = |user_id| format!("[[account]]\nuser_id = \"{user_id}\"\n");
    world.write_settings(&format!("secrets = \"file\"\n{}{}", account(one), account(other)))?;
    let _agent = world.agent_with(&["run", "--no-tray"]).await?;
    let auto = ["auto", "--account", one];
    let shows = async || {
        let accounts = world.status().await?["accounts"].take();
        let shown = |user_id: &str| {
            let mut accounts = accounts.as_array().into_iter().flatten();
            accounts.find(|a| a["user_id"] == user_id).map(|a| a["intended"].clone())
        };
        anyhow::Ok([shown(one), shown(other)].map(Option::unwrap_or_default))
    };

    world.presently(&auto).await?;
    world.presently(&["busy", "--account", other]).await?;
    world.presently(&auto).await?;
    ensure!(shows().await? == [Value::Null, "busy".into()]);

    world.presently(&["busy"]).await?;
    ensure_failed(&world.try_presently(&auto).await?, "without --account")?;
    world.presently(&["away", "--account", one]).await?;
    world.presently(&auto).await?;
    ensure!(shows().await? == ["busy", "busy"], "what was beneath shows again");

    // What is over is in nobody's way.
    world.presently(&["busy", "--for", "1s"]).await?;
    world.status_when("its end", |s| s["source"] != "manual", secs(20)).await?;
    world.presently(&auto).await?;
    ensure!(shows().await? == [Value::Null, Value::Null]);
    Ok(())
}

#[tokio::test]
async fn settings_are_read_and_changed() -> Result<()> {
    let world = World::new()?;
    world.write_settings("# mine\nversion = 1\n\n[idle]\nafter = \"7m\" # seven\n")?;
    let _agent = world.agent_with(&["run", "--no-tray"]).await?;
    let get = ["settings", "get", "idle.after"];
    ensure!(world.presently(&get).await?.contains("7m"));
    world.presently(&["settings", "set", "idle.after", "10m"]).await?;
    ensure!(world.presently(&get).await?.contains("10m"));
    ensure!(world.presently(&["settings"]).await?.contains("pavucontrol"));
    let file = std::fs::read_to_string(world.settings_file())?;
    ensure!(file.starts_with("# mine") && file.contains("10m"), "{file}");
    Ok(())
}

#[tokio::test]
async fn doctor_is_read_by_people_and_programs() -> Result<()> {
    let world = World::new()?;
    let _agent = world.agent_with(&["run", "--no-tray"]).await?;
    let doctor: Value = serde_json::from_str(&world.presently(&["doctor", "--json"]).await?)?;
    ensure!(doctor["version"] == env!("CARGO_PKG_VERSION"), "{doctor:#}");
    let checks = doctor["checks"].as_array().context("an array")?;
    ensure!(checks.iter().any(|c| c["part"] == "idle" && c["state"] != "good"), "{doctor:#}");
    let text = world.presently(&["doctor"]).await?;
    ensure!(text.contains("idle"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_follower_prints_each_change_and_ends_with_the_agent() -> Result<()> {
    let world = World::new()?;
    let agent = world.agent_with(&["run", "--no-tray"]).await?;
    let mut follow = world.follow().await?;
    ensure!(within(secs(10), "the first", follow.next()).await?.is_some());
    world.presently(&["busy"]).await?;
    within(secs(10), "busy", async {
        while let Some(snapshot) = follow.next().await? {
            if snapshot["presence"] == "busy" {
                return Ok(());
            }
        }
        anyhow::bail!("it ended")
    })
    .await?;

    let mut people = shell(&world, r#""$P" status --follow; echo "status $?""#)?;
    people.stdout(Stdio::piped()).stderr(Stdio::inherit());
    let people = tokio::spawn(run(people, b"", secs(20)));
    // Once there are two followers the second has its first line.
    world.presently(&["away"]).await?;
    world.presently(&["quit"]).await?;
    ensure!(agent.process().wait(secs(10)).await?.success());
    while within(secs(10), "the end", follow.next()).await?.is_some() {}
    let people = people.await??;
    ensure!(people.stdout.contains("status 1"), "{people:?}");
    Ok(())
}

#[tokio::test]
async fn a_reader_that_has_seen_enough_is_no_failure() -> Result<()> {
    let world = World::new()?;
    let _agent = world.agent_with(&["run", "--no-tray"]).await?;
    for script in [
        r#"set -o pipefail; "$P" settings | true"#,
        // It ends though nothing changes that it could fail to print.
        r#"set -o pipefail; "$P" status --follow --json | head -n 1 >/dev/null"#,
    ] {
        let output = run(shell(&world, script)?, b"", secs(20)).await?;
        ensure!(output.status == Some(0) && output.stderr.is_empty(), "{script}: {output:?}");
    }
    let full = run(shell(&world, r#""$P" status >/dev/full"#)?, b"", secs(20)).await?;
    ensure_failed(&full, "cannot write to standard output")
}

/// Waits until `what` was printed on the terminal.
async fn printed(terminal: &mut (impl AsyncReadExt + Unpin), what: &str) -> Result<String> {
    let mut seen = Vec::new();
    within(secs(20), what, async {
        while !String::from_utf8_lossy(&seen).contains(what) {
            let read = terminal.read_buf(&mut seen).await?;
            ensure!(read > 0, "it ended after {:?}", String::from_utf8_lossy(&seen));
        }
        Ok(String::from_utf8_lossy(&seen).into_owned())
    })
    .await
}

/// A shell script on a pseudo-terminal: the process, its keyboard and its screen.
fn terminal(world: &World, script: &str) -> Result<(Child, ChildStdin, ChildStdout)> {
    let mut terminal = world.command("script");
    terminal.env("P", programs()?.join("presently")).env("SHELL", "/bin/bash");
    terminal.args(["-qfec", script, "/dev/null"]);
    let mut script = tokio::process::Command::from(terminal);
    script.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
    let mut script = script.spawn()?;
    let keys = script.stdin.take().context("piped")?;
    let screen = script.stdout.take().context("piped")?;
    Ok((script, keys, screen))
}

#[tokio::test]
async fn who_signs_in_is_asked_about_calls() -> Result<()> {
    let world = World::new()?;
    world.write_settings("secrets = \"file\"\n")?;
    let _agent = world.agent_with(&["run", "--no-tray"]).await?;
    for (answer, wanted) in [("y\n", true), ("\n", false)] {
        let me = Synapse::busy().await?.user("caller").await?;
        let login =
            format!(r#""$P" login {} --homeserver {}; echo END"#, me.user_id, me.homeserver);
        let (_script, mut keys, mut screen) = terminal(&world, &login)?;
        printed(&mut screen, "Password for").await?;
        keys.write_all(format!("{}\n", me.password).as_bytes()).await?;
        let asked = printed(&mut screen, "[y/N]").await?;
        ensure!(asked.contains("Anyone on the network can read it"), "{asked}");
        keys.write_all(answer.as_bytes()).await?;
        printed(&mut screen, "END").await?;
        let accounts = world.status().await?["accounts"].take();
        let account = accounts.as_array().and_then(|a| a.last()).context("an account")?;
        ensure!(account["user_id"] == me.user_id && account["call_field"] == wanted, "{account:#}");
    }
    Ok(())
}

#[tokio::test]
async fn a_password_is_typed_unseen() -> Result<()> {
    let world = World::new()?;
    world.write_settings("secrets = \"file\"\n")?;
    let _agent = world.agent_with(&["run", "--no-tray"]).await?;
    // The server is asked first which ways in it offers.
    let me = Synapse::busy().await?.user("typist").await?;
    let login =
        format!(r#""$P" login {} --homeserver {}; stty -a; echo END"#, me.user_id, me.homeserver);
    for (typed, wanted) in [("hunter2\n", "The password is wrong"), ("\u{3}", "interrupted")] {
        let (_script, mut keys, mut output) = terminal(&world, &login)?;
        printed(&mut output, &format!("Password for {}: ", me.user_id)).await?;
        // The keyboard stays: a terminal without one ends what runs on it.
        keys.write_all(typed.as_bytes()).await?;
        let rest = printed(&mut output, "END").await?;
        ensure!(!rest.contains("hunter2"), "{rest}");
        ensure!(rest.contains(wanted), "{rest}");
        ensure!(rest.contains(" echo "), "the terminal stays as it was: {rest}");
    }
    Ok(())
}

#[tokio::test]
async fn the_agent_ends_in_order_when_it_is_told_to() -> Result<()> {
    let world = World::new()?;
    for signal in [Signal::TERM, Signal::INT] {
        let agent = world.agent_with(&["run", "--no-tray"]).await?;
        // It listens before it is ready for signals, and answers after that.
        world.status().await?;
        agent.process().signal(signal)?;
        let status = agent.process().wait(Duration::from_millis(2_500)).await?;
        ensure!(status.success(), "{status:?} {}", agent.stderr());
        ensure!(!world.socket().exists(), "its socket goes with it");
    }
    Ok(())
}

#[tokio::test]
async fn only_our_own_crates_say_more_than_info() -> Result<()> {
    let mut world = World::new()?;
    world.set_env("PRESENTLY_LOG", "trace");
    world.write_settings("secrets = \"file\"\n")?;
    let agent = world.agent_with(&["run", "--no-tray"]).await?;
    let login =
        ["login", "@me:localhost", "--homeserver", "http://127.0.0.1:1", "--password-stdin"];
    let output = world.presently_with(&login, "hunter2\n").await?;
    ensure!(output.status == Some(1), "{output:?}");
    world.presently(&["message", "quite private"]).await?;
    let log = agent.stderr() + output.stderr.as_str();
    ensure!(log.contains(" DEBUG ") && log.contains("login"), "ours say it: {log}");
    for line in log.lines().filter(|l| l.contains(" DEBUG ") || l.contains(" TRACE ")) {
        ensure!(line.contains("presently"), "{line}");
    }
    ensure!(!log.contains("hunter2") && !log.contains("quite private"), "{log}");
    Ok(())
}

#[tokio::test]
async fn times_are_of_the_persons_zone() -> Result<()> {
    let mut world = World::new()?;
    world.set_env("TZ", "Asia/Kolkata");
    let _agent = world.agent_with(&["run", "--no-tray"]).await?;
    world.presently(&["busy", "--until", "tomorrow 9:00"]).await?;
    let status = world.status().await?;
    ensure!(status["until"].as_str().is_some_and(|u| u.ends_with("T03:30:00Z")), "{status:#}");
    ensure!(world.presently(&["status"]).await?.contains("until tomorrow 09:00"));
    // A machine without a database of time zones still has its own time.
    let mut bare = command(programs()?.join("presently"));
    bare.args(["busy", "--until", "17:30"]).env("TZ", "Nowhere/Land");
    bare.env("XDG_RUNTIME_DIR", world.path().join("run")).env("HOME", world.path());
    run(bare, b"", secs(20)).await?.success().map(drop)
}
