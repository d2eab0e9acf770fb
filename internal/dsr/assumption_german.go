package dsr

// AssumptionWordsGerman are the sentences in German, by code.
var AssumptionWordsGerman = map[string]string{
	AssumesUniqueIDs:    "die IDs von Unterhaltungen sind innerhalb der Quelle eindeutig: jede Unterhaltung, nach der gefragt wurde, wurde gefunden; deshalb wurde kein anderer Zeitraum durchsucht",
	AssumesNoneBefore:   "vor %1 wurde nichts aufgezeichnet",
	AssumesWholeUpTo:    "der Export des Anbieters ist vollständig bis %1",
	AssumesStillListed:  "der Export des Anbieters ist vollständig bis %1, und Unterhaltungen, die danach weitergingen, waren noch unter ihrer früheren Aktivität aufgelistet",
	AssumesMargin:       "keine Unterhaltung dauert länger als %1 Stunden; die längste, die gelesen wurde, dauerte %2 Stunden",
	AssumesHorizon:      "der Anbieter bewahrt Unterhaltungen %1 Tage auf: Älteres ist gelöscht und wurde nicht durchsucht",
	AssumesByNumber:     "der Anbieter nummeriert die Seiten seiner Liste und nennt nicht, wie viele Datensätze sie hat: angenommen wurde, dass während des Lesens keiner gelöscht wurde, denn eine Löschung verschiebt spätere Datensätze auf Seiten, die schon gelesen sind",
	AssumesLostPaths:    "kein gelesener Datensatz hat, was die Deklaration der Quelle hier nennt: %1; entweder hat keiner eine solche Angabe, oder der Anbieter hat die Form seiner Datensätze geändert",
	AssumesNoMessages:   "keine der gefundenen Unterhaltungen (%1) hat eine Nachricht: der Anbieter wurde nach den Nachrichten jeder einzelnen gefragt und gab keine heraus; entweder gibt es keine, oder die Deklaration der Quelle fragt auf eine Weise nach ihnen, die der Anbieter nicht versteht",
	AssumesOpenEnd:      "der Zeitraum hat kein Ende oder eines in der Zukunft: durchsucht wurde bis zum Stand der Auskunft",
	AssumesLookedAt:     "gesucht wurde nur in den IDs und Metadaten von Unterhaltungen: eine Unterhaltung, die die Person an anderer Stelle nennt, in einem anderen Feld oder in ihren Nachrichten, wird nicht gefunden",
	AssumesUnreadActive: "%1 Zeitangaben in Datensätzen waren nicht lesbar; eine Unterhaltung mit einer solchen Zeitangabe gilt als aktiv bis zum Stand der Auskunft",
	AssumesUnreadSaid:   "%1 Zeitangaben in Datensätzen waren nicht lesbar; ein Eintrag mit einer solchen Zeitangabe wird dem Zeitraum zugerechnet",
	AssumesUtterances:   "der Anbieter listet jede Äußerung mit ihrer Zeit auf (Unix-Zeit in %1); geprüft wurde, dass jede im angefragten Zeitraum liegt und dass es so viele sind, wie der Anbieter zählt",
	AssumesOneSide:      "exportiert wird nur, was Nutzer gesagt haben: die Antworten des Chatbots und der Mitarbeiter fehlen, und es ist nicht angegeben, zu welcher Unterhaltung ein Eintrag gehört",
	AssumesWeak:         "schwache Treffer: %1 Datensätze passten nur wegen eines Vornamens, den viele tragen; dass sie die Person betreffen, ist nicht belegt",
	AssumesWholeFolder:  "die exportierten Dateien sind vollständig: sie enthalten jede Unterhaltung und Nachricht bis zu ihrem neuesten Datensatz, und keine wurde zwischen zwei Datensätzen abgeschnitten; Späteres enthalten sie nicht",
	AssumesFolderTo:     "die exportierten Dateien sind vollständig: sie enthalten jede Unterhaltung und Nachricht bis zu ihrem neuesten Datensatz (%1), und keine wurde zwischen zwei Datensätzen abgeschnitten; Späteres enthalten sie nicht",
	AssumesExported:     "die Dateien wurden exportiert: %1",
	AssumesLeftAlone:    "diese Dateien enthalten keine Datensätze und blieben unbeachtet: %1",
	AssumesMoreAlone:    "diese Dateien enthalten keine Datensätze und blieben unbeachtet: %1 und %2 weitere",
}
