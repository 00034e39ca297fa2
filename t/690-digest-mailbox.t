#!/usr/bin/perl
#
# 690-digest-mailbox.t -- the whole way through Postfix and Dovecot: mail is
# held, the digest comes into a mailbox, a mail that its link writes is
# submitted, and the message arrives with its DKIM signature still good

use strict;
use warnings;

use File::Temp;
use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Dns;
use Gatepost::Dovecot;
use Gatepost::Test;
use Gatepost::Token qw(parts_of tokens_of);
use Test::More;

plan(skip_all => Gatepost::Dns::missing()) if Gatepost::Dns::missing();
plan(skip_all => 'libmail-dkim-perl is not installed')
    unless eval { require Mail::DKIM::Signer; 1 };
Gatepost::Test->need('root', 'postfix');
my $missing = Gatepost::Dovecot::missing('lmtp', 'imap');
plan(skip_all => $missing) if $missing;

my $keys = File::Temp->newdir;
system("openssl genrsa -traditional -out $keys/key 2048 2>/dev/null") == 0
    or plan(skip_all => 'openssl makes no key');
my $public = `openssl rsa -in $keys/key -pubout 2>/dev/null`;
$public =~ s/-----.*?-----|\s//g;
my $dns = Gatepost::Dns->new({
	'k._domainkey.signer.example' =>
	    [[TXT => "v=DKIM1; k=rsa; p=$public"]],
	'_dmarc.signer.example' => [[TXT => 'v=DMARC1; p=reject']],
});
my ($alice, $desk) = ('alice@example.org', 'quarantine@example.org');
my $site = Gatepost::Test->new(
    tenant => { language => 'fr', zone => 'Europe/Paris',
	digest => { address => $desk, every => 'day' },
	quarantine => { rights => { block_sender => 'full' } } },
    lists => { example => "block sender held\@signer.example\n" },
    config => {
	authentication => 'own', authserv_id => 'mx.example.org',
	dns => { servers => [$dns->server], timeout => 2 },
	release => { smtp => '127.0.0.1:@RELEASE_PORT@' },
    });

my $dovecot = Gatepost::Dovecot->new($site);
ok($dovecot->start, 'Dovecot listens') or diag($dovecot->log);

# All mail of USER's mailbox, as IMAP gives it.
sub fetch {
	my ($user) = @_;

	$dovecot->imap($user, 'EXAMINE INBOX');
	return grep { /\n./ } $dovecot->imap($user, 'FETCH 1:* BODY.PEEK[]');
}

sub fetch_one {
	my ($pattern) = @_;
	my $found;

	Gatepost::Test::wait_for(20, sub {
		($found) = grep { $_ =~ $pattern } fetch($alice);
	});
	return $found // '';
}

$site->start;
$site->postfix_start(master => "lmtp unix - - n - - lmtp\n", main => { virtual_transport =>
    'lmtp:inet:127.0.0.1:' . $dovecot->lmtp_port,
    lmtp_destination_recipient_limit => 1 });

# --- hold -----------------------------------------------------------------

my $text = "From:  Jane  <held\@signer.example>\r\nTo: $alice\r\n" .
    "Subject: two  blanks\r\n\tand a fold\r\n" .
    "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n" .
    "Message-ID: <one\@signer.example>\r\nMIME-Version: 1.0\r\n" .
    "Content-Type: text/plain; charset=utf-8\r\n" .
    "Content-Transfer-Encoding: 8bit\r\n\r\n.one\r\ncaf\xc3\xa9  \r\n\r\n";
my $signer = Mail::DKIM::Signer->new(Algorithm => 'rsa-sha256',
    Method => 'simple/simple', Domain => 'signer.example', Selector => 'k',
    KeyFile => "$keys/key",
    Headers => 'From:To:Subject:Date:Message-ID:MIME-Version');
$signer->PRINT($text);
$signer->CLOSE;
my $signed = $signer->signature->as_string . "\r\n$text";

is($site->smtp(from => 'b@signer.example', rcpt => [$alice],
    client => '198.51.100.25', raw => $signed)->{data}[0], 250,
    'a signed message is taken');
my ($item) = @{$site->json('quarantine', 'list')->{items}};
is($item->{state}, 'held', '... and held');
is(scalar(fetch($alice)), 0, 'nothing is in the mailbox');

# --- digest ---------------------------------------------------------------

is($site->gatepost('digest', '--now')->{code}, 0, 'the digest is sent');
my $digest = fetch_one(qr/^Subject: =\?utf-8\?B\?|^Subject: Messages retenus/m);
like($digest, qr/^Content-Type: multipart\/alternative/m,
    'it is in the mailbox');
my %parts = parts_of($digest);
like($parts{'text/plain'}, qr/held\@signer\[\.\]example/,
    '... and names the message');
my ($release) = @{tokens_of($digest)->{release} || []};
my ($preview) = @{tokens_of($digest)->{preview} || []};
like($release, qr/^GP1-/, '... with a link to release it');

# --- act ------------------------------------------------------------------

sub act {
	my ($who, $token, %arg) = @_;

	return $site->smtp(from => $who, rcpt => [$desk],
	    data => "From: $who\nTo: $desk\nSubject: Re: $token\n" .
	    "Message-ID: <" . rand() . "\@client>\n\n", %arg)->{data}[0];
}

is(act($alice, $release, client => '203.0.113.9'), 250,
    'a stranger sends the token');
ok($site->wait_log(qr/action-ignored rcpt=\Q$desk\E/), '... and is ignored');
is(act('bob@example.org', $release, client => '203.0.113.9',
    login => 'bob@example.org'), 250, 'another user sends it');
ok($site->wait_log(qr/action-refused .*another recipient's/),
    '... and is refused');
is(act($alice, $preview, client => '203.0.113.9', login => $alice), 250,
    'the user asks for a preview');
like(fetch_one(qr/^\| caf/m), qr/^\| \.one\r$/m, '... and gets the text');
is($site->json('quarantine', 'list')->{items}[0]{state}, 'held',
    'it is held still');
is(act($alice, $release, client => '203.0.113.9', login => $alice), 250,
    'the user sends the mail of the link');
my $copy = fetch_one(qr/^Message-ID: <one\@signer/m);
ok($copy, 'the message is in the mailbox');
my ($answer) = $dns->auth([{ from => 'b@signer.example' }],
    message => $copy =~ s/\A(?:(?!X-Gatepost-Id:).*\r\n)*//r);
is($answer->{facts}{auth}{dkim}[0]{result}, 'pass',
    '... its signature is good');
is($answer->{facts}{auth}{dmarc}, 'pass', '... and so is DMARC');
ok(fetch_one(qr/^Subject: =\?utf-8\?B\?TWVzc2FnZSBsaWLDqXLDqQ==\?=\r$/m),
    'he is told so, in his language');
my $show = $site->json('quarantine', 'show', $item->{id});
is($show->{rcpts}[0]{state}, 'released', 'the state says so');
is_deeply([map { "$_->{what} $_->{who} $_->{via}" } @{$show->{audit}}],
    ["previewed $alice mail", "released $alice mail"],
    '... and the audit log who, and how');
is(act($alice, $release, client => '203.0.113.9', login => $alice), 250,
    'the same mail again');
ok($site->wait_log(qr/action-refused .*used before/), '... does nothing');
is(scalar(grep { /^Message-ID: <one\@signer/m } fetch($alice)), 1,
    '... the message came once');
is(scalar(grep { /^Delivered-To: \Q$desk\E/m } fetch($desk)), 0,
    'nothing was delivered to the action address');

$dovecot->stop;
$site->stop;
done_testing();
