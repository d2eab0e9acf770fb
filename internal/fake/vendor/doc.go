// Package vendor is an honest stand-in for vendors: the DeepConverse / AgentX Support Export
// API ([Server]), the Avaamo platform ([Avaamo]), and any other whose export lists
// conversations ([Rest], by a [Layout]). It enforces what they document, and nothing here
// makes it fail. What they leave open it decides in the likeliest way, unless [Choices],
// [AvaamoChoices] or [RestChoices] say another. Package chaos adds what can go wrong, for
// tests.
// It imports none of the project's packages, so that a misreading in them cannot
// hide behind the same misreading here.
//
// # What it enforces
//
//   - Two paths, below the server's root: [ConversationsPath] and [MessagesPath];
//     anything else is 404, anything but GET is 405.
//   - At most [Options].Rate calls per [Options].Per and endpoint (3 per second), over
//     all keys; every call counts, also one that is then refused for its key or its
//     parameters. A call beyond it is answered 429, does not itself count, and is a
//     violation.
//   - A valid x-api-key, named in Options.Keys or Options.KeyBots or given later with
//     [Server.AddKey]; otherwise 403 {"message":"Forbidden"}. There is no key by default.
//   - 400 for start_time or end_time missing or not an integer, bot_name missing,
//     start > end, per_page not an integer from 1 up, a parameter given twice, a query
//     that does not decode.
//   - Cursors are stateless and opaque, hold `+`, `/` and `=`, and belong to the
//     endpoint, all other parameters and the key: with any other, 400. `cursor=` with
//     nothing in it reads from the first page again, and is a violation.
//   - Records go out byte for byte as they were loaded.
//
// # What Avaamo enforces
//
//   - Analytics, insights and storages with a user's token, /v1 with the agent's; either is
//     refused for the other's endpoints. A token in an address is a violation.
//   - At most 50 calls in any minute, over all endpoints together.
//   - Pages by number of a list that lives: newest first, cut anew for every call, so that
//     what comes and goes between two pages moves all others. A page past the end is empty.
//   - A window in each endpoint's own names and unit; without a lower bound the last three
//     days, of /v1 the latest five messages. The removed names from_date, to_date are ignored.
//   - Masking and clearing, which destroy data, are violations, and destroy nothing here.
//
// Its open points are [AvaamoChoices]; [Avaamo.Insert], [Avaamo.Delete] and [Avaamo.Mask]
// change the data.
//
// # What the vendors of layouts enforce
//
//   - Each layout ([Ada], [Cognigy], …) says how its vendor is called and how it answers:
//     the kind of key, the limit per endpoint or host, names and units of a window, the
//     largest page, the kind of next page. [Shop] does not exist, and pages in any way.
//   - A key in an address is a violation, where the vendor does not want it there; so is a
//     parameter that the vendor does not know, and a cursor with other parameters.
//   - Access tokens are given for a client's secret in a form, and end; see
//     [Rest.ExpireTokens].
//   - Pages by number are cut anew for every call from a list that lives.
//
// [Layout.RestSample] is the sample in the vendor's own shape; [Rest.Put] and [Rest.Delete]
// change the data.
//
// What is refused as breaking the rules of use, as opposed to merely failing, is listed
// by [Server.Violations].
//
// # How records are placed in time
//
// startTime, lastActionAt and time are read as seconds (number or numeric string; from
// 1e11 on milliseconds, from 1e14 on microseconds) or as ISO 8601, without a zone in UTC.
// A conversation with only one readable time has it for both; a record with none is in
// every window and sorts before all others. conversation_id selects messages by their
// conversationId and is ignored by the conversations endpoint. Paging goes on after
// the last record served, not at a number of records, so a change during the scan
// cannot shift the pages; a record that itself moves may still be served twice or never.
//
// # The switches
//
// [Choices] are the points the documentation leaves open. [Server.Append], [Server.Replace],
// [Server.Touch] and [Server.Delete] change the data during a scan, best from
// [Options].OnCall. [Server.Calls] tells afterwards what was asked. [Options].Hook may
// change each answer before it is sent.
//
// # Data
//
// [Sample] is embedded: made-up dialogues in 11 languages with every anomaly of the records,
// and one person to ask for, [SampleEmail]. [Load] reads a folder of NDJSON, [NewData] takes
// records, [Synthetic] makes up any number without holding them, and [LongConversation]
// makes a single one of any length. [Data.MessagesOf] and [Server.Data] say what a complete answer holds.
package vendor

//go:generate go run ../../../tools/gensample -out sample
