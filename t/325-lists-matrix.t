#!/usr/bin/perl
#
# 325-lists-matrix.t -- who may pass by an allow entry: every place where a
# message can carry an identity, by every state of authentication, for every
# kind of entry
#
# An allow counts only for its own identity and with the proof of its kind
# (gatepost.list(5)); never for a display name, Reply-To, Sender or HELO.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_hex);
use Gatepost::Test;
use MIME::Base64 qw(encode_base64);
use Test::More;

my $octets = "a file\n";
my $sha = sha256_hex($octets);
my $good = 'good@ally.example';
my $evil = 'evil@attacker.example';

# Where the identity stands, and what is elsewhere.
my %identities = (
	from => { from => $good },
	envelope => { envelope => $good },
	name => { name => $good },
	'reply-to' => { header => "Reply-To: <$good>\n" },
	sender => { header => "Sender: <$good>\n" },
	helo => { helo => 'ally.example' },
);
my @identities = sort keys %identities;

# What the trusted upstream says: of the very domain, of the attacker's own,
# or that nothing was proven.
my %states = (
	'spf of ally' => 'spf=pass smtp.mailfrom=ally.example',
	'dkim of ally' => 'dkim=pass header.d=ally.example header.s=k',
	'pass of another' => 'spf=pass smtp.mailfrom=attacker.example; ' .
	    'dkim=pass header.d=attacker.example header.s=k',
	'fail' => 'spf=fail smtp.mailfrom=ally.example; ' .
	    'dkim=fail header.d=ally.example',
);
my @states = sort keys %states;

# Kinds: the entry, and the identities and states with which it delivers what
# the upstream calls spam.
my @kinds = (
	{ name => 'sender', entry => "allow sender $good",
	  lets => { from => ['spf of ally', 'dkim of ally'] } },
	{ name => 'sender by domain', entry => 'allow sender *.ally.example',
	  lets => { from => ['spf of ally', 'dkim of ally'] } },
	{ name => 'sender with proof=spf',
	  entry => "allow sender $good proof=spf",
	  lets => { from => ['spf of ally'] } },
	{ name => 'sender with proof=dkim',
	  entry => "allow sender $good proof=dkim",
	  lets => { from => ['dkim of ally'] } },
	{ name => 'envelope', entry => "allow envelope $good",
	  lets => { envelope => ['spf of ally'] } },
	{ name => 'ip', entry => 'allow ip 203.0.113.9', lets => {} },
	{ name => 'spoof', entry => 'allow spoof ally.example 192.0.2.7',
	  lets => { from => ['fail', 'pass of another'] } },
	{ name => 'url', entry => 'allow url ally.example', lets => {} },
	{ name => 'file', entry => "allow file $sha", lets => {} },
	{ name => 'filename', entry => 'allow filename ally.txt',
	  lets => {} },
);
my $site = Gatepost::Test->new(
    settings => 'upstreams = ( { name = "auth"; authserv_id = ' .
	'"auth.local"; headers = [ "X-Spam-Flag" ]; strips = true; } );');

sub try {
	my ($what, $state) = @_;
	my $file = $site->dir . '/try.eml';
	my $from = $what->{from} || $evil;

	# The link and the file of the entries are in every message.
	Gatepost::Test::write_file($file, 'Authentication-Results: ' .
	    "auth.local; $states{$state}\nX-Spam-Flag: YES\n" .
	    'From: "' . ($what->{name} || '') . "\" <$from>\n" .
	    ($what->{header} || '') .
	    "To: j\@example.org\nSubject: x\nMessage-ID: <a\@b.example>\n" .
	    "Date: Sat, 21 Nov 2026 10:00:00 +0000\nMIME-Version: 1.0\n" .
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" .
	    "http://ally.example/\n--b\nContent-Type: text/plain; " .
	    "name=ally.txt\nContent-Disposition: attachment\n" .
	    "Content-Transfer-Encoding: base64\n\n" .
	    encode_base64($octets) . "--b--\n");
	return $site->json('try', $file, '--rcpt', 'jane@example.org',
	    '--from', $what->{envelope} || $evil, '--ip', '192.0.2.7',
	    $what->{helo} ? ('--helo', $what->{helo}) : ())
	    ->{decisions}[0];
}

foreach my $kind (@kinds) {
	$site->write_list(example => "$kind->{entry}\n");
	foreach my $identity (@identities) {
		foreach my $state (@states) {
			my $lets = grep { $_ eq $state }
			    @{$kind->{lets}{$identity} || []};
			my $decision = try($identities{$identity}, $state);

			is($decision->{action}, $lets ? 'deliver' : 'junk',
			    "$kind->{name}: $identity, $state: " .
			    ($lets ? 'let in' : 'not let in'));
			is($decision->{row}, 6, '... by the entry') if $lets;
		}
	}
}

# The matrix can fail: each kind that lets nobody in does so by its own value.
$site->write_list(example => "allow ip 203.0.113.9\n");
try({}, 'fail');
is($site->json('try', $site->dir . '/try.eml', '--rcpt', 'jane@example.org',
    '--from', $evil, '--ip', '203.0.113.9')->{decisions}[0]{action},
    'deliver', 'ip: the client itself is let in');
foreach my $item ([ 'url', 'block url ~ally.example',
    'allow url ally.example' ], [ 'file', 'block filename *.txt',
    "allow filename ally.txt" ]) {
	my ($name, $block, $allow) = @$item;

	$site->write_list(example => "$block\n");
	is(try({}, 'fail')->{action}, 'quarantine', "$name: it is blocked");
	$site->write_list(example => "$block\n$allow\n");
	is(try({}, 'fail')->{action}, 'junk',
	    '... the allow strikes that, and delivers nothing by itself');
}
is($site->gatepost('list', 'add', 'allow', 'name', 'Ally')->{code}, 65,
    'name: there is no such allow');

done_testing();
