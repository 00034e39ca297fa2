# gatepost.sieve -- what a user's moving of mail by IMAP says about it
#
#	moved or copied into Junk		junk
#	moved or copied into Phishing		phish
#	given the keyword $Phishing		phish, in whatever folder
#	out of Junk or Phishing			not-junk
#	into Trash, deleted, expunged		nothing
#
# Run by Dovecot's imap_sieve for each COPY, MOVE and STORE; see README here.
# What Sieve files at delivery does not come by IMAP and so never gets here.
# To name the folders otherwise, change these three; the prefixes "INBOX." and
# "INBOX/" that some servers have are tried as well.

require ["copy", "environment", "imap4flags", "imapsieve", "variables",
	"vnd.dovecot.imapsieve", "vnd.dovecot.pipe"];

set "junk" "Junk";
set "phishing" "Phishing";
set "trash" "Trash";

set "as" "";
if environment :matches "imap.user" "*" {
	set "user" "${1}";
}

if environment :is "imap.cause" "FLAG" {
	# Just set, not just taken away.
	if allof (hasflag :is "$Phishing",
	    environment :matches "imap.changedflags" ["$Phishing",
	    "$Phishing *", "* $Phishing", "* $Phishing *"]) {
		set "as" "phish";
	}
} elsif environment :is "imap.mailbox" ["${trash}", "INBOX.${trash}",
    "INBOX/${trash}"] {
	stop;
} elsif environment :is "imap.mailbox" ["${phishing}", "INBOX.${phishing}",
    "INBOX/${phishing}"] {
	if not environment :is "vnd.dovecot.mailbox-from" ["${phishing}",
	    "INBOX.${phishing}", "INBOX/${phishing}"] {
		set "as" "phish";
	}
} elsif environment :is "imap.mailbox" ["${junk}", "INBOX.${junk}",
    "INBOX/${junk}"] {
	# A phish that is put away was reported as one when it was marked.
	if not anyof (hasflag :is "$Phishing",
	    environment :is "vnd.dovecot.mailbox-from" ["${junk}",
	    "INBOX.${junk}", "INBOX/${junk}"]) {
		set "as" "junk";
	}
} elsif environment :is "vnd.dovecot.mailbox-from" ["${junk}",
    "INBOX.${junk}", "INBOX/${junk}", "${phishing}", "INBOX.${phishing}",
    "INBOX/${phishing}"] {
	set "as" "not-junk";
}

if not string :is "${as}" "" {
	# It stays where the user put it, whatever becomes of the report.
	pipe :copy :try "gatepost-report" ["${as}", "${user}"];
}
