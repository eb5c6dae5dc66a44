//! Finds the sound server that the person has configured, by the rules of
//! pulse-client.conf(5).

use std::fs;
use std::path::{Path, PathBuf};

/// The socket of the first local server in a list of addresses. A host in
/// braces before an address is ignored.
pub(super) fn local_server(list: &str) -> Option<PathBuf> {
    list.split_whitespace().find_map(|address| {
        let address = address.rsplit_once('}').map_or(address, |(_, rest)| rest);
        let path = address.strip_prefix("unix:").unwrap_or(address);
        path.starts_with('/').then(|| PathBuf::from(path))
    })
}

/// `default-server` of client.conf: the file at `told`, else the person's file,
/// else the system's file.
pub(super) fn default_server(told: Option<&Path>, configuration: Option<&Path>) -> Option<String> {
    let own = configuration.map(|folder| folder.join("pulse/client.conf"));
    let file = match told {
        Some(told) => told.to_owned(),
        None => own
            .filter(|own| own.exists())
            .unwrap_or_else(|| PathBuf::from("/etc/pulse/client.conf")),
    };
    in_file(&file)
}

/// The last value in the file and in the `.conf` files of the `.d` folder
/// beside it.
fn in_file(file: &Path) -> Option<String> {
    let mut folder = file.as_os_str().to_owned();
    folder.push(".d");
    let more = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut more: Vec<_> = more.filter(|f| f.extension().is_some_and(|e| e == "conf")).collect();
    more.sort();
    let files = std::iter::once(file.to_owned()).chain(more);
    let mut servers = files.filter_map(|file| in_text(&fs::read_to_string(file).ok()?));
    servers.next_back().filter(|server| !server.is_empty())
}

fn in_text(text: &str) -> Option<String> {
    let mut values = text.lines().filter_map(|line| {
        let line = line.split(['#', ';']).next().unwrap_or_default();
        let (name, value) = line.split_once('=')?;
        (name.trim() == "default-server").then(|| value.trim().to_owned())
    });
    values.next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_servers_as_they_are_named() {
        for (list, path) in [
            ("/run/pulse", Some("/run/pulse")),
            ("unix:/run/pulse", Some("/run/pulse")),
            ("{0123abcd}unix:/run/pulse tcp:host:4713", Some("/run/pulse")),
            ("tcp:host:4713 unix:/run/pulse", Some("/run/pulse")),
            ("tcp:host:4713", None),
            ("", None),
        ] {
            assert_eq!(local_server(list).as_deref(), path.map(Path::new), "{list}");
        }
    }

    #[test]
    fn what_client_conf_says() {
        let real = "# comment\n; default-server =\ndefault-server = unix:/tmp/p/native\n\
                    autospawn = no\nenable-shm = false\n";
        for (text, server) in [
            (real, Some("unix:/tmp/p/native")),
            ("default-server=/a\ndefault-server=/b # the second\n", Some("/b")),
            ("; default-server =\n", None),
            ("default-server\n", None),
            ("x-default-server = /a\n", None),
            ("default-server =\n", Some("")),
        ] {
            assert_eq!(in_text(text).as_deref(), server, "{text}");
        }
    }

    #[test]
    fn the_own_file_and_what_is_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let pulse = folder.path().join("pulse");
        let write = |name: &str, text: &str| fs::write(pulse.join(name), text).expect("a file");
        fs::create_dir_all(pulse.join("client.conf.d")).expect("a folder");
        let server = |told: Option<&Path>| default_server(told, Some(folder.path()));
        write("client.conf", "default-server = /own");
        assert_eq!(server(None).as_deref(), Some("/own"));
        write("client.conf.d/10.conf", "default-server = /ten");
        write("client.conf.d/20.conf", "autospawn = no");
        write("client.conf.d/30.txt", "default-server = /text");
        assert_eq!(server(None).as_deref(), Some("/ten"));
        write("client.conf.d/20.conf", "default-server =");
        assert_eq!(server(None), None);
        write("other.conf", "default-server = /other");
        assert_eq!(server(Some(&pulse.join("other.conf"))).as_deref(), Some("/other"));
        assert_eq!(server(Some(&pulse.join("none.conf"))), None);
    }
}
