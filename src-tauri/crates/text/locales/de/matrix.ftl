### Was Homeserver und Schlüsselbund antworten.

## Der Weg zum Homeserver

server-unreachable = { $host } ist nicht erreichbar: { $why }
server-untrusted = { $host } kann sich nicht ausweisen: { $why }
network-sign-in = Dieses Netzwerk verlangt eine Anmeldung im Browser, bevor es zu { $host } führt
server-not-matrix = { $host } antwortet nicht wie ein Matrix-Server: verlangt dieses Netzwerk erst eine Anmeldung im Browser?
server-endless = { $host } antwortet ohne Ende: sagen Sie es seinem Administrator
server-fault = { $host } hat selbst eine Störung (HTTP { $status })
server-limits = { $host } verlangt weniger Anfragen
server-refuses = { $host } lehnt ab: { $message }
session-ended = { $host } hat diese Sitzung beendet: melden Sie sich neu an
session-broken = Die gespeicherte Anmeldung ist nicht lesbar: melden Sie sich neu an
https-unusable = HTTPS ist auf diesem System nicht verwendbar ({ $why }): Installieren Sie seine Zertifizierungsstellen, meist das Paket ca-certificates

## Warum ein Server oder Proxy nicht erreichbar ist; jedes steht nach einem Doppelpunkt

connection-refused = dort lauscht niemand
connection-broken = die Verbindung ist abgebrochen
connection-late = keine rechtzeitige Antwort
connection-silent = keine Antwort
connection-no-network = es gibt kein Netzwerk
connection-unknown-name = der Name ist nicht bekannt
connection-no-lookup = es gibt kein Netzwerk, oder niemanden, der den Namen nachschlägt
connection-not-encrypted = was dort antwortet, ist nicht verschlüsselt: stimmt der Port?
sign-in-service-silent = der Anmeldedienst antwortet nicht

## Warum das Zertifikat eines Servers oder Proxys nicht gilt; jedes steht nach einem Doppelpunkt

certificate-expired = das Zertifikat ist abgelaufen
certificate-not-yet = das Zertifikat gilt noch nicht: geht die Uhr richtig?
certificate-untrusted = das Zertifikat hat niemand unterschrieben, dem dieser Computer vertraut
certificate-other-name = das Zertifikat gilt für einen anderen Namen
certificate-revoked = das Zertifikat wurde widerrufen
certificate-none = der Anmeldedienst hat kein Zertifikat

## Der Proxy

proxy-unreachable = Der Proxy { $proxy } ist nicht erreichbar: { $why }; er steht in { $variable }
proxy-wants-password = Der Proxy { $proxy } verlangt einen Namen und ein Passwort: setzen Sie { $variable } auf { $scheme }://NAME:PASSWORT@{ $address }, und starten Sie Presently neu
proxy-refuses-password = Der Proxy { $proxy } nimmt den Namen und das Passwort in { $variable } nicht an
proxy-closed = Der Proxy { $proxy } verbindet Presently nicht mit dem Server: er darf nicht, oder der Server antwortet ihm nicht; { $variable } nennt den Proxy
proxy-malformed = { $variable } ist nicht die Adresse eines Proxys: sie sieht aus wie http://proxy.example.org:3128
proxy-other-kind = { $variable } ist kein HTTP-Proxy, und Presently kennt keinen anderen: nennen Sie einen in https_proxy

## An- und Abmelden

user-id-malformed = „{ $text }“ ist keine Matrix-Benutzer-ID: sie sieht aus wie @name:example.org
homeserver-malformed = „{ $text }“ ist nicht die Adresse eines Homeservers: sie sieht aus wie https://matrix.example.org
homeserver-insecure = { $address } ist nicht verschlüsselt (http): verwenden Sie https; http ist nur für diesen Computer
homeserver-unknown = { $host } ist nicht zu finden: prüfen Sie die Benutzer-ID, oder nennen Sie den Server mit --homeserver
homeserver-not-matrix = { $host } ist kein Matrix-Server: nennen Sie den richtigen mit --homeserver
sign-in-no-password = { $host } bietet keine Anmeldung mit Passwort an: versuchen Sie --oauth oder --sso
sign-in-no-sso = { $host } bietet kein Single Sign-on an: versuchen Sie das Passwort oder --oauth
sign-in-no-oauth = { $host } bietet keine Anmeldung mit OAuth 2.0 an: versuchen Sie das Passwort oder --sso
sign-in-not-completed = Die Anmeldung wurde im Browser nicht abgeschlossen: versuchen Sie es noch einmal
sign-in-nobody-came = Aus dem Browser ist niemand zurückgekommen: versuchen Sie es noch einmal
sign-in-no-homepage = Dieser Build von Presently nennt keine gültige Seite über sich: verwenden Sie --sso oder das Passwort
sign-in-no-listener = Der Browser hat keinen Weg zurück zu Presently: { $why }
sign-in-wrong-password = Das Passwort ist falsch, oder es gibt keinen solchen Benutzer: versuchen Sie es noch einmal
sign-in-wrong-user = Der Server hat { $got } statt { $wanted } angemeldet: wieder abgemeldet; verwenden Sie diese Benutzer-ID
sign-in-refused = Der Server lehnt dieses Konto ab: { $why }
sign-in-unsafe-page = { $host } nennt eine Seite, die nicht sicher ist
sign-in-other-answer = die Antwort des Browsers gehört zu einer anderen Anmeldung
sign-in-limited = Zu viele Versuche: versuchen Sie es in { $seconds } s noch einmal
sign-in-failed = { $host }: { $why }
sign-out-not-told = Der Server hat es nicht erfahren: { $why }

## Wo Anmeldungen gespeichert sind: im Schlüsselbund, oder in einer Datei

keyring-locked = Der Schlüsselbund ist gesperrt: entsperren Sie ihn, damit Presently sich anmelden kann
keyring-hidden = Der Schlüsselbund ist gesperrt und enthält vielleicht die Anmeldung von { $user_id }: entsperren Sie ihn, damit Presently sich anmelden kann
keyring-empty = Der Schlüsselbund hat keine Sammlung, die eine Anmeldung aufnehmen kann: legen Sie eine an, und öffnen Sie sie
keyring-unavailable = In dieser Sitzung gibt es keinen Schlüsselbund (Secret Service): starten Sie einen, oder setzen Sie secrets = "file"
keyring-says = Der Schlüsselbund hat geantwortet: { $why }
secrets-not-found = Für { $user_id } ist keine Anmeldung gespeichert: melden Sie sich an mit: presently login { $user_id }
secrets-too-open = { $path } ist für andere lesbar: führen Sie chmod 600 { $path } aus
secrets-broken = Was { $place } gespeichert ist, ist nicht lesbar: melden Sie sich neu an
stored-in-file = in { $path }
stored-in-keyring = im Schlüsselbund
stored-in-session = in der neuen Sitzung
stored-in-new-store = am neuen Speicherort
secrets-unusable = { $path }: { $why }

## Für `presently doctor`: wo Anmeldungen gespeichert sind

secrets-in-file = die Datei { $path } (Modus 600), Anmeldungen: { $count }
secrets-in-keyring = der Schlüsselbund „{ $name }“, entsperrt
secrets-in-new-keyring = der Schlüsselbund ist leer: ein erster wird angelegt

## Was jemand zeigt

look-unknown-user = { $host } kennt keinen Benutzer { $user_id }: prüfen Sie die Benutzer-ID
look-expired = Die Anmeldung ist abgelaufen: versuchen Sie es in einer Minute noch einmal, oder melden Sie sich neu an
look-presence-off = Auf { $host } ist die Anwesenheitsanzeige ausgeschaltet
look-presence-unknown = { $user_id } zeigt „{ $presence }“, was Presently nicht kennt
look-no-shared-room = { $host } zeigt die Anwesenheit nur denen, die einen Raum teilen: { $me } teilt keinen mit { $user_id }
look-no-presence = { $host } kennt keine Anwesenheit von { $user_id }
look-no-profile = { $host } zeigt das Profil von { $user_id } nicht
look-server-unreachable = { $host } erreicht { $server } nicht
