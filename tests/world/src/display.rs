//! A private X11 display with a keyboard.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Stdio};

use anyhow::{Context, Result};

use crate::process::{Logs, Process, command, run};
use crate::{secs, within};

/// An Xvfb, killed when dropped.
#[derive(Debug)]
pub struct Display {
    name: String,
    server: Process,
    logs: Logs,
}

impl Display {
    /// Starts one. The server chooses a free number.
    pub async fn start(logs: &Logs) -> Result<Self> {
        Self::with(&[], logs).await
    }

    /// Starts one whose pixels can be read from a file in this folder, which is
    /// faster than a screenshot.
    pub async fn visible(folder: &Path, logs: &Logs) -> Result<(Self, Framebuffer)> {
        let path = folder.to_str().context("a path in UTF-8")?;
        let display = Self::with(&["-fbdir", path], logs).await?;
        Ok((display, Framebuffer { file: folder.join("Xvfb_screen0") }))
    }

    async fn with(more: &[&str], logs: &Logs) -> Result<Self> {
        let mut xvfb = command("Xvfb");
        // Without -noreset the idle time restarts whenever the last client
        // disconnects.
        xvfb.args(["-displayfd", "1", "-screen", "0", "1280x800x24"]);
        xvfb.args(["-nolisten", "tcp", "-noreset"]).args(more);
        xvfb.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut server = Process::start("Xvfb", xvfb, logs).await?;
        // The server prints the number once it listens.
        let number = server.first_line(secs(20)).await.context("there is no display")?;
        Ok(Self { name: format!(":{number}"), server, logs: logs.clone() })
    }

    /// The value of `DISPLAY`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs xdotool with these arguments and returns what it prints.
    pub async fn xdotool(&self, args: &[&str]) -> Result<String> {
        let mut xdotool = command("xdotool");
        xdotool.args(args).env("DISPLAY", &self.name);
        Ok(run(xdotool, b"", secs(20)).await?.success()?.stdout)
    }

    /// Presses and releases a key that types nothing.
    pub async fn press_key(&self) -> Result<()> {
        self.xdotool(&["key", "shift"]).await.map(drop)
    }

    /// Presses a key repeatedly, at this interval in milliseconds, until the
    /// returned process is dropped.
    pub async fn keep_typing(&self, every_ms: u32) -> Result<Process> {
        let mut xdotool = command("xdotool");
        let every = every_ms.to_string();
        let presses = std::iter::repeat_n("shift", 10_000);
        xdotool.args(["key", "--delay", &every]).args(presses).env("DISPLAY", &self.name);
        xdotool.stdin(Stdio::null()).stdout(Stdio::null());
        Process::start("xdotool", xdotool, &self.logs).await
    }

    /// A running keyboard without start-up delay, for time measurements.
    pub async fn keyboard(&self) -> Result<Keyboard> {
        let mut xdotool = command("xdotool");
        xdotool.arg("-").env("DISPLAY", &self.name);
        xdotool.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut process = Process::start("xdotool", xdotool, &self.logs).await?;
        let keys = process.take_stdin().context("it was piped")?;
        Ok(Keyboard { keys, _process: process })
    }

    /// Writes a window, found by its exact title, to a PNG file, once two
    /// pictures in a row are the same.
    pub async fn screenshot_of_window(&self, title: &str, png: &Path) -> Result<()> {
        let name = format!("^{title}$");
        let found = self.xdotool(&["search", "--onlyvisible", "--name", &name]).await?;
        let id = found.trim().to_owned();
        let mut last = Vec::new();
        within(secs(20), "a picture that stays", async {
            loop {
                let mut import = command("import");
                import.args(["-silent", "-window", &id]).arg(png).env("DISPLAY", &self.name);
                run(import, b"", secs(20)).await?.success()?;
                let now = std::fs::read(png)?;
                if now == last {
                    return Ok(());
                }
                last = now;
            }
        })
        .await
    }

    /// Writes the content of the display to a PNG file.
    pub async fn screenshot(&self, png: &Path) -> Result<()> {
        let mut import = command("import");
        import.args(["-silent", "-window", "root"]).arg(png).env("DISPLAY", &self.name);
        run(import, b"", secs(20)).await?.success().map(drop)
    }

    /// Writes a part of the display, like `28x28+0+0`, to a file of the kind
    /// that its name ends with: `.png`, or `.rgb` for 8 bits of each colour.
    pub async fn screenshot_of(&self, file: &Path, part: &str) -> Result<()> {
        let mut import = command("import");
        import.args(["-silent", "-window", "root", "-crop", part, "+repage", "-depth", "8"]);
        import.arg(file);
        import.env("DISPLAY", &self.name);
        run(import, b"", secs(20)).await?.success().map(drop)
    }

    /// Kills the display while clients are connected.
    pub async fn kill(&self) -> Result<()> {
        self.server.kill().await
    }
}

/// The pixels of a display, as the server keeps them in a file.
#[derive(Debug)]
pub struct Framebuffer {
    file: PathBuf,
}

impl Framebuffer {
    /// All pixels as they are now, four bytes each, row by row.
    pub fn pixels(&self) -> Result<Vec<u8>> {
        // The file is an X window dump (XWDFile.h): a header of 32-bit words in
        // big-endian order, a colour map with entries of twelve bytes, pixels.
        let mut file = std::fs::read(&self.file).context("the display has no framebuffer")?;
        let word = |at: usize| {
            let bytes = file.get(at * 4..at * 4 + 4)?;
            Some(u32::from_be_bytes(bytes.try_into().ok()?) as usize)
        };
        let (header, colours) = word(0).zip(word(19)).context("the framebuffer has no header")?;
        Ok(file.split_off((header + colours * 12).min(file.len())))
    }
}

/// An xdotool process that waits for commands.
#[derive(Debug)]
pub struct Keyboard {
    keys: ChildStdin,
    _process: Process,
}

impl Keyboard {
    /// Presses and releases a key that types nothing.
    pub fn press_key(&mut self) -> Result<()> {
        self.press("shift")
    }

    /// Presses and releases a key with this X11 keysym name.
    pub fn press(&mut self, key: &str) -> Result<()> {
        writeln!(self.keys, "key {key}").context("the keyboard is gone")
    }
}
