<?php

// markasjunk.inc.php -- Roundcube's buttons "Junk" and "Not junk" report, by
// its own plugin markasjunk
//
// To be installed as config.inc.php of that plugin: on Debian (package
// roundcube-plugins) /etc/roundcube/plugins/markasjunk/config.inc.php.  See
// README here.

// One mail a message, with the message attached, in the user's name.
$config['markasjunk_learning_driver'] = 'email_learn';
$config['markasjunk_email_attach'] = true;

// The addresses reports.junk and reports.not_junk of gatepost.conf(5).  %d is
// the domain of the user's login.
$config['markasjunk_email_spam'] = 'junk@%d';
$config['markasjunk_email_ham'] = 'not-junk@%d';

// These addresses say what it is; the subject is for people.
$config['markasjunk_email_subject'] = 'Report: %t';

// Mail goes to the folder for junk that Roundcube knows, and back to INBOX.
$config['markasjunk_spam_mbox'] = null;
$config['markasjunk_ham_mbox'] = null;

// What is only moved to that folder, or out of it, is reported as well.
$config['markasjunk_move_spam'] = true;
$config['markasjunk_move_ham'] = true;
