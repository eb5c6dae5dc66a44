### Was Infobereich, Benachrichtigungen, Befehlszeile und Fenster gemeinsam haben.

presence =
    { $presence ->
        [online] Verfügbar
        [busy] Beschäftigt
        [unavailable] Abwesend
        [offline] Unsichtbar
       *[unknown] Unbekannt
    }

## Zeiten

until = bis { $moment }
since = seit { $moment }
moment-tomorrow = morgen { $time }
moment-yesterday = gestern { $time }
moment-weekday = { $weekday } { $time }
moment-date = { $date } { $time }
moment-midnight = Mitternacht
time-24 = { $hour }:{ $minute }
time-12 =
    { $half ->
        [am] { $hour }:{ $minute } AM
       *[pm] { $hour }:{ $minute } PM
    }
date = { $day }. { $month }
date-year = { $day }. { $month } { $year }
weekday =
    { $weekday ->
        [monday] Montag
        [tuesday] Dienstag
        [wednesday] Mittwoch
        [thursday] Donnerstag
        [friday] Freitag
        [saturday] Samstag
       *[sunday] Sonntag
    }
month =
    { $month ->
        [january] Januar
        [february] Februar
        [march] März
        [april] April
        [may] Mai
        [june] Juni
        [july] Juli
        [august] August
        [september] September
        [october] Oktober
        [november] November
       *[december] Dezember
    }

## Warum etwas gezeigt wird

reason-chosen = Von Ihnen gewählt
reason-call-here =
    { $uses ->
        [microphone] { $program } verwendet das Mikrofon
        [camera] { $program } verwendet die Kamera
        [screen] { $program } teilt den Bildschirm
       *[both] { $program } verwendet Mikrofon und Kamera
    }
reason-call-others = { $others } weitere
reason-call-elsewhere = In einem Anruf auf einem anderen Gerät
reason-meeting = In einer Besprechung
reason-out-of-office = Nicht im Büro
reason-outside-hours = Außerhalb der Arbeitszeit
reason-do-not-disturb = „Nicht stören“ ist eingeschaltet
reason-asleep = Der Computer schläft
reason-locked = Der Bildschirm ist gesperrt
reason-other-session = Eine andere Sitzung ist im Vordergrund
reason-no-input = Keine Eingabe mit Tastatur oder Maus
reason-input = Tastatur oder Maus in Gebrauch
reason-message-only = Dieses Konto erfährt nur Ihre Statusnachricht
reason-nothing-shared = Dieses Konto erfährt nichts
reason-starting = Gerade gestartet
reason-nothing-known = Es ist nichts bekannt
reason-other = Aus einem Grund, den diese Version nicht kennt
a-program = Ein Programm

## Was man über ein Konto wissen sollte

note-presence-off = Auf diesem Server ist die Anwesenheitsanzeige ausgeschaltet
note-no-busy = Dieser Server kennt „Beschäftigt“ nicht: Sie erscheinen als abwesend
another-device = Ein anderes Ihrer Geräte
note-other-device =
    { $presence ->
        [online] { $name } hält Sie auf „Verfügbar“
        [busy] { $name } hält Sie auf „Beschäftigt“
        [unavailable] { $name } hält Sie auf „Abwesend“
       *[offline] { $name } hält Sie auf „Unsichtbar“
    }
note-server-holds = Der Server selbst hält Sie auf „Beschäftigt“, höchstens eine Stunde lang
note-would-be-held-by = Sie erscheinen als abwesend, weil { $name } Sie auf „Beschäftigt“ halten würde
note-would-be-held = Sie erscheinen als abwesend, weil ein anderes Ihrer Geräte Sie auf „Beschäftigt“ halten könnte
note-message-replaced = Ein anderes Gerät hat Ihre Nachricht geändert
note-field-refused =
    { $field ->
        [status] Der Server nimmt Ihren Status nicht in Ihr Profil auf: { $message }
        [zone] Der Server nimmt Ihre Zeitzone nicht in Ihr Profil auf: { $message }
       *[call] Der Server nimmt Ihren Anruf nicht in Ihr Profil auf: { $message }
    }
note-removal-refused =
    { $field ->
        [status] Der Server entfernt Ihren Status nicht aus Ihrem Profil, wo andere ihn noch lesen: { $message }
        [zone] Der Server entfernt Ihre Zeitzone nicht aus Ihrem Profil, wo andere ihn noch lesen: { $message }
       *[call] Der Server entfernt Ihren Anruf nicht aus Ihrem Profil, wo andere ihn noch lesen: { $message }
    }
note-call-unknown = Ob Ihr Anruf auf einem anderen Gerät andauert, ist nicht bekannt, solange dieser Server nicht antwortet
note-other = Etwas, das diese Version nicht kennt
room-taken = Kein Profilraum: jemand anderes hat seinen Namen belegt
room-refused = Kein Profilraum: der Server lehnt ihn ab: { $why }

## Was an einer Angabe nicht stimmt

plain = { $text }
message-empty = eine Nachricht braucht etwas Text; mit --clear wird sie entfernt
message-too-long = die Nachricht hat { $bytes } Bytes, Matrix erlaubt { $most }; kürzen Sie sie
emoji-too-long = das Emoji hat { $bytes } Bytes, Matrix erlaubt { $most }; geben Sie ein einzelnes an
not-working-hours = „{ $text }“ ist keine Arbeitszeit: schreiben Sie sie wie mon-fri 9:00-12:30, 13:00-17:00
not-a-duration = „{ $text }“ ist keine Dauer; schreiben Sie sie wie 90s, 5m oder 1h30m
recording-backwards = ihr „ms“ ist kleiner als das der Zeile davor

## Meetings.

in-meeting = Ich bin in dieser Besprechung
not-in-meeting = Ich bin nicht in dieser Besprechung

## Working hours.

work-longer = Eine Stunde länger arbeiten
