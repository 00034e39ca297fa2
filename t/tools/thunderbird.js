/*
 * thunderbird.js -- run the parts of contrib/thunderbird in Node, with a
 * stand-in for Thunderbird; prints TAP
 *
 *	node t/tools/thunderbird.js contrib/thunderbird/extension
 */
"use strict";

const assert = require("assert");
const { File } = require("buffer");
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const folder = path.resolve(process.argv[2]);
const report = require(path.join(folder, "report.js"));
let count = 0;

async function test(name, code) {
	try {
		await code();
		console.log(`ok ${++count} - ${name}`);
	} catch (error) {
		console.log(`not ok ${++count} - ${name}`);
		console.log(`${error.stack || error}`.replace(/^/gm, "# "));
	}
}

/* ---- what only reckons ---- */

const one = { ...report.defaults, address: "report@example.org" };
const many = { ...report.defaults, phish: "phish@%d", junk: "junk@%d",
	notJunk: "ham@example.org", block: "block@%d" };

const addresses = [
	["one address takes phishing", "phish", one, "a@x.org",
		"report@example.org"],
	["one address takes junk", "junk", one, "a@x.org",
		"report@example.org"],
	["one address takes what is not junk", "notJunk", one, "a@x.org",
		"report@example.org"],
	["one address cannot block", "block", one, "a@x.org", ""],
	["%d is the user's domain", "phish", many, "a@b.example",
		"phish@b.example"],
	["a kind has its own", "notJunk", many, "a@b.example",
		"ham@example.org"],
	["blocking has its own", "block", many, "a@b.example",
		"block@b.example"],
	["without an identity %d is nothing", "phish", many, "", ""],
	["nothing set is no address", "junk", report.defaults, "a@x.org", ""],
	["two addresses are none", "junk",
		{ ...one, address: "a@x.org, b@x.org" }, "a@x.org", ""],
	["blanks around it do no harm", "junk",
		{ ...one, address: " a@x.org " }, "a@x.org", "a@x.org"],
];

const subjects = [
	["phishing begins with 3|", "phish", ["Pay now"], "3|Pay now"],
	["junk begins with 1|", "junk", ["Pay now"], "1|Pay now"],
	["not junk begins with 2|", "notJunk", ["Pay now"], "2|Pay now"],
	["a block has no sign", "block", ["Pay now"], "Pay now"],
	["several are counted", "junk", ["a", "b", "c"], "1|3"],
	["no subject", "junk", [""], "1|"],
	["line ends do not get through", "junk", ["a\r\nBcc: b@x.org"],
		"1|a Bcc: b@x.org"],
];

const names = [
	["a subject names the file", "Pay now", "Pay now.eml"],
	["no subject", "", "message.eml"],
	["a subject of signs alone", "///", "message.eml"],
	["no folder", "../../etc/passwd", "etc passwd.eml"],
	["no sign of Windows'", "a:b*c?\"d<e>|f", "a b c d e f.eml"],
	["nothing that hides", "a\u202egnp.exe\u0000", "a gnp.exe.eml"],
	["letters of all languages", "Gr\u00fc\u00dfe \u65e5\u672c",
		"Gr\u00fc\u00dfe \u65e5\u672c.eml"],
	["a long one is cut, at a whole character",
		"\u{1f600}".repeat(100), "\u{1f600}".repeat(60) + ".eml"],
];

const box = (use, id, subFolders) => ({ id, specialUse: [use].filter(Boolean),
	subFolders });
const ways = [
	["phishing goes to Trash", "phish", "inbox", "trash"],
	["... out of Junk, too", "phish", "junk", "trash"],
	["... and stays in Trash", "phish", "trash", ""],
	["junk goes to Junk", "junk", "inbox", "junk"],
	["... out of any folder", "junk", "", "junk"],
	["... and stays in Junk", "junk", "junk", ""],
	["what is not junk goes to the Inbox", "notJunk", "junk", "inbox"],
	["... out of Junk alone", "notJunk", "archives", ""],
	["a blocked one goes to Junk", "block", "inbox", "junk"],
];

async function reckon() {
	for (const [name, kind, set, email, want] of addresses)
		await test(name, () =>
		    assert.equal(report.addressFor(kind, set, email), want));
	for (const [name, kind, list, want] of subjects)
		await test(name, () =>
		    assert.equal(report.subjectFor(kind, list), want));
	for (const [name, subject, want] of names)
		await test(name, () =>
		    assert.equal(report.fileName(subject), want));
	for (const [name, kind, use, want] of ways)
		await test(name, () =>
		    assert.equal(report.wayOf(kind, box(use)), want));
	await test("a file that is opened has no folder and stays", () =>
	    assert.equal(report.wayOf("junk", undefined), ""));
	await test("a folder is found below others", () => {
		const root = box("", "root", [box("inbox", "in", []),
			box("", "x", [box("junk", "deep", [])])]);

		assert.equal(report.findFolder(root, "junk").id, "deep");
		assert.equal(report.findFolder(root, "trash"), null);
	});
	await test("twenty messages a mail", () => {
		const all = report.batches(Array.from({ length: 45 },
		    () => ({ size: 10 })));

		assert.deepEqual(all.map((some) => some.length), [20, 20, 5]);
	});
	await test("... fewer when large, and one larger than all", () =>
	    assert.deepEqual(report.batches([4e6, 2e6, 2e6, 9e6, 1].map(
		(size) => ({ size }))).map((some) => some.map((f) => f.size)),
		[[4e6, 2e6], [2e6], [9e6], [1]]));
	await test("the organisation's settings win, of the right type", () =>
	    assert.deepEqual(report.settingsOf({ junk: "j@x.org", move: "no" },
		{ junk: "mine@x.org", phish: "p@x.org", move: false, odd: 1 }),
		{ ...report.defaults, junk: "j@x.org", phish: "p@x.org",
		move: false }));
}

/* ---- the whole way, with a stand-in for Thunderbird ---- */

/* A Thunderbird with settings; what it was asked to do is in "done". */
function thunderbird({ managed, local = {}, fails = "", noJunk = false } = {}) {
	const done = [], listeners = {};
	const event = (name) => ({ addListener: (code) => {
		listeners[name] = code;
	} });
	const note = (name) => async (...words) => {
		done.push([name, ...words]);
		if (name === fails)
			throw new Error("no");
		return name === "compose.beginNew" ? { id: 77 } : undefined;
	};
	const root = box("", "root", [box("inbox", "INBOX", []),
		box("trash", "Trash", []),
		...noJunk ? [] : [box("junk", "Junk", [])]]);
	const pages = { more: { id: null, messages: [] } };
	const messenger = {
		accounts: { get: async () => ({ rootFolder: root }),
			getDefault: async () => ({ id: "account1" }) },
		compose: { beginNew: note("compose.beginNew"),
			sendMessage: note("compose.sendMessage") },
		i18n: { getMessage: (name, words) =>
			[name, ...words || []].join(" ") },
		identities: { getDefault: async (account) => ({
			id: `id-${account}`,
			email: `me@${account}.example` }) },
		menus: { removeAll: async () => done.splice(0),
			create: note("menus.create"),
			onClicked: event("clicked") },
		messageDisplay: { getDisplayedMessages: async () =>
			messenger.displayed },
		messages: {
			continueList: async (id) => pages[id],
			getRaw: async (id, how) => {
				assert.deepEqual({ ...how },
				    { data_format: "File" });
				return `message ${id}`;
			},
			move: note("messages.move"),
		},
		notifications: { create: note("notice") },
		runtime: { getPlatformInfo: async () => ({}),
			openOptionsPage: note("openOptionsPage"),
			onStartup: event("startup"),
			onInstalled: event("installed") },
		storage: { onChanged: event("changed"),
			local: { get: async () => local },
			managed: { get: async () => {
				if (!managed)
					throw new Error("no policy");
				return managed;
			} } },
	};
	const context = vm.createContext({ messenger, console, File,
		setInterval, clearInterval });

	for (const name of ["report.js", "background.js"])
		vm.runInContext(fs.readFileSync(path.join(folder, name),
		    "utf8"), context, { filename: name });
	return { messenger, done, listeners, pages };
}

const message = (id, use, more) => ({ id, subject: `Subject ${id}`,
	folder: { accountId: "account1", specialUse: [use] }, ...more });
const tick = () => new Promise((resolve) => setTimeout(resolve, 5));

/* Choose KIND for MESSAGES; what was done, since the menu was drawn. */
async function choose(kind, messages, how) {
	const it = thunderbird({ local: one, ...how });

	await tick();
	it.done.splice(0);
	await it.listeners.clicked({ menuItemId: kind,
		selectedMessages: { messages } }, { id: 1 });
	return it.done;
}

const plain = (value) => JSON.parse(JSON.stringify(value));

async function whole() {
	await test("one message: sent, then moved", async () => {
		const done = await choose("phish", [message(1, "inbox")]);
		const [begin, sent, moved] = done;

		assert.equal(done.length, 3);
		assert.equal(begin[0], "compose.beginNew");
		assert.deepEqual(plain(begin[2].to), ["report@example.org"]);
		assert.equal(begin[2].subject, "3|Subject 1");
		assert.equal(begin[2].identityId, "id-account1");
		assert.equal(begin[2].attachments.length, 1);
		const file = begin[2].attachments[0].file;
		assert.equal(file.type, "message/rfc822");
		assert.equal(file.name, "Subject 1.eml");
		assert.equal(await file.text(), "message 1");
		assert.deepEqual(plain(sent), ["compose.sendMessage", 77,
			{ mode: "default" }]);
		assert.deepEqual(plain(moved), ["messages.move", [1],
			"Trash"]);
	});
	await test("several: one mail, moved together", async () => {
		const done = await choose("junk", [message(1, "inbox"),
			message(2, "junk"), message(3, "archives")]);

		assert.equal(done[0][2].attachments.length, 3);
		assert.equal(done[0][2].subject, "1|3");
		assert.deepEqual(plain(done.slice(2)),
		    [["messages.move", [1, 3], "Junk"]]);
	});
	await test("not junk comes back to the Inbox", async () => {
		const done = await choose("notJunk", [message(1, "junk")]);

		assert.equal(done[0][2].subject, "2|Subject 1");
		assert.deepEqual(plain(done[2]), ["messages.move", [1],
			"INBOX"]);
	});
	await test("each account is a mail of its own sender", async () => {
		const other = message(2, "inbox", { folder: {
			accountId: "account2", specialUse: [] } });
		const done = await choose("junk", [message(1, "inbox"), other],
		    { local: many });

		assert.deepEqual(done.filter(([name]) =>
		    name === "compose.beginNew").map(([, , details]) =>
		    `${details.identityId} ${details.to[0]}`),
		    ["id-account1 junk@account1.example",
			"id-account2 junk@account2.example"]);
	});
	await test("what is not sent is not moved, and said", async () => {
		const done = await choose("junk", [message(1, "inbox")],
		    { fails: "compose.sendMessage" });

		assert.equal(done.length, 3);
		assert.equal(done[2][0], "notice");
		assert.equal(done[2][1].message, "failed no");
	});
	await test("moving can be switched off", async () =>
	    assert.equal((await choose("junk", [message(1, "inbox")],
		{ local: { ...one, move: false } })).length, 2));
	await test("without a folder for it, it stays, which is said",
	    async () => assert.equal((await choose("junk",
		[message(1, "inbox")], { noJunk: true }))[2][1].message,
		"noFolder"));
	await test("a message in a file is sent and stays", async () =>
	    assert.equal((await choose("junk", [{ id: 9, subject: "x",
		external: true }])).length, 2));
	await test("headers alone are no message", async () => {
		const done = await choose("junk", [message(1, "inbox",
			{ headersOnly: true })]);

		assert.deepEqual(done.map(([name, what]) =>
		    `${name} ${what.message}`), ["notice notWhole"]);
	});
	await test("a list that comes in pages is read to its end",
	    async () => {
		const it = thunderbird({ local: one });

		await tick();
		it.pages.more.messages.push(message(2, "inbox"));
		it.messenger.displayed = { id: "more",
			messages: [message(1, "inbox")] };
		it.done.splice(0);
		await it.listeners.clicked({ menuItemId: "junk" }, { id: 1 });
		assert.equal(it.done[0][2].attachments.length, 2);
	});
	await test("the menu has what has an address", async () => {
		for (const [local, want] of [
			[one, "phish junk notJunk options"],
			[many, "phish junk notJunk block options"],
			[{}, "options"]]) {
			const it = thunderbird({ local });

			await tick();
			await it.listeners.changed();
			assert.equal(it.done.map(([, item]) =>
			    item.id).join(" "), want);
		}
	});
	await test("a policy of the organisation is obeyed", async () => {
		const done = await choose("junk", [message(1, "inbox")],
		    { managed: { junk: "corp@example.org" } });

		assert.equal(done[0][2].to[0], "corp@example.org");
	});
	await test("newly installed, it asks for addresses; not with a policy",
	    async () => {
		for (const [how, want] of [[{}, 1], [{ managed: one }, 0]]) {
			const it = thunderbird(how);

			await tick();
			it.done.splice(0);
			await it.listeners.installed({ reason: "install" });
			assert.equal(it.done.filter(([name]) =>
			    name === "openOptionsPage").length, want);
		}
	});
}

reckon().then(whole).then(() => console.log(`1..${count}`));
