#!/usr/bin/perl
#
# 745-analysts-real.t -- real rspamd, SpamAssassin and ClamAV give verdicts and
# learn; an HTTP service with TLS is asked only when it proves who it is

use strict;
use warnings;

use FindBin;
use IO::Socket::INET;
use IO::Socket::UNIX;
use lib "$FindBin::Bin/lib";
use Gatepost::Http;
use Gatepost::Spool;
use Gatepost::Test;
use Test::More;

my $site = Gatepost::Test->new;
my $dir = $site->dir;
my $user = getpwuid((stat $site->state_dir)[4]);
my @as = $> == 0 ? ('-u', 'nobody', '-g', 'nogroup') : ();
# Not in one piece, or a scanner would take this file away.
my $eicar = 'X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-' .
    'STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';
my $gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*' .
    'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';
my $phish = 'only our phishing rule knows these words';

sub mail {
	my ($text) = @_;

	return join("\r\n", 'From: a@client.example', 'To: jane@example.org',
	    'Subject: hello', 'Date: Sun, 22 Nov 2026 10:00:00 +0000',
	    'Message-ID: <1@client.example>', 'MIME-Version: 1.0',
	    'Content-Type: text/plain', '', $text, '');
}

# A folder that the servers may write to.
sub folder {
	my ($name) = @_;

	mkdir("$dir/$name");
	chown((stat $site->state_dir)[4, 5], "$dir/$name");
	return "$dir/$name";
}

# The attempt at what is put into the spool.
sub asked {
	my (%item) = @_;
	my $id = Gatepost::Spool::put($site, %item);
	my $result = $site->gatepost('drain', '--once');

	is($result->{code}, 0, "drain, $item{as}") or diag($result->{err});
	return $site->json('submission', 'show', $id)->{attempts}[0];
}

$site->gatepost('status');

# --- rspamd ----------------------------------------------------------------------

SKIP: {
	skip('rspamd is not installed', 10)
	    unless Gatepost::Test::installed('rspamd');
	my $at = folder('rspamd');
	my $port = Gatepost::Test::free_port();

	Gatepost::Test::write_file("$at/tld.dat", "example\norg\n");
	Gatepost::Test::write_file("$at/rules.lua", "config['regexp'] = {}\n" .
	    "config['regexp']['TEST_PHISHING'] = " .
	    "{ re = '/$phish/{sa_body}', score = 8.0 }\n");
	Gatepost::Test::write_file("$at/rspamd.conf", <<"EOT");
options {
  pidfile = "$at/pid"; filters = "regexp"; hs_cache_dir = "$at";
  tempdir = "$at"; control_socket = "$at/control mode=0600"; rrd = "";
  url_tld = "$at/tld.dat"; disable_hyperscan = true;
  dns { nameserver = ["127.0.0.1:1"]; timeout = 0.1; retransmits = 1; }
}
logging { type = "file"; filename = "$at/log"; level = "info"; }
worker "controller" {
  bind_socket = "127.0.0.1:$port"; count = 1; password = "secret";
  secure_ip = [];
}
actions { reject = 15; add_header = 6; }
lua = "$at/rules.lua";
classifier "bayes" {
  tokenizer { name = "osb"; } backend = "sqlite3"; min_tokens = 1;
  cache { type = "sqlite3"; path = "$at/cache.sqlite"; }
  statfile { symbol = "BAYES_HAM"; path = "$at/ham.sqlite"; spam = false; }
  statfile { symbol = "BAYES_SPAM"; path = "$at/spam.sqlite"; spam = true; }
}
EOT
	$site->spawn('rspamd', Gatepost::Test::installed('rspamd'), '-i',
	    '-f', @as, '-c', "$at/rspamd.conf");
	Gatepost::Test::wait_for(30, sub {
		IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port")
	}) or BAIL_OUT('rspamd does not come up: ' .
	    (Gatepost::Test::read_file("$at/log") // ''));
	Gatepost::Test::write_file("$at/password", "secret\n");
	chown((stat $site->state_dir)[4, 5], "$at/password");
	chmod(0600, "$at/password");
	$site->write_config(analysts => [ { name => 'rspamd',
	    type => 'rspamd', url => "http://127.0.0.1:$port",
	    secret_file => "$at/password", learn => \1, local => \1 } ]);
	my $said = asked(as => 'suspicious', data => mail('hello'));
	is($said->{verdict}, 'clean', 'rspamd: clean');
	like($said->{detail}, qr/^no action, /, '... as it says');
	$said = asked(as => 'suspicious', data => mail($gtube));
	is($said->{verdict}, 'spam', 'rspamd: spam');
	like($said->{detail}, qr/^reject, /, '... by its action');
	unlike(Gatepost::Test::read_file("$at/log"), qr/learned message/,
	    '... what is only suspected is not learned');
	$said = asked(as => 'phish', data => mail($phish));
	is($said->{verdict}, 'phish', 'rspamd: phish');
	like($said->{detail}, qr/TEST_PHISHING\(8\.0\)$/, '... by ours');
	Gatepost::Test::wait_for(5, sub {
		Gatepost::Test::read_file("$at/log") =~
		    /learned message as spam: 1\@client/ });
	like(Gatepost::Test::read_file("$at/log"),
	    qr/learned message as spam: 1\@client\.example/, '... and learned');
	$site->end('rspamd', 10);
}

# --- SpamAssassin ------------------------------------------------------------------

SKIP: {
	skip('spamd is not installed', 8)
	    unless Gatepost::Test::installed('spamd');
	my $at = folder('spamd');
	my $socket = "$at/socket";

	mkdir("$at/rules");
	chmod(0755, "$at/rules");
	Gatepost::Test::write_file("$at/rules/init.pre", join('', map {
	    "loadplugin Mail::SpamAssassin::Plugin::$_\n" } qw(Check Bayes)));
	Gatepost::Test::write_file("$at/rules/10.cf", "required_score 5\n" .
	    "body TEST_PHISHING /$phish/\nscore TEST_PHISHING 8\n" .
	    "body TEST_SPAM /cheap watches/\nscore TEST_SPAM 9\n" .
	    "use_bayes 1\nbayes_path $at/bayes\nbayes_auto_learn 0\n");
	$site->spawn('spamd', Gatepost::Test::installed('spamd'), '-x', '-L',
	    '-D', 'bayes,learn', '-C', "$at/rules",
	    "--siteconfigpath=$at/rules", '--allow-tell',
	    "--socketpath=$socket", '--socketmode=666', '-m', '1',
	    '-r', "$at/pid", $> == 0 ? ('-u', 'nobody') : ());
	Gatepost::Test::wait_for(30, sub {
		IO::Socket::UNIX->new(Peer => $socket)
	}) or BAIL_OUT('spamd does not come up: ' .
	    (Gatepost::Test::read_file("$dir/spamd.log") // ''));
	$site->write_config(analysts => [ { name => 'sa',
	    type => 'spamassassin', socket => $socket, learn => \1 } ]);
	my $said = asked(as => 'suspicious', data => mail('hello'));
	is($said->{verdict}, 'clean', 'SpamAssassin: clean');
	$said = asked(as => 'spam', data => mail('cheap watches'));
	is($said->{verdict}, 'spam', 'SpamAssassin: spam');
	like($said->{detail}, qr/^True ; \S+ \/ 5\.0: .*TEST_SPAM/,
	    '... by its rule');
	$said = asked(as => 'suspicious', data => mail($phish));
	is($said->{verdict}, 'phish', 'SpamAssassin: phish');
	ok(-s "$at/bayes_toks" || -s "$at/bayes_seen",
	    '... and it has learned');
	$site->end('spamd', 10);
}

# --- ClamAV --------------------------------------------------------------------------

SKIP: {
	skip('clamd is not installed', 9)
	    unless Gatepost::Test::installed('clamd');
	my $at = folder('clamd');
	my $socket = "$at/socket";

	mkdir("$at/signatures");
	chmod(0755, "$at/signatures");
	Gatepost::Test::write_file("$at/signatures/test.ndb",
	    'Eicar-Test:0:*:' . unpack('H*', $eicar) . "\n" .
	    'Test.Phishing:0:*:' . unpack('H*', $phish) . "\n");
	Gatepost::Test::write_file("$at/clamd.conf", "Foreground yes\n" .
	    "LocalSocket $socket\nLocalSocketMode 666\nDatabaseDirectory " .
	    "$at/signatures\nOfficialDatabaseOnly no\nTemporaryDirectory " .
	    "$at\nUser $user\nLogFile $at/log\n");
	$site->spawn('clamd', Gatepost::Test::installed('clamd'), '-c',
	    "$at/clamd.conf");
	Gatepost::Test::wait_for(30, sub {
		IO::Socket::UNIX->new(Peer => $socket)
	}) or BAIL_OUT('clamd does not come up: ' .
	    (Gatepost::Test::read_file("$at/log") // ''));
	$site->write_config(analysts => [ { name => 'clamd', type => 'clamd',
	    socket => $socket, takes => ['message', 'file'] } ]);
	my $said = asked(as => 'malware', data => mail($eicar));
	is($said->{verdict}, 'malware', 'clamd: malware');
	like($said->{detail}, qr/Eicar-Test/, '... by its signature');
	is(asked(as => 'malware', data => mail($phish))->{verdict}, 'phish',
	    'clamd: phish, when the name says so');
	is(asked(as => 'malware', data => mail('hello'))->{verdict},
	    'unknown', 'clamd: a message without a virus may be bad');
	is(asked(as => 'malware', kind => 'file', filename => 'a.txt',
	    data => 'hello')->{verdict}, 'clean', '... a file is clean');
	$site->end('clamd', 10);
}

# --- HTTP with TLS ---------------------------------------------------------------------

SKIP: {
	skip('openssl or IO::Socket::SSL is not installed', 5)
	    unless Gatepost::Test::installed('openssl') &&
	    eval { require IO::Socket::SSL; 1 };
	my $at = folder('tls');
	my $ssl = sub {
		my $result = $site->run('openssl', @_);

		die "openssl @_: $result->{err}\n" if $result->{code};
	};

	$ssl->('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-subj',
	    '/CN=Test CA', '-days', '2', '-keyout', "$at/ca.key", '-out',
	    "$at/ca.pem");
	foreach my $name (qw(localhost other.example)) {
		Gatepost::Test::write_file("$at/ext",
		    "subjectAltName=DNS:$name\n");
		$ssl->('req', '-newkey', 'rsa:2048', '-nodes', '-subj',
		    "/CN=$name", '-keyout', "$at/$name.key", '-out',
		    "$at/$name.csr");
		$ssl->('x509', '-req', '-in', "$at/$name.csr", '-CA',
		    "$at/ca.pem", '-CAkey', "$at/ca.key", '-CAcreateserial',
		    '-days', '2', '-extfile', "$at/ext", '-out',
		    "$at/$name.pem");
	}
	chmod(0644, glob("$at/*.pem"));
	my $ask = sub {
		my ($name, %more) = @_;
		my $http = Gatepost::Http->new(folder => "$dir/$name",
		    tls => { key => "$at/$name.key", cert =>
		    "$at/$name.pem" },
		    answer => sub { return (200, '{"verdict":"bulk"}') });

		unlink($site->state_dir . '/drain/web.json');
		$site->write_config(analysts => [ { name => 'web',
		    type => 'http', url => $http->url, %more } ]);
		my $id = Gatepost::Spool::put($site, data => mail('x'));

		$site->gatepost('drain', '--once');
		my $said = $site->json('submission', 'show',
		    $id)->{attempts}[0];

		$site->gatepost('submission', 'resolve', $id, 'unknown')
		    if $said->{state} eq 'waiting';
		return ($said, scalar($http->requests));
	};
	my ($said, $count) = $ask->('localhost', ca_file => "$at/ca.pem");
	is($said->{verdict}, 'bulk', 'a server that proves who it is');
	($said, $count) = $ask->('localhost');
	is($said->{state}, 'waiting', 'one that nobody vouches for');
	like($said->{fault}, qr/certificate/, '... is not asked');
	($said, $count) = $ask->('other.example', ca_file => "$at/ca.pem");
	is($said->{state}, 'waiting', 'one that is another');
	is($count, 0, '... gets nothing');
}
done_testing;
