package handling

var german = &words{
	Lang: "de", Title: "Bearbeitungsnachweis", Lead: "Wie diese Anfrage nach personenbezogenen Daten bearbeitet wurde: jeder Schritt mit seinem Zeitpunkt, jede Frist mit ihrem Grund.",
	Facts: "Die Anfrage", Reference: "Aktenzeichen", ID: "Anfrage", Received: "Eingegangen", Regime: "Recht", Channel: "Eingang per", Checked: "Identität geprüft", State: "Suche und Archiv",
	Search: "Suche", Complete: "vollständig", Incomplete: "unvollständig", Found: "Gefunden", Conversations: "Unterhaltungen", Messages: "Nachrichten", Answer: "Antwort", Open: "noch nicht beantwortet", ToldOn: "mitgeteilt am",
	Rested: "Die Frist ruhte", Until: "bis", Extended: "Mitgeteilter Grund der Verlängerung", DeadlinesHeading: "Fristen", DeadlinesLead: "Es gilt die letzte.", From: "Seit", Due: "Frist", Because: "Grund",
	EventsHeading: "Was getan wurde", EventsLead: "Aus dem Prüfprotokoll, das Älteste zuerst.", When: "Wann", Who: "Wer", What: "Was", Details: "Einzelheiten", Somebody: "jemand, der nicht mehr bekannt ist", ZoneNote: "Tage und Uhrzeiten sind die der Zeitzone",

	form:    "%d. %s %d",
	months:  [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
	because: germanBecause,
	kinds: map[string]string{ //nolint:gosec // words about secrets, and none of them
		"request.submitted": "hat die Anfrage erfasst", "request.planned": "hat festgelegt, was durchsucht wird", "request.viewed": "hat die Anfrage angesehen", "request.ready": "hat die Suche beendet; das Archiv ist bereit",
		"request.in_review": "hat die Suche beendet; ein Mensch muss entscheiden", "request.failed": "konnte nicht fertig werden", "request.cancelled": "hat die Suche abgebrochen", "request.retried": "hat Fehlendes noch einmal suchen lassen",
		"request.revised": "hat geändert, wonach gesucht wird", "request.amended": "hat Angaben zur Anfrage geändert", "request.approved": "hat das Ergebnis freigegeben", "request.rejected": "hat das Ergebnis abgelehnt",
		"request.extended": "hat die Frist verlängert", "request.answered": "hat die Antwort festgehalten", "request.paused": "hat die Frist ruhen lassen", "request.resumed": "hat die Frist weiterlaufen lassen", "request.reopened": "hat die Antwort zurückgenommen",
		"request.expired": "hat das Archiv nach Ablauf gelöscht", "request.purged": "hat die Anfrage gelöscht", "request.held": "hat die Löschung ausgesetzt", "request.released": "hat die Löschung wieder zugelassen",
		"request.repackaging_asked": "hat das Archiv neu angefordert", "request.repackaged": "hat das Archiv neu erstellt", "request.repackaging_failed": "konnte das Archiv nicht neu erstellen", "request.noted": "hat den Stand der Anfrage festgehalten",
		"archive.downloaded": "hat begonnen, das Archiv herunterzuladen", "archive.download_finished": "hat das Herunterladen beendet", "erasure_list.read": "hat die Löschliste gelesen", "link.created": "hat einen Link zum Herunterladen erstellt", "link.used": "hat einen Link zum Herunterladen benutzt", "link.ended": "hat einen Link zum Herunterladen beendet",
		"note.added": "hat eine Notiz hinzugefügt", "request.withheld": "hat etwas Gefundenes zurückgehalten", "request.disclosed": "hält etwas nicht mehr zurück", "conversations.listed": "hat die Unterhaltungen aufgelistet", "conversation.read": "hat eine Unterhaltung gelesen", "call.refused": "wurde abgewiesen",
		"audit.read": "hat das Protokoll gelesen", "checkpoint.taken": "hat einen Prüfpunkt des Protokolls mitgenommen", "requests.searched": "hat nach Anfragen zu einem Wert gesucht", "report.read": "hat den Bericht über alle Anfragen gelesen", "audit.rows_noted": "hat festgehalten, was es vor dem Protokoll gab",
		"user.noted": "hat den Stand eines Kontos festgehalten", "token.noted": "hat den Stand eines Tokens festgehalten", "user.created": "hat ein Konto angelegt", "user.password_changed": "hat ein Passwort geändert",
		"user.disabled": "hat ein Konto gesperrt", "user.signed_in": "hat sich angemeldet", "user.sign_in_refused": "wurde bei der Anmeldung abgewiesen", "user.sign_in_throttled": "durfte sich nach zu vielen Versuchen nicht anmelden",
		"user.signed_out": "hat sich abgemeldet", "token.created": "hat ein Token angelegt", "token.replaced": "hat das Geheimnis eines Tokens ersetzt", "token.rotated": "hat einem Token ein neues Geheimnis gegeben", "token.revoked": "hat ein Token widerrufen",
		"token.refused": "hat ein ungültiges Token oder einen ungültigen Link benutzt", "call.throttled": "hat mehr Aufrufe gemacht als erlaubt", "key.rotated": "hat den Hauptschlüssel ersetzt", "key.signing_replaced": "hat den Signaturschlüssel ersetzt",
		"job.revived":  "hat eine aufgegebene Aufgabe noch einmal versuchen lassen",
		"user.enabled": "hat ein Konto wieder freigegeben", "user.reset": "hat ein Passwort neu wählen lassen", "user.role_changed": "hat eine Rolle geändert", "invitation.created": "hat jemanden eingeladen",
		"factor.set": "hat einen zweiten Faktor eingerichtet", "factor.removed": "hat einen zweiten Faktor entfernt", "user.recovery_codes_made": "hat Wiederherstellungscodes erstellt",
	},
	names: map[string]string{
		"status": "Stand", "reason": "Anlass", "changed": "Geändert", "fields": "Felder", "told_on": "Mitgeteilt am", "asked_on": "Gefragt am", "answered_on": "Beantwortet am", "due_before": "Frist vorher", "due_after": "Frist nachher",
		"extended_by": "Verlängert um", "regime_before": "Recht vorher", "regime_after": "Recht nachher", "archive": "Archiv (SHA-256)", "complete": "Vollständig", "conversations": "Zahl der Unterhaltungen", "messages": "Zahl der Nachrichten",
		"note": "Notiz", "conversation": "Unterhaltung (Prüfsumme)", "link": "Verweis", "receipt": "Quittung (SHA-256)", "same": "Dieselben Bytes", "bytes": "Zahl der Bytes", "resumed": "Fortgesetzt", "outcome": "Ausgang",
	},
	values: map[string]string{
		"queued": "wartet", "running": "wird durchsucht", "review": "in Prüfung", "ready": "bereit", "rejected": "abgelehnt", "expired": "Archiv abgelaufen", "cancelled": "abgebrochen", "failed": "gescheitert", "purged": "gelöscht",
		"given": "alle Daten gegeben", "partly": "zum Teil gegeben", "refused": "verweigert", "not_held": "nichts vorhanden", "withdrawn": "zurückgezogen", "duplicate": "unter einer anderen Anfrage beantwortet",
		"identity": "Zweifel, wer fragt", "clarification": "unklar, wonach gefragt wird", "fee": "eine Gebühr war nicht bezahlt", "true": "ja", "false": "nein",
		"requester": "Sachbearbeitung", "approver": "Freigabe", "auditor": "Revision", "admin": "Verwaltung", "system": "das Programm",
		"mail": "E-Mail", "phone": "Telefon", "form": "Webformular", "post": "Brief", "in_person": "persönlich", "other": "auf anderem Weg",
		"gdpr": "DSGVO", "uk": "britische DSGVO", "ccpa": "CCPA (Kalifornien)", "lgpd": "LGPD (Brasilien)", "ch": "Schweizer Datenschutzgesetz",
	},
}
