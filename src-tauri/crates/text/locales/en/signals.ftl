### What the signals of the desktop say, and why one says nothing.

# Before any source was tried.
signal-looking = Still looking for a place to read it
# On a system where Presently cannot read it at all.
signal-unsupported = Presently cannot see this on this system yet

## Reading a signal. $why, here and below, is another of these messages, or the
## words of the system or of another program.

# $backend is the name of a source, like “x11-xsync”.
backend-silent = { $backend } did not answer within { $seconds } s
# $backend is the name of a source, like “x11-xsync”.
backend-ended = { $backend } has nothing more to tell

## Watching files: the kernel has a limit for each user.

# $limit is the end of a kernel setting's name, like “max_user_watches”. $value
# is its current value.
limit-used-up = programs of yours have used up fs.inotify.{ $limit } = { $value }; end one of them, or raise it with sysctl
# The same where the value cannot be read.
limit-used-up-unread = programs of yours have used up fs.inotify.{ $limit }; end one of them, or raise it with sysctl

## The message buses (D-Bus).

bus-no-session = there is no session bus (DBUS_SESSION_BUS_ADDRESS is not set)
bus-unreachable =
    { $bus ->
        [session] the session bus cannot be reached ({ $why })
       *[system] the system bus cannot be reached ({ $why })
    }
bus-lost =
    { $bus ->
        [session] the connection to the session bus was lost
       *[system] the connection to the system bus was lost
    }
# $service is a program's name on the bus, $question the name of what it is asked, like “GetActive”.
bus-no-answer = { $service } does not answer { $question } ({ $why })

## logind, which knows the sessions of all users.

logind-no-session = logind knows no session of yours
logind-session-ended = your session in logind has ended
logind-not-graphical = your session in logind is not a graphical one
logind-not-told = the desktop has told logind nothing yet

## Keyboard and mouse.

idle-unseen = Keyboard and mouse cannot be seen: { $why }
# PRESENTLY_IDLE is a variable that names the one source to use; $asked is that name.
idle-not-asked = PRESENTLY_IDLE asks for “{ $asked }”
# $known lists the names of all sources.
idle-no-such = PRESENTLY_IDLE is “{ $asked }”, and there is only { $known }; unset it
idle-taken-for-input = something keeps the screen on (a video, perhaps), and this desktop takes that for input
idle-nothing-yet = Keyboard and mouse: this desktop does not say when they were used last, and nothing was heard of them yet
# A note about an idle source that works otherwise.
idle-unknown-while-shown = while something keeps the screen on (a video, perhaps), this desktop tells nothing of keyboard and mouse: they are unknown then
# Only on Windows and macOS.
system-no-idle = the system does not say when there was input ({ $why })
system-clock-wrapped = its clock has just wrapped

# $socket is a path.
wayland-unreachable = the Wayland compositor at { $socket } cannot be reached ({ $why })
# $protocol is a name, like “ext_idle_notifier_v1”.
wayland-no-protocol = the Wayland compositor does not offer { $protocol }
# A seat is a set of keyboard and mouse.
wayland-no-seat = the Wayland compositor has no seat, so nothing can be typed there
wayland-lost = the connection to the Wayland compositor was lost ({ $why })

mutter-not-there = Mutter, GNOME's compositor, is not on the session bus
mutter-gone = Mutter has gone from the session bus

x11-wayland = this is a Wayland session, whose input X11 does not see
x11-no-display = DISPLAY is not set; start Presently from your desktop session
# $display is the name of an X server, like “:0”.
x11-unreachable = the X server { $display } cannot be reached ({ $why }); check DISPLAY and XAUTHORITY
x11-no-counter = the X server { $display } has no idle counter; it is too old or lacks the SYNC extension
x11-refused = the X server { $display } refused the idle alarm ({ $why })
x11-lost = the connection to the X server { $display } was lost ({ $why })

## The lock of the screen. A locker is a program that locks it.

lock-session-unseen = The session cannot be seen: { $why }
lock-saver-unseen = The screen saver cannot be seen: { $why }
lock-not-told = Whether the screen is locked is not known: nobody has told logind of a lock yet
lock-no-saver = the desktop has no screen saver
# swayidle and busctl are programs, and what stands in `…` is typed as it is.
lock-advice = many lockers tell nobody, and are seen only where their name is known (swaylock, hyprlock, i3lock and their like); have swayidle start another one at its events `lock` and `before-sleep`, between `busctl call org.freedesktop.login1 /org/freedesktop/login1/session/auto org.freedesktop.login1.Session SetLockedHint b true` and the same with `false`
lockers-unseen = Lockers cannot be seen: { $why }
lockers-none-installed = there is no locker whose process could be watched
lockers-unwatched = the lockers' files cannot be watched ({ $why })
lockers-lost = the kernel tells nothing of the lockers any more

## Sleep, and do not disturb.

sleep-unseen = Sleep cannot be seen: { $why }
dnd-unseen = Do not disturb cannot be seen: { $why }
dnd-none = This desktop has no do-not-disturb that Presently can read

## The microphone, by the sound server. $socket is its path.

microphone-unseen = The microphone cannot be seen: { $why }
sound-no-place = XDG_RUNTIME_DIR is not set, so the sound server cannot be found
sound-no-server = there is no sound server at { $socket } (PULSE_SERVER, or default-server in PulseAudio's client.conf, may name another place)
# Follows the message above. This server is shared by all users.
sound-none-for-all = there is none for all users at { $socket }
sound-unreachable = the sound server at { $socket } cannot be reached ({ $why })
sound-closed = the sound server at { $socket } closed the connection ({ $why })
sound-not-understood = the sound server at { $socket } sent what is not understood ({ $why })
sound-too-long = the sound server at { $socket } sent a message of { $bytes } bytes
sound-silent = the sound server at { $socket } does not answer

## Cameras.

camera-unseen = Cameras cannot be seen: { $why }
# $path is the folder of devices, /dev.
camera-unwatched = the folder { $path } cannot be watched ({ $why })
# The programs that use the cameras.
camera-users-unread = who uses them cannot be read ({ $why }); is /proc mounted?
camera-lost = the kernel tells nothing any more

## The sharing of the screen, by PipeWire. $socket is its path.

screen-unseen = The sharing of the screen cannot be seen: { $why }
pipewire-no-place = XDG_RUNTIME_DIR is not set, so PipeWire cannot be found
pipewire-not-there = PipeWire does not run ({ $socket } is not there)
pipewire-unreachable = PipeWire at { $socket } cannot be reached ({ $why })
pipewire-closed = PipeWire at { $socket } closed the connection ({ $why })
# $why is what PipeWire itself says.
pipewire-refused = PipeWire at { $socket } refused what it was asked ({ $why })
pipewire-refused-silently = PipeWire at { $socket } refused what it was asked (and did not say why)
pipewire-silent = PipeWire at { $socket } does not answer

## The network.

network-unseen = Changes of the network cannot be seen: { $why }
network-refused = the kernel does not let this program ask ({ $why })
network-lost = the kernel tells nothing any more ({ $why })
