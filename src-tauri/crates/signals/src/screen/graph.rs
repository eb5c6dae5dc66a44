//! What flows where: PipeWire's nodes and the links between them.

use std::collections::{BTreeMap, BTreeSet};

use presently_core::call::{CallDevice, Program, Use};

/// The class of a node that hands out the picture of a screen or window.
const SCREEN: &str = "Stream/Output/Video";
/// The class of a camera, and of what wlroots' compositors, Hyprland and
/// gamescope make of a screen.
const SOURCE: &str = "Video/Source";

/// All objects of the registry that matter here.
#[derive(Default)]
pub(super) struct Graph(BTreeMap<u32, Object>);

/// Named values of an object.
pub(super) type Properties = BTreeMap<String, String>;

enum Object {
    Node(Properties),
    Link { from: u32, to: u32 },
    Client(Properties),
}

impl Graph {
    /// Takes in an object of a type. True if it matters.
    pub(super) fn add(&mut self, id: u32, kind: &str, properties: Properties) -> bool {
        let number = |name| properties.get(name).and_then(|text: &String| text.parse().ok());
        let object = match kind {
            "PipeWire:Interface:Node" => Object::Node(properties),
            "PipeWire:Interface:Client" => Object::Client(properties),
            "PipeWire:Interface:Link" => {
                match (number("link.output.node"), number("link.input.node")) {
                    (Some(from), Some(to)) => Object::Link { from, to },
                    _ => return false,
                }
            }
            _ => return false,
        };
        self.0.insert(id, object);
        true
    }

    /// An object is gone. True if it mattered.
    pub(super) fn remove(&mut self, id: u32) -> bool {
        self.0.remove(&id).is_some()
    }

    /// Which programs take the picture of a screen or of a camera: those at
    /// the other end of a link. A picture that is offered and not taken is
    /// no use of it. One that is paused keeps its link and counts: it may go
    /// on at any moment, and nobody says how long it waits.
    pub(super) fn uses(&self) -> Vec<Use> {
        let links = self.0.values().filter_map(|object| match object {
            Object::Link { from, to } => Some((*from, *to)),
            _ => None,
        });
        let uses: BTreeSet<Use> = links
            .filter_map(|(from, to)| {
                let (device, taker) = (picture(self.node(from)?)?, self.node(to)?);
                (!self.is_of_desktop(taker)).then(|| Use { device, program: self.program(taker) })
            })
            .collect();
        uses.into_iter().collect()
    }

    fn node(&self, id: u32) -> Option<&Properties> {
        match self.0.get(&id)? {
            Object::Node(properties) => Some(properties),
            _ => None,
        }
    }

    /// Whether a node is the desktop's own. To a program in a sandbox the
    /// portal opens PipeWire, so that its client may be called like the
    /// portal: only the node itself can say that it is the portal's.
    fn is_of_desktop(&self, node: &Properties) -> bool {
        let own = ["application.name", "node.name", "node.description"];
        let client = self.client(node).and_then(|client| client.get("application.name"));
        own.iter()
            .filter_map(|name| node.get(*name))
            .any(|name| is_desktop(name) || is_portal(name))
            || client.is_some_and(|name| is_desktop(name))
    }

    fn client(&self, node: &Properties) -> Option<&Properties> {
        match self.0.get(&node.get("client.id")?.parse().ok()?)? {
            Object::Client(properties) => Some(properties),
            _ => None,
        }
    }

    /// The program behind a node: what the node does not say its client may.
    fn program(&self, node: &Properties) -> Program {
        let client = self.client(node);
        let text = |name| node.get(name).or_else(|| client.and_then(|client| client.get(name)));
        Program {
            name: text("application.name").or_else(|| node.get("node.name")).cloned(),
            binary: text("application.process.binary").cloned(),
            id: text("pipewire.access.portal.app_id").cloned(),
        }
    }
}

/// What a node hands out a picture of, if it does. A camera says that it is
/// one, or has a device behind it; the picture of a screen has neither.
fn picture(node: &Properties) -> Option<CallDevice> {
    let text = |name| node.get(name).map(String::as_str);
    let camera = || {
        text("media.role").is_some_and(|role| role.eq_ignore_ascii_case("camera"))
            || node.contains_key("device.id")
            || text("object.path")
                .is_some_and(|path| path.starts_with("v4l2:") || path.starts_with("libcamera:"))
    };
    match text("media.class")? {
        SOURCE if camera() => Some(CallDevice::Camera),
        SOURCE | SCREEN => Some(CallDevice::Screen),
        _ => None,
    }
}

/// The programs of desktops that look at the screen for themselves, as
/// Plasma's previews of windows do.
const DESKTOP: [&str; 4] = ["plasmashell", "kwin_wayland", "kwin_x11", "gnome-shell"];

fn is_desktop(name: &str) -> bool {
    DESKTOP.iter().any(|program| program.eq_ignore_ascii_case(name.trim()))
}

/// Whether this is what passes the picture on: whose own use is seen, too.
fn is_portal(name: &str) -> bool {
    name.trim().starts_with("xdg-desktop-portal")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(pairs: &[(&str, &str)]) -> Properties {
        pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()
    }

    fn told(graph: &Graph) -> Vec<(CallDevice, String)> {
        graph
            .uses()
            .iter()
            .map(|it| (it.device, it.program.called().unwrap_or_default().to_owned()))
            .collect()
    }

    #[test]
    fn a_camera_says_so_itself() {
        let source = |more: &[(&str, &str)]| {
            let class = [("media.class", SOURCE)];
            picture(&properties(&[&class[..], more].concat()))
        };
        let (camera, screen) = (Some(CallDevice::Camera), Some(CallDevice::Screen));
        assert_eq!(source(&[("node.name", "xdg-desktop-portal-wlr")]), screen);
        assert_eq!(source(&[("node.name", "gamescope")]), screen);
        assert_eq!(source(&[("media.role", "Camera"), ("node.name", "obs")]), camera);
        assert_eq!(source(&[("device.id", "41")]), camera);
        assert_eq!(source(&[("object.path", "v4l2:/dev/video0")]), camera);
        assert_eq!(source(&[("object.path", "libcamera:0")]), camera);
        assert_eq!(picture(&properties(&[("media.class", SCREEN)])), screen);
        assert_eq!(picture(&properties(&[("media.class", "Stream/Input/Video")])), None);
        assert_eq!(picture(&properties(&[("device.id", "41")])), None);
    }

    #[test]
    fn the_desktop_may_look_itself() {
        let mut graph = Graph::default();
        let node = "PipeWire:Interface:Node";
        graph.add(40, node, properties(&[("media.class", SCREEN)]));
        let portal = properties(&[("application.name", "xdg-desktop-portal")]);
        graph.add(30, "PipeWire:Interface:Client", portal);
        let shell = properties(&[("application.name", "plasmashell")]);
        graph.add(31, "PipeWire:Interface:Client", shell);
        let sandboxed: &[(&str, &str)] = &[("client.id", "30"), ("node.name", "webrtc")];
        for (id, taker, counts) in [
            (50, &[("application.name", "plasmashell")][..], false),
            (51, &[("application.name", "xdg-desktop-portal-kde")], false),
            (52, &[("node.name", "plasmashell"), ("client.id", "31")], false),
            (55, &[("node.name", "preview"), ("client.id", "31")], false),
            (53, &[("application.name", "Plasma Meet")], true),
            (54, sandboxed, true),
        ] {
            graph.add(id, node, properties(taker));
            let to = id.to_string();
            let link = [("link.output.node", "40"), ("link.input.node", to.as_str())];
            graph.add(100, "PipeWire:Interface:Link", properties(&link));
            assert_eq!(graph.uses().len(), usize::from(counts), "{taker:?}");
        }
    }

    #[test]
    fn who_is_at_the_other_end() {
        let mut graph = Graph::default();
        let node = "PipeWire:Interface:Node";
        graph.add(40, node, properties(&[("media.class", SCREEN), ("node.name", "mutter")]));
        graph.add(41, node, properties(&[("media.class", SOURCE), ("media.role", "Camera")]));
        graph.add(42, node, properties(&[("client.id", "30"), ("node.name", "in")]));
        graph.add(43, node, properties(&[("media.class", "Audio/Source")]));
        let firefox = properties(&[("application.name", "Firefox")]);
        graph.add(30, "PipeWire:Interface:Client", firefox);
        assert_eq!(told(&graph), [], "offered, and not taken");

        let link = |from, to| properties(&[("link.output.node", from), ("link.input.node", to)]);
        assert!(graph.add(50, "PipeWire:Interface:Link", link("43", "42")));
        assert_eq!(told(&graph), [], "sound is not the screen");
        graph.add(51, "PipeWire:Interface:Link", link("40", "42"));
        assert_eq!(told(&graph), [(CallDevice::Screen, "Firefox".to_owned())]);
        graph.add(52, "PipeWire:Interface:Link", link("41", "42"));
        let both = [CallDevice::Camera, CallDevice::Screen].map(|d| (d, "Firefox".to_owned()));
        assert_eq!(told(&graph), both);
        assert!(graph.remove(51) && !graph.remove(51));
        assert_eq!(told(&graph), [(CallDevice::Camera, "Firefox".to_owned())]);
        assert!(!graph.add(60, "PipeWire:Interface:Port", Properties::new()));
        assert!(!graph.add(61, "PipeWire:Interface:Link", link("x", "42")));
    }
}
