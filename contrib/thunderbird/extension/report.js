/*
 * report.js -- what a report says, where it goes and where its message goes
 *
 * Only reckons: nothing here asks Thunderbird, so that Node can test it.
 */
"use strict";

const report = (() => {
	/* Messages of one mail, and their octets: as an attachment they grow
	 * by a third, and many servers take 10 MB a mail.  A single larger
	 * one is sent all the same. */
	const MOST_MESSAGES = 20;
	const MOST_OCTETS = 7000000;

	/* To add a report: a row, a setting in options.html, a title in
	 * _locales.  "to" is where its message goes. */
	const kinds = {
		phish: { prefix: "3|", to: "trash" },
		junk: { prefix: "1|", to: "junk" },
		notJunk: { prefix: "2|", to: "inbox" },
		block: { prefix: "", to: "junk" },
	};

	/* The settings, by their defaults. */
	const defaults = {
		address: "", phish: "", junk: "", notJunk: "", block: "",
		move: true,
	};

	/* What the organisation sets stands over what the user sets. */
	function settingsOf(managed, local) {
		const all = { ...defaults };

		for (const from of [local, managed])
			for (const name of Object.keys(defaults))
				if (typeof (from || {})[name] ===
				    typeof defaults[name])
					all[name] = from[name];
		return all;
	}

	/* The address for reports of KIND by EMAIL, or "".  The one for all
	 * cannot tell what is to be blocked. */
	function addressFor(kind, settings, email) {
		const given = settings[kind] ||
		    (kind === "block" ? "" : settings.address);
		const domain = (email || "").replace(/^.*@/, "");
		const address = given.trim().replace(/%d/g, domain);

		return /^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(address) ?
		    address : "";
	}

	function subjectFor(kind, subjects) {
		const text = subjects.length === 1 ? subjects[0] || "" :
		    `${subjects.length}`;

		return (kinds[kind].prefix + text).replace(/\p{Cc}+/gu, " ");
	}

	/* A name that every system takes; ".eml" makes it a message. */
	function fileName(subject) {
		const name = (subject || "")
		    .replace(/[\p{C}\\/:*?"<>|]+/gu, " ").replace(/^[. ]+/, "");

		return (Array.from(name).slice(0, 60).join("").trim() ||
		    "message") + ".eml";
	}

	/* Part FILES, which have a size, into those of one mail each. */
	function batches(files) {
		const all = [];
		let octets = 0;

		for (const file of files) {
			const last = all[all.length - 1];

			octets += file.size;
			if (last && last.length < MOST_MESSAGES &&
			    octets <= MOST_OCTETS) {
				last.push(file);
			} else {
				all.push([file]);
				octets = file.size;
			}
		}
		return all;
	}

	function isA(folder, use) {
		return ((folder || {}).specialUse || []).includes(use);
	}

	/* The first folder for USE in FOLDER or below, or null. */
	function findFolder(folder, use) {
		if (isA(folder, use))
			return folder;
		for (const below of (folder || {}).subFolders || []) {
			const found = findFolder(below, use);

			if (found)
				return found;
		}
		return null;
	}

	/* What the folder is for into which a message reported as KIND goes
	 * out of FOLDER; "" when it stays. */
	function wayOf(kind, folder) {
		const to = kinds[kind].to;

		if (!folder || isA(folder, to) ||
		    (kind === "notJunk" && !isA(folder, "junk")))
			return "";
		return to;
	}

	return { kinds, defaults, settingsOf, addressFor, subjectFor,
		fileName, batches, findFolder, wayOf };
})();

if (typeof module === "object")
	module.exports = report;
