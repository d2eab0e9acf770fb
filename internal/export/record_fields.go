package export

import "dsr-server/internal/dsr"

// recordField is what is known of a field of a vendor's records: from the vendor's
// documentation, and from the records themselves where it says nothing.
type recordField struct {
	name   string
	en, de string
	fields []recordField // of an object
	items  []recordField // of the objects of a list
}

// described are the records of a type of source, by kind.
type described map[dsr.RecordKind][]recordField

// describedRecords are by type of source; a dump holds the records of converse.
var describedRecords = map[string]described{"converse": ofConverse, "dump": ofConverse, "avaamo": ofAvaamo}

var ofConverse = described{
	dsr.Conversation: {
		{name: "_id", en: "The conversation's id.", de: "Die ID der Unterhaltung."},
		{name: "startTime", en: "When the conversation began: seconds since 1970-01-01 in UTC.", de: "Beginn der Unterhaltung: Sekunden seit dem 1.1.1970 in UTC."},
		{name: "lastActionAt", en: "When the conversation was changed last; without a zone it is taken for UTC.", de: "Letzte Änderung der Unterhaltung; ohne Zeitzone gilt sie als UTC."},
		{name: "locale", en: "The language and country that the chatbot spoke for.", de: "Sprache und Land, für die der Chatbot sprach."},
		{name: "tags", en: "What the chatbot's operator or its rules noted about how the conversation went, as in resolved, informed, liveChat.", de: "Was der Betreiber des Chatbots oder dessen Regeln über den Verlauf vermerkt haben, etwa resolved, informed, liveChat."},
		{name: "userMessageCount", en: "How many messages the user sent, as the vendor counts them.", de: "Wie viele Nachrichten vom Nutzer kamen, wie der Anbieter sie zählt."},
		{name: "metadata", en: "What the chatbot, the page and the browser recorded beside the messages. Which fields there are differs from chatbot to chatbot; these are known.",
			de: "Was Chatbot, Seite und Browser neben den Nachrichten festgehalten haben. Welche Felder es gibt, unterscheidet sich je Chatbot; diese sind bekannt.", fields: converseMetadata},
	},
	dsr.Message: {
		{name: "_id", en: "The message's id.", de: "Die ID der Nachricht."},
		{name: "conversationId", en: "The id of the conversation that the message is part of.", de: "Die ID der Unterhaltung, zu der die Nachricht gehört."},
		{name: "time", en: "When it was sent: seconds since 1970-01-01 in UTC.", de: "Zeitpunkt des Sendens: Sekunden seit dem 1.1.1970 in UTC."},
		{name: "type", en: "What kind of message it is: UserInput is the user's, Question and BotMessage are the chatbot's; there may be others.", de: "Art der Nachricht: UserInput ist vom Nutzer, Question und BotMessage sind vom Chatbot; es kann weitere geben."},
		{name: "userInput", en: "What the user wrote, chose or filled in.", de: "Was der Nutzer geschrieben, gewählt oder ausgefüllt hat."},
		{name: "userActionType", en: "How the user did that: by text, a quick reply or a form.", de: "Auf welche Weise: als Text, Schnellantwort oder Formular."},
		{name: "outMsg", en: "What the user was shown.", de: "Was dem Nutzer gezeigt wurde.", fields: []recordField{
			{name: "steps", en: "The texts, in order.", de: "Die Texte, der Reihe nach.", items: []recordField{{name: "text", en: "One text.", de: "Ein Text."}}},
			{name: "options", en: "The answers that were offered.", de: "Die angebotenen Antworten.", items: []recordField{{name: "txt", en: "One answer.", de: "Eine Antwort."}}},
		}},
	},
}

var converseMetadata = []recordField{
	{name: "__sys_userIp", en: "The address (IP) that the user came from.", de: "Die Adresse (IP), von der der Nutzer kam."},
	{name: "__sys_userAgent", en: "The browser or app, as it names itself.", de: "Der Browser oder die App, wie sie sich selbst nennen."},
	{name: "__sys_userAgentParsed", en: "The same, taken apart.", de: "Dasselbe, in Teile zerlegt."},
	{name: "__sys_userCountry", en: "The country that the vendor took the user to be in.", de: "Das Land, in dem der Anbieter den Nutzer vermutete."},
	{name: "__sys_conversationId", en: "The conversation's id.", de: "Die ID der Unterhaltung."},
	{name: "__sys_userAction", en: "What the user did last: wrote a text, or chose a quick reply.", de: "Was der Nutzer zuletzt tat: einen Text schreiben oder eine Schnellantwort wählen."},
	{name: "__sys_channel", en: "By which channel the conversation was held.", de: "Über welchen Kanal die Unterhaltung lief."},
	{name: "__sys_activeIntent", en: "What the chatbot took the user to want.", de: "Was der Nutzer nach Annahme des Chatbots wollte."},
	{name: "browser_path", en: "The path of the page on which the chatbot stood.", de: "Der Pfad der Seite, auf der der Chatbot stand."},
	{name: "browser_hostname", en: "The name of the web site on which the chatbot stood.", de: "Der Name der Website, auf der der Chatbot stand."},
	{name: "browser_referrer", en: "The page from which the user came.", de: "Die Seite, von der der Nutzer kam."},
	{name: "browser_isMobile", en: "Whether the browser said that it is a mobile one.", de: "Ob der Browser sich als mobil zu erkennen gab."},
	{name: "browser_visitorType", en: "Whether the browser had been there before.", de: "Ob der Browser schon einmal da war."},
	{name: "browser_screenResolution", en: "The size of the screen.", de: "Die Größe des Bildschirms."},
	{name: "browser_localTime", en: "The time by the user's clock: milliseconds since 1970-01-01 in UTC.", de: "Die Uhrzeit beim Nutzer: Millisekunden seit dem 1.1.1970 in UTC."},
	{name: "browser_userMeta", en: "What the web site told the chatbot about its user.", de: "Was die Website dem Chatbot über den Nutzer mitteilte."},
	{name: "browser_userHash", en: "A check value with which the web site vouches for that.", de: "Ein Prüfwert, mit dem die Website dafür einsteht."},
	{name: "question", en: "A text of the user's.", de: "Ein Text des Nutzers."},
	{name: "transcript", en: "A copy of what was said.", de: "Eine Kopie des Gesagten."},
	{name: "actionOutput", en: "What another program answered that the chatbot had asked.", de: "Was ein anderes Programm antwortete, das der Chatbot gefragt hatte."},
}

var avaamoUser = []recordField{
	{name: "layer_id", en: "The vendor's id of the user; one person may have several.", de: "Die ID des Nutzers beim Anbieter; eine Person kann mehrere haben."},
	{name: "avaamo_id", en: "Another id of the user at the vendor.", de: "Eine weitere ID des Nutzers beim Anbieter."},
	{name: "first_name", en: "The user's first name; \"You\" where none was collected.", de: "Der Vorname des Nutzers; „You“, wo keiner erhoben wurde."},
	{name: "last_name", en: "The user's last name.", de: "Der Nachname des Nutzers."},
	{name: "email", en: "The user's e-mail address.", de: "Die E-Mail-Adresse des Nutzers."},
	{name: "phone", en: "The user's telephone number.", de: "Die Telefonnummer des Nutzers."},
}

// ofAvaamo: of what was said the analytics and the conversations have a record each, with
// fields of their own; what has derived was made here, to hold messages together.
var ofAvaamo = described{
	dsr.Conversation: {
		{name: "derived", en: "The vendor did not send this record: it was made to hold messages together.", de: "Diesen Datensatz hat der Anbieter nicht geschickt: Er wurde angelegt, um Nachrichten zusammenzuhalten."},
		{name: "_id", en: "The id of such a group.", de: "Die ID einer solchen Gruppe."},
		{name: "uuid", en: "The conversation's id.", de: "Die ID der Unterhaltung."},
		{name: "conversation", en: "The conversation that the group stands for; \"unknown\" where the vendor does not say.", de: "Die Unterhaltung, für die die Gruppe steht; „unknown“, wo der Anbieter es nicht sagt."},
		{name: "user", en: "Who asked.", de: "Wer gefragt hat.", fields: avaamoUser},
		{name: "created_at", en: "When the conversation began: seconds since 1970-01-01 in UTC.", de: "Beginn der Unterhaltung: Sekunden seit dem 1.1.1970 in UTC."},
		{name: "receivers", en: "Who took part.", de: "Wer teilnahm.", items: append(avaamoUser, recordField{name: "custom_properties", en: "What the chatbot's operator keeps about the user.", de: "Was der Betreiber des Chatbots über den Nutzer speichert."})},
		{name: "last_message", en: "The last message of the conversation.", de: "Die letzte Nachricht der Unterhaltung."},
	},
	dsr.Message: {
		{name: "message_uuid", en: "The id of what the user said, in the analytics.", de: "Die ID des vom Nutzer Gesagten in der Auswertung."},
		{name: "uuid", en: "The message's id, in its conversation.", de: "Die ID der Nachricht in ihrer Unterhaltung."},
		{name: "conversation", en: "The conversation that the message is part of.", de: "Die Unterhaltung, zu der die Nachricht gehört.", fields: []recordField{{name: "uuid", en: "Its id.", de: "Ihre ID."}}},
		{name: "content", en: "What was said.", de: "Was gesagt wurde."},
		{name: "content_type", en: "What kind of content that is.", de: "Welche Art von Inhalt das ist."},
		{name: "created_at", en: "When it was said: seconds since 1970-01-01 in UTC.", de: "Wann es gesagt wurde: Sekunden seit dem 1.1.1970 in UTC."},
		{name: "timetoken", en: "The same moment as the vendor numbers it, in microseconds.", de: "Derselbe Zeitpunkt, wie der Anbieter ihn zählt, in Mikrosekunden."},
		{name: "user", en: "Who said it.", de: "Wer es gesagt hat.", fields: avaamoUser},
		{name: "channel_name", en: "By which channel it was said.", de: "Über welchen Kanal es gesagt wurde."},
		{name: "intent_type", en: "How the chatbot recognised what the user wants.", de: "Wie der Chatbot erkannt hat, was der Nutzer will."},
		{name: "intent_name", en: "What the chatbot took the user to want.", de: "Was der Nutzer nach Annahme des Chatbots wollte."},
		{name: "score", en: "How sure the chatbot was of that, from 0 to 1.", de: "Wie sicher sich der Chatbot dabei war, von 0 bis 1."},
		{name: "request_message_uuid", en: "The id of the message that this one answers.", de: "Die ID der Nachricht, auf die diese antwortet."},
		{name: "agent_message_uuid", en: "The message's id with the person who took over from the chatbot.", de: "Die ID der Nachricht bei der Person, die vom Chatbot übernommen hat."},
		{name: "sequence", en: "Which part of an answer it is, of how many.", de: "Der wievielte Teil einer Antwort es ist, von wie vielen."},
		{name: "attachments", en: "Files that were sent along.", de: "Mitgeschickte Dateien."},
		{name: "custom_properties", en: "What the chatbot's operator keeps about the user.", de: "Was der Betreiber des Chatbots über den Nutzer speichert."},
		{name: "read_acks", en: "By whom it was read, and when.", de: "Von wem und wann es gelesen wurde."},
	},
}
