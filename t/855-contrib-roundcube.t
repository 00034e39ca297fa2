#!/usr/bin/perl
#
# 855-contrib-roundcube.t -- the buttons of a real Roundcube report, through a
# real Postfix and Dovecot, with the settings of contrib/roundcube
#
# Roundcube is that of the system, or one that was unpacked: then
# GATEPOST_ROUNDCUBE_ROOT names the folder with "usr" in it, and
# t/tools/roundcube-unpack makes one.

use strict;
use warnings;

use File::Copy qw(copy);
use File::Path qw(make_path);
use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Dovecot;
use Gatepost::Reports qw(phish);
use Gatepost::Test;
use HTTP::Tiny;
use Test::More;

my $root = $ENV{GATEPOST_ROUNDCUBE_ROOT} // '';
my $from = "$root/usr/share/roundcube";
my $plugin = "$from/plugins/markasjunk";
plan(skip_all => 'Roundcube is not installed, and GATEPOST_ROUNDCUBE_ROOT ' .
    'is not set') unless -e "$plugin/drivers/email_learn.php";
Gatepost::Test->need('root', 'postfix', 'php', 'setpriv');
my $why = Gatepost::Dovecot::missing('imap');
plan(skip_all => $why) if $why;
foreach my $module (qw(pdo_sqlite mbstring dom intl)) {
	plan(skip_all => "PHP's $module is not installed")
	    unless `php -m` =~ /^\Q$module\E$/m;
}

foreach my $file (qw(Mail/mime.php Net/SMTP.php)) {
	plan(skip_all => "PHP's $file is not installed")
	    unless -e "/usr/share/php/$file";
}

my $alice = 'alice@example.org';
my $site = Gatepost::Test->new(tenant => { reports => {
	junk => 'junk@example.org', not_junk => 'not-junk@example.org' } });
my $dovecot = Gatepost::Dovecot->new($site, folders => [ 'Junk' ]);

$site->start;
ok($dovecot->start, 'Dovecot listens') or diag($dovecot->log);
# Logins are what makes a report count.
$site->postfix_start(main => { smtpd_sasl_auth_enable => 'yes',
    smtpd_sasl_type => 'dovecot',
    smtpd_sasl_path => 'inet:127.0.0.1:' . $dovecot->auth_port,
    smtpd_sasl_security_options => 'noanonymous' });

# --- a Roundcube of our own -----------------------------------------------

# In a private place like /root nobody could read it.
if (!Gatepost::Test::reachable($from)) {
	my $copy = $site->dir . '/unpacked';

	make_path($copy);
	system('cp', '-a', "$root/usr", "$root/etc", $copy) == 0 or
	    die "Roundcube cannot be copied\n";
	$root = $copy;
	$from = "$root/usr/share/roundcube";
	$plugin = "$from/plugins/markasjunk";
}
my $port = Gatepost::Test::free_port();
my $at = $site->dir . '/roundcube';
my ($smtp, $imap) = ($site->smtp_port, $dovecot->imap_port);

make_path(map { "$at/$_" } qw(config logs temp plugins/markasjunk));
chown((getpwnam('nobody'))[2, 3], map { "$at/$_" } qw(config logs temp));
symlink("$from/$_", "$at/$_") foreach qw(program skins SQL index.php);
symlink("$plugin/$_", "$at/plugins/markasjunk/$_") foreach
    map { s{.*/}{}r } grep { !/config\.inc\.php/ } glob("$plugin/*");
symlink("$from/plugins/$_", "$at/plugins/$_") foreach qw(jqueryui
    filesystem_attachments);
copy("$root/etc/roundcube/$_", "$at/config/$_") foreach
    qw(defaults.inc.php mimetypes.php);
copy("$FindBin::Bin/../contrib/roundcube/markasjunk.inc.php",
    "$at/plugins/markasjunk/config.inc.php");
Gatepost::Test::write_file("$at/config/config.inc.php", <<"EOT");
<?php
\$config = [
	'db_dsnw' => 'sqlite:///$at/temp/db?mode=0600',
	'imap_host' => '127.0.0.1:$imap',
	'smtp_host' => '127.0.0.1:$smtp',
	'smtp_user' => '%u',
	'smtp_pass' => '%p',
	'des_key' => 'no secret for a test 123',
	'plugins' => [ 'markasjunk' ],
	'junk_mbox' => 'Junk',
	'log_dir' => '$at/logs/',
	'temp_dir' => '$at/temp/',
	'enable_installer' => false,
];
EOT
Gatepost::Test::write_file("$at/start.php", "<?php\n" .
    "define('INSTALL_PATH', '$at/');\n" .
    "define('RCMAIL_CONFIG_DIR', '$at/config');\n" .
    "chdir('$at');\nrequire '$at/index.php';\n");
$site->spawn('php', 'setpriv', '--reuid=nobody', '--regid=nogroup',
    '--clear-groups', 'php', '-d', "session.save_path=$at/temp", '-S',
    "127.0.0.1:$port", "$at/start.php");
ok(Gatepost::Test::wait_for(20, sub {
	IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) }),
    'PHP listens');

# What went wrong, for who reads the test's output.
sub logs {
	return join('', map { Gatepost::Test::read_file($_) // '' }
	    glob("$at/logs/*"), $site->dir . '/php.log') .
	    $site->mail_log;
}

# --- a small web browser --------------------------------------------------

my $http = HTTP::Tiny->new(max_redirect => 0, timeout => 60);
my (%cookies, $token);

sub page {
	my ($query, %form) = @_;
	my $url = "http://127.0.0.1:$port/?$query";
	my %headers = (Cookie => join('; ', map { "$_=$cookies{$_}" }
	    sort keys %cookies), 'X-Roundcube-Request' => $token // '');
	my $got = %form ? $http->post_form($url, \%form,
	    { headers => \%headers }) : $http->get($url,
	    { headers => \%headers });
	my $set = $got->{headers}{'set-cookie'} // [];

	foreach my $cookie (ref $set ? @$set : $set) {
		$cookies{$1} = $2 if $cookie =~ /^([^=]+)=([^;]*)/;
	}
	$token = $1 if $got->{content} =~ /"request_token":"(\w+)"/;
	return $got;
}

# Press the button of ACTION on the message UID in FOLDER.
sub press {
	my ($action, $folder, $uid) = @_;
	my $got = page("_task=mail&_action=plugin.markasjunk.$action",
	    _uid => $uid, _mbox => $folder, _remote => 1, _token => $token);

	is($got->{status}, 200, "the button: $action");
	like($got->{content}, qr/"action":/, '... is answered');
	return $got->{content};
}

# A message like no other.
sub mail_named {
	my ($name) = @_;

	return phish(id => "$name\@evil.example", body => "Pay $name\n",
	    subject => "Gr\xc3\xbc\xc3\x9fe $name");
}

sub rows { return @{$site->json('report', 'list')->{items}} }

is(page('_task=login')->{status}, 200, 'Roundcube shows its login')
    or diag(logs());
is(page('_task=login', _task => 'login', _action => 'login',
    _timezone => 'UTC', _user => $alice, _pass => 'secret',
    _token => $token)->{status}, 302, 'a user logs in') or die logs();
page('_task=mail&_mbox=INBOX');

# --- reports ----------------------------------------------------------------

my $message = mail_named('one');
my $got = $site->milter_message(from => 'x@evil.example', rcpt => [ $alice ],
    client => '198.51.100.25', data => $message);
my ($ours) = map { "@$_" =~ /X-Gatepost-Id\s+(\w+)/ } @{$got->{edits}};
Gatepost::Test::wait_for(10, sub {
	$site->gatepost('why', $ours)->{code} == 0 });
my $uid = $dovecot->put($alice, 'INBOX', "X-Gatepost-Id: $ours\n$message");
ok($uid, 'a message is in INBOX');
like(press('junk', 'INBOX', $uid), qr/markasjunk_move.*Junk/,
    '... and is to be moved to Junk');
my @rows;
ok(Gatepost::Test::wait_for(20, sub { @rows = rows() }), 'there is a report')
    or diag(logs());
is($rows[0]{reasons}[0], 'junk', '... of junk');
is($rows[0]{reporters}[0], $alice, '... by the user');
is($rows[0]{verified}, JSON::PP::true, '... who is known');
is($rows[0]{form}, 'attached', '... with the message attached');
is($rows[0]{message}, $ours, '... which the ledger knows');
is($rows[0]{subject}, "Gr\xfc\xdfe one", '... by its subject, too');
# RFC 2046: an attached message is as it was.
my $item = $site->json('report', 'show', $rows[0]{id})->{items}[0]{item};
is(Gatepost::Test::read_file($site->state_dir . "/reports/kept/$item.eml")
    =~ s/\r\n/\n/gr, "X-Gatepost-Id: $ours\n$message",
    '... octet for octet');

$uid = $dovecot->put($alice, 'Junk', mail_named('two'));
page('_task=mail&_mbox=Junk');
like(press('not_junk', 'Junk', $uid), qr/markasjunk_move.*INBOX/,
    'the other one is to be moved back');
ok(Gatepost::Test::wait_for(20, sub { (@rows = rows()) == 2 }),
    '... and there is a second report') or diag(logs());
my ($ham) = grep { $_->{message_id} eq 'two@evil.example' } @rows;
is($ham->{reasons}[0], 'not-junk', '... of what is no junk');
is($ham->{reporters}[0], $alice, '... by the user');

# Several at once are a mail each.
my @uids = map { $dovecot->put($alice, 'INBOX',
    mail_named("many$_")) } 1 .. 3;
page('_task=mail&_mbox=INBOX');
press('junk', 'INBOX', join(',', @uids));
ok(Gatepost::Test::wait_for(20, sub { (@rows = rows()) == 5 }),
    'three messages are three reports') or diag(logs());

$site->end('php', 10);
$site->postfix_stop;
$dovecot->stop;
$site->stop;
done_testing();
