# table.awk -- gettext catalogues as tables of C: awk -f table.awk LL.po ...
#
# What is fuzzy, empty or the header is left out.  Strings of a catalogue are
# strings of C already.

function flush_pair() {
	if (id != "" && text != "" && !fuzzy)
		printf "\t{ %s,\n\t  %s },\n", id, text
	id = text = ""
	fuzzy = 0
}

function end_language() {
	flush_pair()
	if (name != "")
		print "};"
}

function quoted(line) {
	sub(/^[^"]*/, "", line)
	return line == "\"\"" ? "" : line
}

FNR == 1 {
	end_language()
	name = FILENAME
	sub(/.*\//, "", name)
	sub(/\.po$/, "", name)
	names[++count] = name
	printf "static const struct pair pairs_%s[] = {\n", name
	where = ""
}

/^#,.*fuzzy/ { flush_pair(); fuzzy = 1; where = ""; next }
/^#/ { next }
/^msgid / {
	if (where == "text") {
		flush_pair()
	}
	where = "id"
	id = quoted($0)
	next
}
/^msgstr / { where = "text"; text = quoted($0); next }
/^"/ {
	if (where == "id")
		id = id (id == "" ? "" : "\n\t  ") $0
	else if (where == "text")
		text = text (text == "" ? "" : "\n\t  ") $0
	next
}

END {
	end_language()
	print "static const struct catalogue catalogues[] = {"
	for (i = 1; i <= count; i++)
		printf "\t{ \"%s\", pairs_%s, G_N_ELEMENTS(pairs_%s) },\n",
		    names[i], names[i], names[i]
	print "};"
}
