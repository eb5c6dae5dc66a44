### Was die Befehlszeile sagt.

## Was ein Befehl getan hat

choice-until = { $choice }, { $until }
choice-on = { $choice } bei { $user_id }
message-set = Nachricht festgelegt
message-set-until = Nachricht festgelegt, { $until }
message-cleared = Nachricht entfernt
recent-none = Noch keine Nachricht wurde festgelegt
recent-forgotten = Vergessen: { $message }
recent-forgotten-all = Alle letzten Nachrichten sind vergessen
recent-no-such = es gibt keine letzte Nachricht { $number }; `presently message --recent` listet sie auf
pause-calls = Die Anruferkennung ist ausgesetzt
pause-calls-until = Die Anruferkennung ist ausgesetzt, { $until }
pause-account = { $user_id } ist angehalten
pause-account-until = { $user_id } ist angehalten, { $until }
resumed-all = Nichts ist mehr ausgesetzt oder angehalten
resumed-calls = Anrufe werden wieder erkannt
resumed-account = { $user_id } ist nicht mehr angehalten
pause-hours = Jede Stunde gilt als Arbeitszeit
pause-hours-until = Jede Stunde gilt als Arbeitszeit, { $until }
resumed-hours = Ihre Arbeitszeit gilt wieder
status-next-meeting = Nächste Besprechung: { $day }, { $start } – { $end }
status-meeting-uncounted = Die Besprechung bis { $end } zählt nicht: kein Anruf ist im Gang. Wenn Sie darin sind: presently calendar attend
status-hours-paused = Ihre Arbeitszeit gilt nicht; `presently resume hours`
status-hours-paused-until = Ihre Arbeitszeit gilt { $until } nicht; `presently resume hours`
signed-out-of = { $user_id } ist abgemeldet
signed-in-as = Angemeldet als { $user_id }
signed-in-as-on = Angemeldet als { $user_id } bei { $server }

## Anmelden

password-for = Passwort für { $user_id }:
password-missing = es wurde kein Passwort eingegeben
password-unread = das Passwort ist nicht lesbar: { $why }
password-no-terminal = es gibt kein Terminal, um nach dem Passwort zu fragen; verwenden Sie --password-stdin
answer-unread = die Antwort ist nicht lesbar: { $why }
interrupted = abgebrochen
login-no-way = der Server von { $user_id } bietet keine Anmeldung an, die Presently kennt
login-browser-opens = Ihr Browser öffnet sich für die Anmeldung. Falls nicht, öffnen Sie darin diese Adresse:
login-open-yourself = Öffnen Sie zur Anmeldung diese Adresse in einem Browser auf diesem Computer:
login-waiting = Presently wartet, bis Sie zurückkommen; Strg-C bricht ab.
login-show-calls = In Ihrem Profil zeigen, wenn Sie in einem Anruf sind? Alle im Netzwerk können es lesen, ohne sich anzumelden. [j/N]
yes-letter = j

## `presently status` und `presently accounts`

status-no-account = Noch kein Konto; melden Sie sich mit `presently login @ich:example.org` oder `presently window` an
status-because = { $presence }: { $reason }
status-because-when = { $presence }: { $reason }, { $when }
status-message = Nachricht: { $message }
status-message-here = Nachricht hier: { $message }
status-no-message-here = Keine Nachricht hier
status-message-until = { $message } ({ $until })
status-calls-paused = Die Anruferkennung ist ausgesetzt; `presently resume calls`
status-calls-paused-until = Die Anruferkennung ist { $until } ausgesetzt; `presently resume calls`
status-line-calls-paused-until = Die Anruferkennung ist { $until } ausgesetzt
status-trouble = Problem: { $trouble }
status-nothing = nichts
status-connecting = { $intended }, Verbindung wird aufgebaut
status-retrying = { $intended }, keine Verbindung: { $why }
status-trying-again = neuer Versuch läuft
status-needs-sign-in = nicht angemeldet; `presently login { $user_id }`
status-paused = angehalten, andere sehen Sie als offline
status-paused-until = angehalten { $until }, andere sehen Sie als offline
status-seen-by-nobody = { $intended }, was dieser Server niemandem zeigt
status-not-confirmed = { $intended }, noch nicht bestätigt
status-seen-with-other-message = { $intended }, andere sehen es mit einer anderen Nachricht
status-seen = { $intended }, andere sehen es
status-seen-as = { $intended }, andere sehen: { $seen }
status-no-server = Server noch nicht bekannt
status-server-busy =
    { $busy ->
        [yes] kennt „Beschäftigt“
       *[no] kein „Beschäftigt“
    }
status-server-presence =
    { $presence ->
        [off] Anwesenheitsanzeige ausgeschaltet
       *[unknown] Anwesenheitsanzeige noch nicht bekannt
    }

## `--wait`

wait-no-answer = der Agent hat nicht geantwortet
wait-agent-ended = der Agent wurde beendet, bevor andere es gesehen haben
wait-not-seen = es ist festgelegt, aber andere können es nicht sehen: { $missing }
wait-not-yet = es ist festgelegt, aber andere sehen es noch nicht: { $missing }; der Agent versucht es weiter
wait-account = { $user_id } ({ $missing })
wait-and-also = { $first }, { $second }
wait-connecting = Verbindung wird aufgebaut
wait-connecting-because = Verbindung wird aufgebaut: { $why }
wait-retrying = neuer Versuch läuft
wait-retrying-because = neuer Versuch läuft: { $why }
wait-sign-in = melden Sie sich neu an
wait-not-confirmed = nicht bestätigt
wait-not-read-back = nicht zurückgelesen
wait-seen-as = andere sehen: { $presence }

## `presently look`

look-who = { $name } ({ $user_id })
look-presence = { $presence }: { $message }
look-offline = Offline
look-active-now = Gerade aktiv
look-last-active = Zuletzt aktiv: { $moment }
look-status = Status: { $status }
look-in-a-call = In einem Anruf
look-in-a-call-since = In einem Anruf { $since }
look-profile-room = Profilraum: { $what }
look-not-seen = Nicht zu sehen: { $what }

## `presently status --follow` und das Programm selbst

agent-has-ended = der Agent wurde beendet
start-no-runtime = der Start ist fehlgeschlagen: { $why }
upgrade-failed = die neuere Version kann nicht gestartet werden: { $why }; starten Sie Presently neu
output-unwritten = auf die Standardausgabe kann nicht geschrieben werden: { $why }

## `presently history`

history-times = { $start } – { $end }
history-now = jetzt
history-source =
    { $source ->
        [manual] von Ihnen gewählt
        [call] in einem Anruf
        [meeting] in einem Termin
        [dnd] Nicht stören
        [lock] gesperrt, im Ruhezustand oder in einer anderen Sitzung
        [schedule] außerhalb der Arbeitszeit
        [idle] keine Eingabe
        [active] Eingabe
       *[none] nichts bekannt
    }
history-gap = Nicht aufgezeichnet
history-total = { $presence } { $duration }
history-total-calls = { $presence } { $duration }, davon { $calls } in Anrufen
history-empty = Für { $date } wurde nichts aufgezeichnet
history-off = Der Verlauf ist ausgeschaltet; `presently settings set history.enabled true`
history-erased = Der Verlauf ist gelöscht

## `presently signals` und `presently simulate`

signals-unknown = unbekannt: { $what }
signals-unsupported = nicht zu sehen: { $what }
signals-ignored = { $what } (nicht beachtet: { $names })
signals-recorded = Aufgezeichnet in { $path }
recording-exists = { $path } gibt es schon; geben Sie den Namen einer neuen Datei an
recording-unwritten = { $path } lässt sich nicht schreiben: { $why }
recording-unread = { $path } ist nicht lesbar: { $why }
recording-empty = { $path } ist leer; `presently signals --record DATEI` zeichnet auf
recording-no-header = { $path }, Zeile 1: das ist keine Aufzeichnung von `presently signals` ({ $why })
recording-newer = { $path }, Zeile 1: diese Aufzeichnung hat die Version { $version } und stammt von einem neueren Presently
recording-line = { $path }, Zeile { $line }: { $why }
recording-has-ended = die Aufzeichnung war davor schon zu Ende
simulate-no-file = es gibt keine Datei { $path }
simulate-ends = Die Aufzeichnung endet
simulate-nothing = Es wurde nichts aufgezeichnet
simulate-idle-after = Eingaben wurden mit idle.after = { $recorded } aufgezeichnet; der Wert der Einstellungen, { $set }, wird nicht verwendet
simulate-no-names = Programme wurden ohne Namen aufgezeichnet: die damals nicht beachteten werden nicht beachtet, was auch immer call.ignore sagt
simulate-cut-off = Die Aufzeichnung wurde abgeschnitten: wozu ihr Ende geführt hat, ist nicht bekannt

## `--until` und `--day`

until-not-a-time = „{ $text }“ ist keine Zeit; schreiben Sie sie wie 17:30, tomorrow, "tomorrow 9:00" oder 2026-11-23T09:00
not-a-day = „{ $text }“ ist kein Tag; schreiben Sie ihn wie today, yesterday oder 2026-11-23
until-past = diese Zeit ist schon vorbei
until-too-far = das ist mehr als ein Jahr hin

## Kalender.

calendar-not-yet = Noch gibt es keinen Kalender. Fügen Sie eine Datei, einen Ordner oder eine Adresse hinzu: presently calendar add KALENDER
calendar-added =
    Hinzugefügt: { $path }, { $events ->
        [one] { $events } Termin
       *[other] { $events } Termine
    }
calendar-removed = Entfernt: { $path }; eine Datei bleibt
calendar-unknown = es gibt keinen Kalender { $path }; siehe: presently calendar list
calendar-account-added = Die Kalender von { $path } sind hinzugefügt
calendar-account-name = { $name } ({ $server })
calendar-events-near =
    { $events ->
        [one] { $events } Termin in diesen Tagen
       *[other] { $events } Termine in diesen Tagen
    }
calendar-needs-user = Wenn { $path } ein CalDAV-Server ist, nennen Sie sich: presently calendar add { $path } --user NAME
calendar-counts-again = { $name } zählt wieder
calendar-counts-no-more = { $name } bleibt in GNOME und zählt nicht mehr
calendar-ignored = zählt nicht
calendar-gnome-name = { $name } (GNOME)
calendar-events =
    { $events ->
        [one] { $events } Termin
       *[other] { $events } Termine
    }
agenda-empty = Nichts in den nächsten sieben Tagen
agenda-all-day = ganztägig
agenda-counts =
    { $counts ->
        [busy] beschäftigt
       *[away] abwesend
    }
agenda-uncounted =
    { $why ->
        [cancelled] nein: abgesagt
        [declined] nein: von Ihnen abgelehnt
        [free] nein: die Zeit ist frei
        [elsewhere] nein: Sie arbeiten anderswo
        [all-day] nein: ganztägig
        [unanswered] nein: nicht beantwortet
        [tentative] nein: vorläufig
       *[too-short] nein: zu kurz
    }
