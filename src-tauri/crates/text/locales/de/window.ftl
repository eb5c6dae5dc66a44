### Das Fenster.

## Ohne Agent, und vor der ersten Anmeldung

window-not-running = Presently läuft nicht
window-not-running-why = Solange es nicht läuft, bestimmen allein Ihre anderen Geräte, was andere sehen.
window-unreachable = Presently ist nicht erreichbar
window-start = Presently starten
window-welcome = Willkommen bei Presently
window-welcome-about = Es zeigt den Menschen, mit denen Sie auf Matrix sprechen, von selbst, ob Sie verfügbar, beschäftigt oder abwesend sind. Melden Sie sich an, um zu beginnen.
window-welcome-privacy = Es liest, ob etwas eingegeben wird, ob der Bildschirm gesperrt ist und ob Mikrofon oder Kamera benutzt werden. An Ihren Homeserver sendet es, was daraus folgt, und was Sie schreiben. Welches Programm es war, verlässt diesen Rechner nie.

## Oben: was nicht in Ordnung ist

window-troubles = Probleme
window-needs-sign-in = { $user } muss neu angemeldet werden.

## Was gerade gezeigt wird, und warum

window-unknown = Unbekannt
window-unclaimed = Was Presently nicht weiß, behauptet es nicht: Ihre anderen Geräte bestimmen, was andere sehen.
window-back-to-automatic = Zurück zu automatisch
window-why = Warum das gezeigt wird
window-claims = Was jetzt zählt, das Stärkste zuerst
window-doubted = Ihr Kalender hat eine Besprechung bis { $end }. Sie arbeiten ohne Anruf, deshalb zählt sie nicht.
window-no-claims = Nichts
window-source =
    { $source ->
        [manual] Ihre Wahl
        [call] Anruf
        [meeting] Kalender
        [dnd] Nicht stören
        [lock] Sperre
        [schedule] Arbeitszeit
        [idle] Keine Eingabe
        [active] Eingabe
       *[none] Nichts bekannt
    }
window-signals = Was Presently sehen kann
window-signal =
    { $signal ->
        [idle] Tastatur und Maus
        [microphone] Mikrofon
        [camera] Kamera
        [screen] Bildschirmfreigabe
        [lock] Bildschirmsperre
        [sleep] Bereitschaft
       *[dnd] Nicht stören
    }
window-signal-unknown = Unbekannt: { $detail }
window-signal-unsupported = Hier nicht zu sehen: { $detail }

## Was man selbst wählt

window-choice = Mich zeigen als
window-automatic = Automatisch
window-automatic-about = nach dem, was Ihr Computer sieht
window-choice-account = Für
window-all-accounts = Alle Konten
window-choice-end = Wie lange
window-until-changed = Bis ich es ändere
window-30-minutes = 30 Minuten
window-1-hour = 1 Stunde
window-4-hours = 4 Stunden
window-until-tomorrow = Bis morgen
window-until-time = Bis zu einer Uhrzeit …
window-time = Uhrzeit
window-wrong-time = Geben Sie eine Uhrzeit wie 17:30 ein.
window-apply = Setzen

## Die Statusnachricht

window-message-title = Statusnachricht
window-message-emoji = Emoji
window-message-text = Nachricht
window-message-example = Was machen Sie gerade?
window-presets = Vorschläge
window-recent = Zuletzt
window-forget = „{ $message }“ vergessen
window-forgotten = Vergessen
window-forget-all-ask = Alle vergessen …
window-forget-all-title = Alle letzten Nachrichten vergessen?
window-forget-all-about = Die Liste liegt nur auf diesem Rechner. Was andere sehen, ändert sich nicht.
window-forget-all = Alle vergessen
window-message-end = Entfernen nach
window-do-not-clear = Nicht entfernen
window-today = Heute
window-this-week = Diese Woche
window-a-time = Uhrzeit …
window-message-clear = Entfernen
window-message-set = Setzen
window-message-public = Sie ist öffentlich: Alle, die Ihr Profil sehen können, können sie lesen, und sie ist nicht verschlüsselt.
window-message-empty = Schreiben Sie eine Nachricht, oder wählen Sie „Entfernen“, um die angezeigte zu entfernen.
window-message-too-long = Die Nachricht hat { $bytes } Bytes, Matrix erlaubt { $most }; kürzen Sie sie.
window-message-room = { $bytes } von { $most } Bytes
window-emoji-wrong = Geben Sie ein einzelnes Emoji an.
window-message-was-cleared = Nachricht entfernt
window-message-was-set = Nachricht festgelegt

## The choice of an emoji.

window-emoji-choose = Emoji auswählen
window-emoji-search = Suchen
window-emoji-remove = Kein Emoji
window-emoji-close = Schließen
window-emoji-none = Kein Emoji heißt „{ $query }“.
window-emoji-count = { $count ->
    [one] Ein Emoji gefunden
   *[other] { $count } Emojis gefunden
}
window-emoji-smileys = Smileys
window-emoji-people = Menschen
window-emoji-nature = Tiere und Natur
window-emoji-food = Essen und Trinken
window-emoji-travel = Reisen und Orte
window-emoji-activities = Aktivitäten
window-emoji-objects = Gegenstände
window-emoji-symbols = Symbole
window-emoji-flags = Flaggen

## Die Konten

window-accounts = Konten
window-add-account = Konto hinzufügen …
window-connection =
    { $connection ->
        [connecting] Verbindung wird aufgebaut …
        [syncing] Verbunden
        [retrying] Nicht erreichbar, neuer Versuch läuft
        [needs-login] Vom Server abgemeldet
       *[paused] Angehalten
    }
window-shown = Sie zeigen
window-seen = Andere sehen
window-not-known-yet = Noch nicht bekannt
window-offline = Offline
window-message-not-seen = Noch nicht Ihre Nachricht
window-agreement = Andere sehen, was Sie zeigen.
window-presence-is-off = Auf diesem Server ist die Anwesenheitsanzeige ausgeschaltet.
window-nearest-is-away = Dieser Server kennt „Beschäftigt“ nicht; „Abwesend“ kommt dem am nächsten.
window-not-taken-over = Der Server hat es noch nicht übernommen.
window-server = Was dieser Server kann
window-server-presence =
    { $presence ->
        [on] Zeigt die Anwesenheit.
        [off] Die Anwesenheitsanzeige ist ausgeschaltet; Status und Anrufe können trotzdem gezeigt werden.
       *[unknown] Noch nicht bekannt, ob er die Anwesenheit zeigt.
    }
window-server-busy =
    { $busy ->
        [yes] Kennt „Beschäftigt“.
        [no] Kennt „Beschäftigt“ nicht: Andere sehen stattdessen „Abwesend“.
       *[unknown] Noch nicht bekannt, ob er „Beschäftigt“ kennt.
    }
window-server-status =
    { $status ->
        [yes] Zeigt Ihre Nachricht in Ihrem Profil.
       *[no] Zeigt Ihre Nachricht nur neben Ihrer Anwesenheit.
    }
window-server-calls =
    { $calls ->
        [yes] Kann zeigen, dass Sie in einem Anruf sind.
       *[no] Kann keine Anrufe zeigen.
    }

## Was ein Konto zeigen darf

window-settings = Was es zeigen darf
window-share-label = Andere sehen dort
window-share =
    { $share ->
        [everything] Anwesenheit, Nachricht und Anrufe
        [message] Nur meine Nachricht
       *[nothing] Nichts: Ich erscheine offline
    }
window-busy-label = Wenn ich beschäftigt bin
window-busy-mode =
    { $mode ->
        [auto] Beschäftigt, oder abwesend, wo „Beschäftigt“ hängen bleiben könnte
        [always] Immer beschäftigt
       *[never] Abwesend, nie beschäftigt
    }
window-call-field = In meinem Profil zeigen, wenn ich in einem Anruf bin. Alle im Netzwerk können es lesen, ohne sich anzumelden.
window-profile-room = Einen öffentlichen Raum führen, der die Anwesenheit und die Nachricht nennt, die ich wähle. Alle, die irgendwo angemeldet sind, können ihn lesen, und andere können für immer behalten, was er einmal genannt hat.
window-saved = Gespeichert

## Anmelden

window-sign-in = Anmelden
window-sign-in-again = Erneut anmelden
window-sign-in-busy = Anmeldung läuft …
window-sign-in-progress = Anmeldung läuft
window-user-id = Matrix-Benutzer-ID
window-user-id-example = @ich:example.org
window-user-id-wrong = Geben Sie die ganze Benutzer-ID ein, etwa @ich:example.org.
window-password = Passwort
window-password-missing = Geben Sie das Passwort dieses Kontos ein.
window-password-goes = Ihr Passwort geht an Ihren Homeserver und wird nicht gespeichert.
window-session = Andere Clients führen Presently als Sitzung ohne Verschlüsselung auf. Das ist richtig so: Es liest keine Nachrichten.
window-homeserver = Adresse des Homeservers
window-homeserver-about = Nur nötig, wo er nicht von selbst gefunden wird
window-homeserver-found = Homeserver: { $homeserver }
window-no-way-in = Dieser Server bietet keine Anmeldung an, die Presently kennt.
window-cancel = Abbrechen
window-continue-in-browser = Im Browser fortfahren
window-browsing = Melden Sie sich als { $user } in Ihrem Browser an, der sich geöffnet haben sollte. Danach geht es hier von selbst weiter.
window-browsing-announced = Melden Sie sich in Ihrem Browser an, der sich geöffnet haben sollte
window-browsing-address = Falls er sich nicht geöffnet hat, öffnen Sie darin diese Adresse
window-browsing-progress = Warten auf den Browser
window-signed-in = Angemeldet als { $user }

## Abmelden

window-sign-out-ask = Abmelden …
window-sign-out-ask-user = { $user } abmelden …
window-sign-out-title = Abmelden?
window-sign-out-about = Presently zeigt dann auf { $user } nichts mehr. Um zurückzukehren, müssen Sie sich erneut anmelden.
window-stay = Angemeldet bleiben
window-sign-out = Abmelden
window-signed-out = { $user } ist abgemeldet

## Die Ansichten des Fensters

window-views = Ansichten
window-view-now = Jetzt
window-view-status = Status
window-view-accounts = Konten
window-view-settings = Einstellungen

## Die Einstellungen

window-settings-section =
    { $section ->
        [away] Abwesend
        [busy] Beschäftigt
        [meetings] Besprechungen
        [hours] Arbeitszeit
       *[desktop] Auf diesem Rechner
    }
window-setting =
    { $key ->
        [idle-after] Abwesend, wenn so lange nichts eingegeben wurde
        [lock-away] Abwesend, wenn der Bildschirm gesperrt ist oder der Rechner schläft
        [call-enabled] Beschäftigt, solange Mikrofon oder Kamera benutzt werden
        [call-screen_share] Auch das Teilen des Bildschirms zählt
        [call-enter] Ein Anruf zählt nach
        [call-exit] Ein Anruf endet nach Stille von
        [call-ignore] Programme, die nicht zählen
        [meeting-calendars] Kalender: .ics-Dateien, Ordner mit solchen und Adressen
        [meeting-gnome] Auch die Kalender von GNOME zählen
        [meeting-ignore] Kalender
        [meeting-check] Eine Besprechung zählt
        [meeting-message] In einer Besprechung lesen andere „In einer Besprechung“
        [meeting-titles] Die Titel lesen andere aus
        [meeting-out_of_office] Nachricht, während ein Kalender mich als abwesend führt
        [meeting-minimum] Besprechungen zählen ab einer Dauer von
        [meeting-unanswered] Auch Einladungen, die ich nicht beantwortet habe, zählen
        [meeting-tentative] Auch vorläufige Besprechungen zählen
        [meeting-addresses] Meine E-Mail-Adressen, an denen man meine Antworten erkennt
        [hours-work] Arbeitszeit der Woche
        [hours-zone] Deren Zeitzone, wenn nicht die dieses Rechners
        [hours-publish_zone] Andere dürfen meine Zeitzone in meinem Profil lesen
        [hours-outside] Außerhalb bin ich
        [hours-holidays] Kalender mit Feiertagen: .ics-Dateien, Ordner mit solchen und Adressen
        [dnd-busy] Beschäftigt, solange am Rechner „Nicht stören“ gilt
        [autostart-enabled] Beim Anmelden starten
        [notify-enabled] Benachrichtigungen zeigen
        [notify-calls] Anrufe melden, die mich beschäftigt zeigen
        [history-enabled] 30 Tage lang aufheben, was wann gezeigt wurde
       *[language] Sprache
    }
window-calendar-account = Ein CalDAV-Konto hinzufügen
window-calendar-account-field =
    { $what ->
        [address] Adresse des Servers
        [user] Benutzername
       *[password] Passwort (ein App-Passwort, wo es eines gibt)
    }
window-calendar-account-progress = Kalender werden gesucht
window-calendars-none = Sie erscheinen hier, wo GNOME läuft.
window-calendar-events =
    { $events ->
        [one] { $events } Termin
       *[other] { $events } Termine
    }
window-calendar-ignored = zählt nicht
# $key: the setting's key in the settings file, with - in place of the dot.
window-text-example =
    { $key ->
        [hours-zone] Europe/Berlin
       *[meeting-out_of_office] Im Urlaub
    }
window-check-meetings =
    { $it ->
        [desk] wenn plausibel
        [call] in Anrufen
       *[never] immer
    }
window-check-meetings-about = Nicht plausibel ist eine Konferenz, wenn Sie zehn Minuten nach dem Beginn ohne Anruf am Rechner arbeiten.
window-outside-hours =
    { $it ->
        [away] abwesend
       *[invisible] unsichtbar
    }
window-list-example =
    { $key ->
        [meeting-calendars] ~/Kalender/Arbeit
        [meeting-titles] Team
        [hours-work] mon-fri 9:00-17:00
        [hours-holidays] ~/Kalender/Feiertage.ics
       *[meeting-addresses] ich@example.org
    }
window-list-add = Hinzufügen
window-list-remove = { $it } entfernen
window-language =
    { $it ->
        [auto] Wie der Rechner
        [en] English
       *[de] Deutsch
    }
window-default = { $value } (Vorgabe)
window-duration =
    { $unit ->
        [s] { $count ->
            [one] { $count } Sekunde
           *[other] { $count } Sekunden
        }
        [m] { $count ->
            [one] { $count } Minute
           *[other] { $count } Minuten
        }
       *[h] { $count ->
            [one] { $count } Stunde
           *[other] { $count } Stunden
        }
    }
window-not-at-login = Presently wird beim Anmelden zurzeit nicht gestartet: Die Einstellungen des Rechners haben es abgeschaltet, oder es ist nicht installiert. `presently doctor` sagt mehr.
window-ignore-example = obs
window-ignore-remove = { $program } wieder zählen
window-ignore-recent = Haben zuletzt Mikrofon, Kamera oder Bildschirm verwendet:
window-ignore-this = { $program } ignorieren

## Der Tag

window-view-today = Heute
window-day-today = Heute
window-day-yesterday = Gestern
window-day-before = Der Tag davor
window-day-after = Der Tag danach
window-nothing-recorded = An diesem Tag wurde nichts aufgezeichnet.
window-history-off = Der Verlauf ist abgeschaltet: siehe Einstellungen.
window-days = Die letzten 30 Tage
window-history-stays = Er bleibt auf diesem Rechner. `presently history --csv` schreibt ihn als Tabelle.
window-erase-ask = Löschen …
window-export = Als CSV exportieren
window-exported = Gespeichert als { $path }
window-erase-title = Den Verlauf löschen?
window-erase-about = Was an den letzten 30 Tagen gezeigt wurde, wird endgültig von diesem Rechner entfernt.
window-keep = Behalten
window-erase = Löschen

## Diagnose.

window-diagnostics = Diagnose
window-diagnostics-about = Für einen Fehlerbericht, oder wenn etwas nicht so ist, wie Sie es erwarten. Sie enthält keine Programmnamen, keine Nachrichten und keine Benutzer-IDs.
window-doctor-run = Alles prüfen
window-doctor-copy = Kopieren
window-copied = Kopiert
window-check =
    { $state ->
        [good] ✓
        [bad] ✗
       *[unsure] ?
    }
window-checked =
    { $bad ->
        [0] Alles Wichtige funktioniert
        [one] Ein Teil funktioniert nicht
       *[other] { $bad } Teile funktionieren nicht
    }
window-record = 10 Minuten aufzeichnen
window-record-stop = Aufzeichnung beenden
window-recording = Die Signale werden aufgezeichnet: Tun Sie, was nicht richtig funktioniert hat.
window-recorded = Aufgezeichnet: { $path }
