### Was der Agent antwortet, und was mit ihm nicht stimmt.

## Zwischen dem Agenten und seinen Clients

agent-not-running = Presently läuft nicht; starten Sie es mit `presently`
agent-not-yours = der Agent gehört einem anderen Benutzer; führen Sie dies als der Benutzer aus, der ihn gestartet hat
agent-unreachable = der Agent ist nicht erreichbar: { $why }
agent-silent = der Agent antwortet nicht; wenn das so bleibt, beenden Sie ihn und starten Sie ihn neu
agent-gone = der Agent wurde beendet, bevor er geantwortet hat; starten Sie ihn neu mit `presently`
agent-answer-unknown = die Antwort des Agenten ist unverständlich; wenn Presently aktualisiert wurde, beenden Sie den Agenten und starten Sie ihn neu
agent-already-running = Presently läuft bereits; öffnen Sie sein Fenster mit `presently window`
agent-crowded = der Agent hat zu viele Verbindungen; schließen Sie einige
agent-of-another-user = dieser Agent antwortet nur dem Benutzer, der ihn gestartet hat
agent-ending = der Agent wird gerade beendet; starten Sie ihn neu
folder-not-yours = { $path } gehört einem anderen Benutzer (UID { $owner }); prüfen Sie XDG_RUNTIME_DIR, es muss einen eigenen Ordner nennen
folder-unusable = der Ordner { $path } ist nicht verwendbar: { $why }; prüfen Sie XDG_RUNTIME_DIR
lock-untaken = die Sperre { $path } ist nicht zu bekommen: { $why }
socket-unusable = auf { $path } kann nicht gelauscht werden: { $why }
paths-no-runtime-folder = XDG_RUNTIME_DIR nennt keinen absoluten Pfad; starten Sie Presently aus Ihrer Desktop-Sitzung, oder setzen Sie es auf einen Ordner, der nur Ihnen gehört
paths-no-home = HOME nennt keinen absoluten Pfad; setzen Sie es, oder XDG_CONFIG_HOME und XDG_STATE_HOME
request-unknown = der laufende Agent (Version { $version }) versteht die Anfrage „{ $name }“ nicht; wenn Presently aktualisiert wurde, beenden Sie den Agenten und starten Sie ihn neu
request-malformed = das ist keine Anfrage: eine solche ist ein JSON-Objekt in einer Zeile
request-late = es kam rechtzeitig keine Anfrage
request-unread = die Anfrage ist nicht lesbar: { $why }
request-too-long = eine Anfrage hat höchstens { $most } Bytes
signal-not-read = Diese Version liest es nicht

## Was vom Agenten verlangt wird und nicht geht

nothing-changed = { $why }; es wurde nichts geändert
and-also = { $first }; { $second }
account-unknown = es gibt hier kein Konto { $user_id }; `presently accounts` zählt sie auf
account-removed = das Konto wurde inzwischen entfernt
choice-has-changed = die Auswahl hat sich inzwischen geändert; nichts wurde verlängert
choice-is-for-all = Ihre Wahl gilt für alle Konten; beenden Sie sie mit `presently auto` ohne --account
end-too-far = das ist zu lang
end-passed = dieses Ende ist schon vorbei; geben Sie ein späteres an
look-no-account = es ist kein Konto angemeldet; melden Sie sich mit `presently login` an
sign-in-under-way = eine An- oder Abmeldung von { $user_id } ist im Gange; versuchen Sie es danach noch einmal
sign-in-already = { $user_id } ist bereits angemeldet; melden Sie sich erst ab, um es noch einmal zu tun
sign-in-no-browser = der Server von { $user_id } kennt keine Anmeldung im Browser
sign-in-given-up = diese Anmeldung wurde abgebrochen; beginnen Sie neu
sign-out-no-account = es gibt hier kein Konto { $user_id }
sign-out-incomplete = hier abgemeldet, aber: { $undone }
sign-out-session-left = hier abgemeldet, aber: { $undone }; die Sitzung „{ $device }“ besteht vielleicht weiter: beenden Sie sie in einem anderen Client
window-not-opened = das Fenster lässt sich nicht öffnen: { $why }; die Befehlszeile kann alles, was es kann
window-program-broken = { $program } ({ $why })
window-program-silent = { $program } läuft, hat aber seit { $limit } nichts gezeigt
window-program-ended = sein Programm wurde beendet ({ $status })
window-library = eine Bibliothek, die es braucht, ist nicht verwendbar: { $what }
unseen-message = Niemand kann Ihre Nachricht sehen: dieser Server zeigt weder die Anwesenheit noch einen Status im Profil
unseen-presence = Niemand kann Ihre Anwesenheit sehen: sie ist auf diesem Server ausgeschaltet
in-a-call = In einem Anruf

## Was mit dem Agenten nicht stimmt

start-no-signal = auf das Signal zum Beenden kann nicht gewartet werden: { $why }
start-no-timer = es ist kein Zeitgeber zu bekommen: { $why }
tokens-not-stored = die neue Anmeldung von { $user_id } ist noch nicht gespeichert: { $why }
tokens-not-moved = die Anmeldung von { $user_id } ist noch dort, wo sie vorher gespeichert war: { $why }
state-unsaved = { $path } lässt sich nicht speichern: { $why }
state-unread = { $path } ist nicht lesbar ({ $why }); die Datei bleibt, wie sie ist
state-set-aside = { $path } war nicht lesbar ({ $why }); die Datei wurde als { $aside } aufgehoben
state-not-set-aside = { $path } war weder lesbar ({ $why }) noch beiseitezulegen: { $error }; die Datei bleibt, wie sie ist
history-not-erased = der Verlauf ist noch da: { $path } lässt sich nicht löschen: { $why }
state-newer = die Datei hat die Version { $version } und stammt von einem neueren Presently
autostart-not-arranged = es lässt sich nicht beim Anmelden starten: { $entry }: { $why }
autostart-not-removed = es wird noch immer beim Anmelden gestartet: { $entry }: { $why }
autostart-not-in-path = { $path } ist in keinem Ordner von PATH
autostart-unwritable = { $path } lässt sich nicht in einen Eintrag schreiben
autostart-unknown = es ist nicht bekannt, wo das Programm ist

## Die Einstellungsdatei

settings-unwatched = Änderungen an der Einstellungsdatei werden nicht bemerkt: { $why }
settings-unwatchable = Änderungen an der Einstellungsdatei gelten auf diesem System erst ab dem nächsten Start
settings-file = { $path }: { $what }
settings-line = Zeile { $line }: { $what }
settings-not-utf8 = Zeile { $line }: das ist kein UTF-8; speichern Sie die Datei als UTF-8
settings-dangling = es ist ein Link auf etwas, das es nicht gibt
export-no-folder = es gibt keinen persönlichen Ordner, in den exportiert werden könnte
export-failed = { $path } lässt sich nicht schreiben: { $why }
settings-empty = sie ist leer; wer die Standardwerte will, löscht sie
settings-last-good = { $why }; es gelten die letzten lesbaren Einstellungen
settings-defaults = { $why }; von vorher ist nichts bekannt, deshalb gelten die Standardwerte
settings-not-kept = { $path }: { $why }; mit einer defekten Einstellungsdatei wären beim nächsten Start die Konten verloren
settings-newer = { $path } stammt von einem neueren Presently
settings-no-key = es gibt keine Einstellung „{ $key }“; `presently settings` zeigt alle
settings-key-ignored = es gibt keine Einstellung „{ $key }“; sie wird nicht beachtet
settings-mend-first = { $why }; beheben Sie das zuerst
settings-by-hand = { $path }: { $why }; ändern Sie es dort
settings-form = dies steht dort in einer Form, die sich nicht ändern lässt
settings-entangled = dies lässt sich nicht ändern, ohne auch anderes zu ändern
settings-unsaved = { $path } lässt sich nicht speichern: { $why }; es wurde nichts geändert
settings-not-this-way = „{ $key }“ wird nicht so geändert: verwenden Sie `presently account`, oder bearbeiten Sie { $path }
settings-set-section = „{ $key }“ ist ein Abschnitt; setzen Sie einen seiner Werte, etwa { $key }.{ $sample }
settings-of-key = { $key }: { $why }
settings-is-section = „{ $key }“ ist ein Abschnitt wie [{ $key }] und hat Werte wie { $key }.{ $sample }; es gilt, was vorher galt
settings-version-newer = Version { $version } stammt von einem neueren Presently; was dieses davon kennt, gilt
settings-version-wrong = version ist eine Zahl; schreiben Sie version = { $version }
settings-list-holds = { $why }; es gilt, was vorher in { $key } stand
settings-value-holds = { $why }; bis es behoben ist, ist { $key } { $value }
settings-account-ignored = ein Konto wird als [[account]] geschrieben; dies wird nicht beachtet
settings-account-brackets = ein Konto beginnt mit [[account]], in je zwei Klammern
settings-accounts-hold = Konten werden als [[account]] geschrieben; es gelten die von vorher
settings-account-twice = dieses Konto steht schon weiter oben; nur das erste gilt
settings-no-user-id = diesem Konto fehlt die user_id; schreiben Sie user_id = "@ich:example.org"
settings-bad-user-id = das ist keine Benutzerkennung; schreiben Sie sie wie "@ich:example.org"
settings-not-boolean = { $value } ist weder true noch false
settings-not-list = { $value } ist keine Liste; schreiben Sie sie wie ["obs", "zoom"]
settings-unquoted = { $value } gehört in Anführungszeichen
settings-not-word = { $value } ist kein Wort in Anführungszeichen

## Was die Signale sagen

signal-not-yet = Noch nicht nachgesehen
signal-input = Eingabe
signal-no-input = keine Eingabe
signal-locked = gesperrt
signal-not-locked = nicht gesperrt
signal-other-session = eine andere Sitzung ist im Vordergrund
signal-awake = wach
signal-asleep = im Ruhezustand
signal-on = ein
signal-off = aus
signal-not-in-use = nicht in Gebrauch
signal-used-by-some =
    { $count ->
        [one] von einem Programm in Gebrauch
       *[other] von { $count } Programmen in Gebrauch
    }
signal-used-by = in Gebrauch von { $programs }
signal-a-program = einem Programm
signal-and-also = { $first }, { $second }

## Das Programm des Fensters

window-does-not-answer = es gibt schon ein Fenster, das nicht antwortet; beenden Sie presently-window und versuchen Sie es noch einmal
window-no-display = es lässt sich keine Anzeige öffnen ({ $wayland }, { $x11 })
variable-is = { $name } ist { $value }
variable-not-set = { $name } ist nicht gesetzt
window-not-its-request = danach fragt das Fenster nicht
window-agent-ended = { $program } wurde beendet ({ $status }); starten Sie es in einem Terminal, um zu sehen, warum
window-agent-not-started = { $program } lässt sich nicht starten: { $why }; installieren Sie Presently neu
window-not-recorded = { $program } hat nicht aufgezeichnet: { $why }

## Kalender.

no-meeting = gerade ist keine Besprechung
caldav-password = der Benutzername oder das Passwort ist falsch für { $server }
caldav-none = bei { $server } sind mit CalDAV keine Kalender zu finden
caldav-no-password = es gibt kein Passwort für { $address }; nennen Sie es mit: presently calendar add { $address }
hours-zone = die Zeitzone { $name } Ihrer Arbeitszeiten ist nicht bekannt; die dieses Rechners gilt
calendar-crashed = der Kalender konnte wegen eines Fehlers in Presently nicht gelesen werden; bitte melden Sie das
calendar-unreadable = der Kalender { $path } ist nicht lesbar: { $why }
calendar-line = { $path }, Zeile { $line }: { $what }
calendar-event = { $name }: { $what }
calendar-last-good = { $why }; was vorher darin stand, zählt noch einen Tag
calendar-none = das ist kein Kalender
calendar-cut-off = der Kalender endet mittendrin
calendar-too-large = der Kalender ist zu groß
calendar-no-start = dieser Termin hat keinen lesbaren Beginn
calendar-unknown-zone = die Zeitzone „{ $name }“ ist nicht bekannt; Ihre eigene gilt
calendar-rule = dieser Termin wiederholt sich nach einer Regel, der sich nicht folgen lässt; nur das erste Mal zählt
calendar-syntax = dieser Termin ist nicht lesbar
# $status: a number of HTTP, like 404.
download-refused = der Server { $server } antwortet { $status }
download-too-large = der Kalender auf { $server } hat mehr als { $limit } MB
download-bad-address = die Adresse kann unterwegs mitgelesen werden; beginnen Sie sie mit https://
download-redirect = { $server } leitet zu einer Adresse weiter, der nicht gefolgt wird
download-cut-off = { $server } hat nicht alles gesendet
