/*
 * options.js -- the settings, each kept as soon as it is changed; those of
 * the organisation are shown and cannot be
 */
/* global messenger, report */
"use strict";

async function show() {
	const local = await messenger.storage.local.get();
	let managed = {};

	try {
		managed = await messenger.storage.managed.get();
	} catch (error) {
		/* No policy is set. */
	}
	const set = report.settingsOf(managed, local);

	for (const element of document.querySelectorAll("[data-text]"))
		element.textContent =
		    messenger.i18n.getMessage(element.dataset.text);
	for (const input of document.querySelectorAll("input")) {
		const isBox = input.type === "checkbox";

		input[isBox ? "checked" : "value"] = set[input.name];
		input.disabled = Object.hasOwn(managed, input.name);
		if (input.disabled)
			document.getElementById("managed").hidden = false;
		input.addEventListener("change", () =>
		    messenger.storage.local.set({ [input.name]:
			isBox ? input.checked : input.value.trim() }));
	}
}

show();
