/*
 * background.js -- the menu, and what a choice of it does: mail the messages
 * to the report address, then put them where they belong
 */
/* global messenger, report */
"use strict";

function say(name, ...words) {
	return messenger.i18n.getMessage(name, words);
}

function notice(text) {
	return messenger.notifications.create({ type: "basic",
		iconUrl: "icon.svg", title: say("name"), message: text });
}

async function settings() {
	let managed = {};

	try {
		managed = await messenger.storage.managed.get();
	} catch (error) {
		/* No policy is set. */
	}
	return report.settingsOf(managed, await messenger.storage.local.get());
}

/* ---- the menu ---- */

/* Only what has an address can be chosen. */
async function drawMenu() {
	const set = await settings();

	await messenger.menus.removeAll();
	for (const kind of Object.keys(report.kinds))
		if (report.addressFor(kind, set, "x@x.example"))
			messenger.menus.create({ id: kind, title: say(kind),
				contexts: ["message_list",
					"message_display_action_menu"] });
	messenger.menus.create({ id: "options", title: say("options"),
		contexts: ["message_display_action_menu"] });
}

/* One at a time: two would make each item twice. */
let drawn = Promise.resolve();

function draw() {
	drawn = drawn.then(drawMenu);
	return drawn;
}

/* ---- a report ---- */

/* Lists of messages come in pages. */
async function allOf(list) {
	const all = [];

	while (list) {
		all.push(...list.messages);
		list = list.id ?
		    await messenger.messages.continueList(list.id) : null;
	}
	return all;
}

/* By account, since each has its own sender and its own folders. */
function byAccount(messages) {
	const accounts = new Map();

	for (const message of messages) {
		const id = message.folder ? message.folder.accountId : "";

		accounts.set(id, [...accounts.get(id) || [], message]);
	}
	return accounts;
}

async function identityOf(accountId) {
	const account = accountId ? null :
	    await messenger.accounts.getDefault();
	const id = accountId || (account && account.id);

	return id ? messenger.identities.getDefault(id) : null;
}

async function fileOf(message) {
	const raw = await messenger.messages.getRaw(message.id,
	    { data_format: "File" });

	return new File([raw], report.fileName(message.subject),
	    { type: "message/rfc822" });
}

/* One mail with FILES. */
async function send(kind, address, files, subjects, identity) {
	const details = { to: [address], isPlainText: true,
		subject: report.subjectFor(kind, subjects),
		plainTextBody: say("body"), attachVCard: false,
		attachments: files.map((file) => ({ file })),
		/* Reports are no part of what the user wrote. */
		overrideDefaultFccFolderId: "" };

	if (identity)
		details.identityId = identity.id;
	const tab = await messenger.compose.beginNew(undefined, details);
	await messenger.compose.sendMessage(tab.id, { mode: "default" });
}

/* Where no folder is for that, they stay. */
async function move(kind, messages, accountId) {
	const ways = new Map();

	for (const message of messages) {
		const to = message.external ? "" :
		    report.wayOf(kind, message.folder);

		if (to)
			ways.set(to, [...ways.get(to) || [], message.id]);
	}
	if (ways.size === 0)
		return;
	const account = await messenger.accounts.get(accountId, true);
	for (const [to, ids] of ways) {
		const folder = report.findFolder(account.rootFolder, to);

		if (folder)
			await messenger.messages.move(ids, folder.id);
		else
			await notice(say("noFolder"));
	}
}

/* The messages of one account.  They are moved once they are sent, never
 * before. */
async function reportSome(kind, messages, accountId, set) {
	const identity = await identityOf(accountId);
	const address = report.addressFor(kind, set,
	    identity ? identity.email : "");
	const whole = messages.filter((message) => !message.headersOnly);
	const files = [];

	if (!address)
		throw new Error(say("noAddress"));
	if (whole.length < messages.length)
		await notice(say("notWhole"));
	for (const message of whole) {
		const file = await fileOf(message);

		files.push({ file, message, size: file.size });
	}
	for (const batch of report.batches(files)) {
		const some = batch.map((one) => one.message);

		await send(kind, address, batch.map((one) => one.file),
		    some.map((message) => message.subject), identity);
		if (set.move)
			await move(kind, some, accountId);
	}
}

async function act(kind, messages) {
	/* Each call keeps this page from being unloaded in the middle. */
	const alive = setInterval(() => messenger.runtime.getPlatformInfo(),
	    10000);

	try {
		const set = await settings();

		for (const [accountId, some] of byAccount(messages))
			await reportSome(kind, some, accountId, set);
	} catch (error) {
		await notice(say("failed", error.message));
	} finally {
		clearInterval(alive);
	}
}

async function clicked(info, tab) {
	if (info.menuItemId === "options") {
		await messenger.runtime.openOptionsPage();
	} else if (Object.hasOwn(report.kinds, info.menuItemId)) {
		const list = info.selectedMessages ||
		    await messenger.messageDisplay.getDisplayedMessages(tab.id);

		await act(info.menuItemId, await allOf(list));
	}
}

messenger.menus.onClicked.addListener(clicked);
messenger.storage.onChanged.addListener(draw);
/* So that it is started with Thunderbird, and the menu is there. */
messenger.runtime.onStartup.addListener(() => {});
messenger.runtime.onInstalled.addListener(async (details) => {
	const set = await settings();

	if (details.reason === "install" &&
	    !Object.keys(report.kinds).some((kind) =>
	    report.addressFor(kind, set, "x@x.example")))
		await messenger.runtime.openOptionsPage();
});
draw();
