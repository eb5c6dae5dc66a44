### Infobereich und Benachrichtigungen.

automatic = Automatisch
tray-state = { $presence } — { $reason }
tray-state-until = { $presence } bis { $until } — { $reason }
tray-until = Bis { $until }
for-half-an-hour = 30 Minuten
for-an-hour = 1 Stunde
for-four-hours = 4 Stunden
until-tomorrow = Bis morgen
until-changed = Bis ich es ändere
tray-sign-in = Anmelden …
tray-other-time = Andere Zeit …
tray-message = Nachricht
tray-no-message = Keine Nachricht
tray-clear-message = Nachricht entfernen
tray-other-message = Andere …
tray-accounts = Konten
tray-account = { $user_id } — { $presence }
tray-account-note = { $user_id } — { $presence }: { $note }
tray-account-paused = { $user_id } — ausgesetzt
tray-account-paused-until = { $user_id } — ausgesetzt bis { $until }
tray-pause = Aussetzen
tray-pause-accounts = Alle Konten eine Stunde: andere sehen Sie offline
tray-resume-accounts = Alle Konten fortsetzen
tray-pause-calls = Anruferkennung eine Stunde
tray-resume-calls = Anruferkennung fortsetzen
tray-resume-hours = Arbeitszeit gilt wieder
tray-all-paused = Ausgesetzt — andere sehen Sie offline
tray-all-paused-until = Ausgesetzt bis { $until } — andere sehen Sie offline
tray-no-problem = Keine Probleme
# After the first of several problems.
tray-more-problems =
    { $count ->
        [one] noch ein Problem
       *[other] noch { $count } Probleme
    }
tray-more =
    { $count ->
        [one] und noch eines
       *[other] und { $count } weitere
    }
tray-open = Öffnen
tray-quit = Beenden
needs-sign-in = { $user_id } braucht eine neue Anmeldung
tray-unreachable = { $user_id } erreicht seinen Server nicht
tray-problem = { $user_id }: { $problem }

## Nachrichten, die Infobereich und Fenster vorschlagen

preset-meeting = In einer Besprechung
preset-commuting = Unterwegs
preset-lunch = Beim Mittagessen
preset-remote = Im Homeoffice
preset-sick = Krankgemeldet
preset-holiday = Im Urlaub

## Benachrichtigungen

notice-ending =
    { $presence ->
        [online] „Verfügbar“ endet um { $time }
        [busy] „Beschäftigt“ endet um { $time }
        [unavailable] „Abwesend“ endet um { $time }
        [offline] „Unsichtbar“ endet um { $time }
       *[unknown] Ihre Wahl endet um { $time }
    }
notice-ending-everywhere = Danach ist Ihre Anwesenheit wieder automatisch.
notice-ending-on = Danach ist Ihre Anwesenheit bei { $user_id } wieder automatisch.
notice-sign-in = Bis dahin sieht dort niemand Ihre Anwesenheit. Öffnen Sie Presently, um sich neu anzumelden.
notice-kept-busy = { $name } hält Sie beschäftigt
notice-kept-busy-on = Andere sehen Sie bei { $user_id } als beschäftigt, solange das Gerät in Gebrauch ist.
notice-call-began = Sie werden als beschäftigt gezeigt
notice-call-began-about = Ein Anruf hat begonnen.
notice-call-ended = Sie werden nicht mehr als beschäftigt gezeigt
notice-call-ended-about = Der Anruf ist zu Ende.
notice-extend = 30 Minuten länger
notice-sign-in-now = Anmelden
notice-settings = Ihre Einstellungen enthalten einen Fehler
notice-doubted = Sind Sie in einer Besprechung?
notice-doubted-about = Ihr Kalender hat eine bis { $time }, aber Sie arbeiten ohne Anruf. Deshalb zählt sie nicht.
notice-window = Das Fenster von Presently hat sich nicht geöffnet

## Für `presently doctor`, und warum es kein Symbol gibt

tray-host-present = der Desktop zeigt Symbole im Infobereich
tray-host-absent = hier zeigt nichts Symbole im Infobereich; das Symbol erscheint, sobald eine Leiste es tut (GNOME braucht dazu seine AppIndicator-Erweiterung)
tray-host-unknown = es kann kein Symbol gezeigt werden: { $why }
tray-bus-says = der Sitzungsbus sagt: { $why }
tray-desktop-silent = der Desktop antwortet nicht
tray-icon-unreadable = das Symbol { $name } ist nicht lesbar: { $why }; das ist ein Fehler in Presently
tray-unsupported = auf diesem System gibt es noch kein Symbol im Infobereich
tray-not-started = der Infobereich konnte nicht gestartet werden: { $why }
notify-refused = der Desktop zeigt keine Benachrichtigungen: { $why }
notify-silent = die Benachrichtigungen des Desktops antworten nicht
