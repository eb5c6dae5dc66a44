### Was die Signale des Desktops sagen, und warum eines nichts sagt.

signal-looking = Es wird noch gesucht, wo es zu lesen ist
signal-unsupported = Presently kann das auf diesem System noch nicht erkennen

## Die Quellen eines Signals

backend-silent = { $backend } hat nicht innerhalb von { $seconds } s geantwortet
backend-ended = { $backend } meldet nichts mehr

## Dateien beobachten

limit-used-up = Ihre Programme haben fs.inotify.{ $limit } = { $value } ausgeschöpft; beenden Sie eines davon, oder erhöhen Sie die Grenze mit sysctl
limit-used-up-unread = Ihre Programme haben fs.inotify.{ $limit } ausgeschöpft; beenden Sie eines davon, oder erhöhen Sie die Grenze mit sysctl

## Die Nachrichtenbusse (D-Bus)

bus-no-session = es gibt keinen Sitzungsbus (DBUS_SESSION_BUS_ADDRESS ist nicht gesetzt)
bus-unreachable =
    { $bus ->
        [session] der Sitzungsbus ist nicht erreichbar ({ $why })
       *[system] der Systembus ist nicht erreichbar ({ $why })
    }
bus-lost =
    { $bus ->
        [session] die Verbindung zum Sitzungsbus ist abgebrochen
       *[system] die Verbindung zum Systembus ist abgebrochen
    }
bus-no-answer = { $service } beantwortet { $question } nicht ({ $why })

## logind

logind-no-session = logind kennt keine Sitzung von Ihnen
logind-session-ended = Ihre Sitzung in logind ist beendet
logind-not-graphical = Ihre Sitzung in logind ist keine grafische
logind-not-told = der Desktop hat logind noch nichts gemeldet

## Tastatur und Maus

idle-unseen = Tastatur und Maus sind nicht zu erkennen: { $why }
idle-not-asked = PRESENTLY_IDLE verlangt „{ $asked }“
idle-no-such = PRESENTLY_IDLE ist „{ $asked }“, es gibt aber nur { $known }; entfernen Sie die Variable
idle-taken-for-input = etwas hält den Bildschirm wach (vielleicht ein Video), und dieser Desktop hält das für Eingabe
idle-nothing-yet = Tastatur und Maus: dieser Desktop sagt nicht, wann sie zuletzt verwendet wurden, und es war noch nichts von ihnen zu hören
idle-unknown-while-shown = solange etwas den Bildschirm wach hält (vielleicht ein Video), meldet dieser Desktop nichts von Tastatur und Maus: sie sind dann unbekannt
system-no-idle = das System sagt nicht, wann es Eingabe gab ({ $why })
system-clock-wrapped = seine Uhr ist gerade übergelaufen

wayland-unreachable = der Wayland-Compositor auf { $socket } ist nicht erreichbar ({ $why })
wayland-no-protocol = der Wayland-Compositor bietet { $protocol } nicht an
wayland-no-seat = der Wayland-Compositor hat keinen Arbeitsplatz, dort lässt sich also nichts eingeben
wayland-lost = die Verbindung zum Wayland-Compositor ist abgebrochen ({ $why })

mutter-not-there = Mutter, der Compositor von GNOME, ist nicht am Sitzungsbus
mutter-gone = Mutter ist nicht mehr am Sitzungsbus

x11-wayland = dies ist eine Wayland-Sitzung, deren Eingabe X11 nicht sieht
x11-no-display = DISPLAY ist nicht gesetzt; starten Sie Presently aus Ihrer Desktop-Sitzung
x11-unreachable = der X-Server { $display } ist nicht erreichbar ({ $why }); prüfen Sie DISPLAY und XAUTHORITY
x11-no-counter = der X-Server { $display } hat keinen Zähler für Untätigkeit; er ist zu alt, oder ihm fehlt die Erweiterung SYNC
x11-refused = der X-Server { $display } hat die Meldung von Untätigkeit abgelehnt ({ $why })
x11-lost = die Verbindung zum X-Server { $display } ist abgebrochen ({ $why })

## Die Bildschirmsperre

lock-session-unseen = Die Sitzung ist nicht zu erkennen: { $why }
lock-saver-unseen = Der Bildschirmschoner ist nicht zu erkennen: { $why }
lock-not-told = Ob der Bildschirm gesperrt ist, ist nicht bekannt: logind wurde noch keine Sperre gemeldet
lock-no-saver = der Desktop hat keinen Bildschirmschoner
lock-advice = viele Sperrprogramme melden sich bei niemandem und werden nur erkannt, wenn ihr Name bekannt ist (swaylock, hyprlock, i3lock und ähnliche); lassen Sie swayidle ein anderes bei seinen Ereignissen `lock` und `before-sleep` starten, zwischen `busctl call org.freedesktop.login1 /org/freedesktop/login1/session/auto org.freedesktop.login1.Session SetLockedHint b true` und demselben mit `false`
lockers-unseen = Sperrprogramme sind nicht zu erkennen: { $why }
lockers-none-installed = es gibt kein Sperrprogramm, dessen Prozess sich beobachten ließe
lockers-unwatched = die Dateien der Sperrprogramme lassen sich nicht beobachten ({ $why })
lockers-lost = der Kernel meldet nichts mehr von den Sperrprogrammen

## Ruhezustand und „Nicht stören“

sleep-unseen = Der Ruhezustand ist nicht zu erkennen: { $why }
dnd-unseen = „Nicht stören“ ist nicht zu erkennen: { $why }
dnd-none = Dieser Desktop hat kein „Nicht stören“, das Presently lesen kann

## Das Mikrofon

microphone-unseen = Das Mikrofon ist nicht zu erkennen: { $why }
sound-no-place = XDG_RUNTIME_DIR ist nicht gesetzt, deshalb ist der Soundserver nicht zu finden
sound-no-server = es gibt keinen Soundserver auf { $socket } (PULSE_SERVER oder default-server in der client.conf von PulseAudio nennt vielleicht einen anderen Ort)
sound-none-for-all = es gibt auf { $socket } keinen für alle Benutzer
sound-unreachable = der Soundserver auf { $socket } ist nicht erreichbar ({ $why })
sound-closed = der Soundserver auf { $socket } hat die Verbindung geschlossen ({ $why })
sound-not-understood = der Soundserver auf { $socket } hat Unverständliches gesendet ({ $why })
sound-too-long = der Soundserver auf { $socket } hat eine Nachricht von { $bytes } Bytes gesendet
sound-silent = der Soundserver auf { $socket } antwortet nicht

## Kameras

camera-unseen = Kameras sind nicht zu erkennen: { $why }
camera-unwatched = der Ordner { $path } lässt sich nicht beobachten ({ $why })
camera-users-unread = es ist nicht lesbar, wer sie verwendet ({ $why }); ist /proc eingehängt?
camera-lost = der Kernel meldet nichts mehr

## Die Bildschirmfreigabe

screen-unseen = Die Bildschirmfreigabe ist nicht zu erkennen: { $why }
pipewire-no-place = XDG_RUNTIME_DIR ist nicht gesetzt, deshalb ist PipeWire nicht zu finden
pipewire-not-there = PipeWire läuft nicht ({ $socket } gibt es nicht)
pipewire-unreachable = PipeWire auf { $socket } ist nicht erreichbar ({ $why })
pipewire-closed = PipeWire auf { $socket } hat die Verbindung geschlossen ({ $why })
pipewire-refused = PipeWire auf { $socket } hat die Anfrage abgelehnt ({ $why })
pipewire-refused-silently = PipeWire auf { $socket } hat die Anfrage abgelehnt (und nicht gesagt, warum)
pipewire-silent = PipeWire auf { $socket } antwortet nicht

## Das Netzwerk

network-unseen = Änderungen des Netzwerks sind nicht zu erkennen: { $why }
network-refused = der Kernel lässt dieses Programm nicht fragen ({ $why })
network-lost = der Kernel meldet nichts mehr ({ $why })
