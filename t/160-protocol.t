#!/usr/bin/perl
#
# 160-protocol.t -- the milter protocol: what is agreed on, what is answered,
# and peers that are odd, old, broken or gone

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Milter;
use Gatepost::Test;
use Test::More;

my $site = Gatepost::Test->new(config => { sessions => 12 },
    lists => { example => <<'END' });
block  envelope  evil.example
block  envelope  half.example   for=jane@example.org
block  ip        203.0.113.0/24
block  ip        2001:db8:bad::/48
END
$site->start;
my $front = $site->front_pid;

sub session {
	my (@offer) = @_;
	my $milter = Gatepost::Milter->new($site->socket);

	$milter->negotiate(@offer);
	return $milter;
}

my %good = (from => '<a@good.example>', rcpt => ['<jane@example.org>'],
    headers => [['From', ' a@good.example'], ['Subject', ' hello']],
    body => "text\r\n");

# Only what is needed is asked for.
my $milter = Gatepost::Milter->new($site->socket);
my $agreed = $milter->negotiate;
is($agreed->{version}, 6, 'version 6 is agreed on');
is($agreed->{actions}, 0x01 | 0x08 | 0x10 | 0x100,
    'actions: add and change headers, delete recipients, name macros');
my %steps = (0x80 => 'NR_HDR', 0x40000 => 'NR_EOH', 0x80000 => 'NR_BODY',
    0x100000 => 'HDR_LEADSPC', 0x200 => 'NODATA', 0x100 => 'NOUNKNOWN',
    0x1000 => 'NR_CONN', 0x4000 => 'NR_MAIL');
my $rest = $agreed->{steps};
for my $step (sort { $a <=> $b } keys %steps) {
	ok($agreed->{steps} & $step, "steps: $steps{$step}");
	$rest &= ~$step;
}
is($rest, 0, '... and nothing else');
ok(!($agreed->{steps} & 0x10000), '... never NR_DATA');
is_deeply($agreed->{macros}, { 0 => 'j', 2 => 'i {auth_authen}', 3 => 'i',
    5 => 'i' }, 'macros: only at connect, mail, rcpt and eom');
$milter->close;

# By TCP a step without an answer would hold up the next one for 44 ms.
{
	my $inet = Gatepost::Test->new(socket => 'inet');

	$inet->start;
	my $steps = Gatepost::Milter->new($inet->socket)->negotiate->{steps};
	is($steps & (0x1000 | 0x2000 | 0x4000 | 0x8000 | 0x10000), 0,
	    'inet: connect, helo, mail, rcpt and data have their answers');
	is($steps & (0x80 | 0x40000 | 0x80000), 0x80 | 0x40000 | 0x80000,
	    '... header and body need none');
	$inet->stop;
}

# miltertest, as Debian has it.
SKIP: {
	skip 'miltertest is not installed', 1
	    unless Gatepost::Test::installed('miltertest');
	my $run = $site->run({ seconds => 60 }, 'miltertest', '-D',
	    'socket=' . $site->socket, '-s',
	    "$FindBin::Bin/160-protocol.lua");

	for my $line (split /\n/, $run->{out}) {
		ok(!$1, "miltertest: $2")
		    if $line =~ /^(not )?ok - (.*)/;
	}
	like($run->{out}, qr/^end$/m, 'miltertest: to the end')
	    or diag("exit $run->{code}\n$run->{out}$run->{err}");
}

# The answer to a refused recipient, in full.
$milter = session();
$milter->connect('mail.bad.example', '203.0.113.7');
$milter->mail('<a@good.example>');
$milter->say('R', "<jane\@example.org>\0");
my ($command, $text) = $milter->hear;
is($command, 'y', 'a refused recipient has an answer of ours');
like($text, qr/^550 5\.7\.1 [\x20-\x7e]+\0\z/, '... a code and a word');
is($milter->rcpt('<joe@elsewhere.example>'), 'c',
    '... another recipient is taken, since he is of no tenant');
is(($milter->end)[-1][0], 'c', '... and his message goes on');
$milter->close;

# What mail servers leave out.
$milter = session();
$milter->connect('mail.good.example', '192.0.2.7');
is($milter->message(%good), 'c', 'no HELO: goes on');
is($milter->message(%good, headers => [], body => undef), 'c',
    '... and a message of nothing');
$milter->mail('<a@good.example>');
$milter->rcpt('<jane@example.org>');
is(($milter->end)[-1][0], 'c', '... its end right after its recipient');
$milter->close;
for ([ 'an unknown family', "host\0U" ],
    [ 'a local socket', "localhost\0L\0\0/run/x\0" ],
    [ 'no port', "mail.good.example\x{0}4\0\x{0}192.0.2.7\0" ],
    [ 'no name', "\x{0}4\x{11}\x{d7}192.0.2.7\0" ],
    [ 'Sendmail\'s IPv6', "h\x{0}6\x{11}\x{d7}IPv6:2001:db8::7\0" ]) {
	my ($what, $data) = @$_;

	$milter = session();
	is($milter->ask('C', $data), 'c', "a client with $what");
	is($milter->message(%good), 'c', '... and its message');
	$milter->close;
}
$milter = session();
$milter->ask('C', "h\x{0}6\x{11}\x{d7}IPv6:2001:db8:bad::7\0");
$milter->mail('<a@good.example>');
is($milter->rcpt('<jane@example.org>'), 'y',
    '... whose address is known: a blocked one is refused');
$milter->close;

# A mail server that offers less: every step is answered, header values come
# without their blank, and what is held is what came.
for ([ 'an old server', 0x1f, 0x7f ],
    [ 'one without silent steps', 0x1ff, 0x3ff ],
    [ 'one with blanks alone', 0x1ff, 0x1003ff ]) {
	my ($what, @offer) = @$_;
	my $blank = $offer[1] & 0x100000 ? ' ' : '';

	$milter = session(@offer);
	$milter->connect('mail.good.example', '192.0.2.7');
	is($milter->message(%good, headers => [['From',
	    $blank . 'a@good.example']]), 'c', "$what: a good message");
	is($milter->message(%good, from => '<x@evil.example>',
	    headers => [['From', "${blank}x\@evil.example"],
		['Subject', $blank . ($what =~ s/ /\n\t/r)]]), 'd',
	    '... and one for quarantine');
	$milter->close;
	my ($item) = sort { $b->{id} cmp $a->{id} }
	    @{$site->json('quarantine', 'list')->{items}};
	is($site->gatepost('quarantine', 'preview', '--raw',
	    $item->{id})->{out}, "From: x\@evil.example\r\nSubject: " .
	    ($what =~ s/ /\r\n\t/r) . "\r\n\r\ntext\r\n",
	    '... held octet for octet');
}

# One that cannot take recipients off: later, since nothing may be lost.
$milter = session(0x11, 0x7f);
$milter->connect('mail.good.example', '192.0.2.7');
my %half = (%good, from => '<x@half.example>',
    rcpt => ['<jane@example.org>', '<joe@example.org>'],
    headers => [['From', 'x@half.example']]);
is($milter->message(%good, headers => [['From', 'a@good.example']]), 'c',
    'a server without delrcpt: good mail goes on');
like($milter->message(%half), qr/^[ty]$/,
    '... one for quarantine for some: later');
$milter->close;

# More sessions than may be open at once, one after the other, gone at each
# stage: none of them stays in the count.
for my $round (1 .. 3) {
	for my $stage (0 .. 7) {
		$milter = Gatepost::Milter->new($site->socket);
		$milter->negotiate if $stage > 0;
		$milter->connect('h', '192.0.2.7') if $stage > 1;
		$milter->mail('<x@evil.example>') if $stage > 2;
		$milter->rcpt('<jane@example.org>') if $stage > 3;
		$milter->header('From', ' x@evil.example') if $stage > 4;
		$milter->say('E') if $stage > 5;
		$milter->say('Q') if $stage > 6;
		$milter->close;
	}
}

# What is no protocol at all.
for ([ 'an empty packet', pack('N', 0) ],
    [ 'a packet of 4 GB', pack('N a', 0xffffffff, 'O') ],
    [ 'half a packet', pack('N a', 100, 'O') ],
    [ 'another protocol', "GET / HTTP/1.0\r\n\r\n" ],
    [ 'an unknown command', pack('N a', 1, '?') ],
    [ 'a short CONNECT', pack('N a N3 N a', 13, 'O', 6, 0x1ff, 0x1fffff,
	1, 'C') ],
    [ 'a MAIL without its end', pack('N a N3 N a a*', 13, 'O', 6, 0x1ff,
	0x1fffff, 4, 'M', '<a@') ]) {
	my ($what, $octets) = @$_;

	$milter = Gatepost::Milter->new($site->socket);
	local $SIG{PIPE} = 'IGNORE';
	syswrite($milter->{peer}, $octets);
	shutdown($milter->{peer}, 1);
	eval { while ($milter->hear) { } };
	is($@, '', "$what: the session ends");
	$milter->close;
}

ok(Gatepost::Test::wait_for(10, sub {
	$milter = session();
	$milter->connect('mail.good.example', '192.0.2.7');
	my $answer = $milter->ask('H', "mail.good.example\0");
	$milter->close;
	$answer eq 'c' }), 'no session stays in the count');
my $held = grep { $_->{sender} eq 'x@evil.example' }
    @{$site->json('quarantine', 'list')->{items}};
# One by miltertest, three of the old servers, and those that were gone while
# the end of their message was under way, which are one message again.
cmp_ok($held, '<=', 5, 'what was aborted is not held');
is($site->front_pid, $front, 'the front is the same process as before');
unlike($site->log, qr/front-died|worker-died/, '... and nothing has died');
$site->stop;

done_testing();
