#!/usr/bin/perl
#
# 370-lists-find.t -- list find names every entry that matches some facts,
# which wins and why the others lose, as try decides about such a message

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

my $sha = '1c8ab3b2d7ca2ae9f2ef3a27b1f6f5f4d6f1e9b7b1f0e0b9a1d2c3e4f5a6b7c8';
my $site = Gatepost::Test->new(
    settings => 'upstreams = ( { name = "auth"; authserv_id = ' .
	'"auth.local"; strips = true; } );',
    lists => { example => <<"END" });
block   sender   *.partner.example
allow   sender   billing\@partner.example
allow   sender   open\@partner.example      proof=none
allow   sender   only\@partner.example      proof=none for=joe\@example.org
block   sender   old.example               expires=2026-01-01
block   envelope bounce.example            action=reject
allow   envelope good\@bounce.example
block   name     "Jane Director"           except=example.org
block   ip       198.51.100.0/24
allow   ip       198.51.100.9
block   url      evil.test
allow   url      good.evil.test
block   file     $sha
block   filename *.scr
allow   spoof    example.org mailer.example
block   spoof    *  203.0.113.0/24
observe sender   watched.example
block   sender   out.example               direction=out
END

# Each: facts for find, message and options for try, what wins ("" for
# nobody), the action.  Proof is a header field of the trusted upstream.
my @cases = (
	[ 'a narrow allow without proof', [qw(sender billing@partner.example)],
	    { from => 'billing@partner.example' },
	    'block sender *.partner.example', 'quarantine', 0 ],
	[ 'the same with proof', [qw(sender billing@partner.example)],
	    { from => 'billing@partner.example' },
	    'allow sender billing@partner.example', 'deliver', 1 ],
	[ 'an allow that asks for no proof', [qw(sender open@partner.example)],
	    { from => 'open@partner.example' },
	    'allow sender open@partner.example', 'deliver', 0 ],
	[ 'an allow for another user', [qw(sender only@partner.example)],
	    { from => 'only@partner.example' },
	    'block sender *.partner.example', 'quarantine', 0 ],
	[ 'the same for him', [qw(sender only@partner.example)],
	    { from => 'only@partner.example', rcpt => 'joe@example.org' },
	    'allow sender only@partner.example', 'deliver', 0 ],
	[ 'an expired entry', [qw(sender a@old.example)],
	    { from => 'a@old.example' }, '', 'deliver', 0 ],
	[ 'an envelope', [qw(envelope x@bounce.example)],
	    { envelope => 'x@bounce.example' },
	    'block envelope bounce.example', 'reject', 0 ],
	[ 'an allowed envelope with proof', [qw(envelope good@bounce.example)],
	    { envelope => 'good@bounce.example' },
	    'allow envelope good@bounce.example', 'deliver', 1 ],
	[ 'a display name', ['name', 'JANE  director', 'sender',
	    'x@free.example'], { from => 'x@free.example',
	    name => 'JANE  director' },
	    'block name jane director', 'quarantine', 0 ],
	[ 'one of an excepted domain, proven', ['sender', 'boss@example.org',
	    'name', 'Jane Director'], { from => 'boss@example.org',
	    name => 'Jane Director' }, '', 'deliver', 1 ],
	[ 'a client', [qw(ip 198.51.100.7)], { ip => '198.51.100.7' },
	    'block ip 198.51.100.0/24', 'reject', 0 ],
	[ 'an allowed client', [qw(ip 198.51.100.9)],
	    { ip => '198.51.100.9' },
	    'allow ip 198.51.100.9', 'deliver', 0 ],
	[ 'an allowed client and a blocked link',
	    [qw(ip 198.51.100.9 url http://evil.test/x)],
	    { ip => '198.51.100.9', body => 'http://evil.test/x' },
	    'block url evil.test', 'quarantine', 0 ],
	[ 'an allowed link', [qw(url http://good.evil.test/)],
	    { body => 'http://good.evil.test/' }, '', 'deliver', 0 ],
	[ 'an allowed link and another',
	    [qw(url http://good.evil.test/ url http://bad.evil.test/)],
	    { body => "http://good.evil.test/ http://bad.evil.test/" },
	    'block url evil.test', 'quarantine', 0 ],
	[ 'a file\'s name', ['filename', 'Invoice .SCR'],
	    { filename => 'Invoice .SCR' },
	    'block filename *.scr', 'quarantine', 0 ],
	[ 'our domain from outside', [qw(sender boss@example.org)],
	    { from => 'boss@example.org' }, 'check auth', 'tag', 0 ],
	[ 'a blocked network for pairs',
	    [qw(spoof boss@example.org 203.0.113.5)],
	    { from => 'boss@example.org', ip => '203.0.113.5' },
	    'block spoof * 203.0.113.0/24', 'quarantine', 0 ],
	[ 'the same with proof',
	    [qw(spoof boss@example.org 203.0.113.5)],
	    { from => 'boss@example.org', ip => '203.0.113.5' },
	    '', 'deliver', 1 ],
	[ 'an entry that observes', [qw(sender x@watched.example)],
	    { from => 'x@watched.example' }, '', 'deliver', 0 ],
	[ 'an entry for outbound mail', [qw(sender x@out.example)],
	    { from => 'x@out.example' }, '', 'deliver', 0 ],
	[ 'nothing at all', [qw(sender x@free.example)],
	    { from => 'x@free.example' }, '', 'deliver', 0 ],
);

# What try decides.
sub try {
	my ($what, $is_proven) = @_;
	my $file = $site->dir . '/try.eml';
	my $from = $what->{from} || 'x@free.example';
	my $envelope = $what->{envelope} || $from;
	my $domain = $envelope =~ s/.*\@//r;
	my $text = "From: \"" . ($what->{name} || '') . "\" <$from>\n" .
	    "To: j\@example.org\nSubject: x\n" .
	    "Date: Sat, 21 Nov 2026 10:00:00 +0000\n" .
	    "Message-ID: <a\@b.example>\nMIME-Version: 1.0\n" .
	    'Authentication-Results: auth.local; spf=' .
	    ($is_proven ? "pass smtp.mailfrom=$domain" : 'none') . "\n";

	$text .= 'Content-Type: application/octet-stream; name="' .
	    "$what->{filename}\"\nContent-Disposition: attachment\n"
	    if $what->{filename};
	Gatepost::Test::write_file($file, "$text\n" .
	    ($what->{body} || 'text') . "\n");
	return $site->json('try', $file, '--from', $envelope, '--rcpt',
	    $what->{rcpt} || 'jane@example.org', '--ip',
	    $what->{ip} || '192.0.2.7')->{decisions}[0];
}

sub winner {
	my ($decision) = @_;
	my $because = $decision->{because} or return '';
	my ($finding) = grep { $_->{reason} eq $because->{reason} }
	    @{$decision->{findings}};

	return $finding->{text} || "check $because->{check}";
}

foreach my $case (@cases) {
	my ($name, $facts, $what, $winner, $action, $is_proven) = @$case;
	my @how = $is_proven ? ('--proven') : ();
	my $found = $site->json('list', 'find', @how, '--rcpt',
	    $what->{rcpt} || 'jane@example.org', @$facts);
	my ($wins) = grep { $_->{wins} } @{$found->{entries}};
	my $tried = try($what, $is_proven);

	is(winner($found->{decision}), $winner, "$name: who wins");
	is($found->{decision}{action}, $action, "... $action");
	is_deeply([winner($tried), @{$tried}{qw(action row category)}],
	    [$winner, $action, @{$found->{decision}}{qw(row category)}],
	    '... as try decides');
	is($wins ? $wins->{key} : undef, $winner =~ /^(block|allow)/ ?
	    $found->{decision}{because}{entry} : undef,
	    '... and the entry that wins is marked');
	ok(!grep({ !$_->{wins} && !$_->{why} } @{$found->{entries}}),
	    '... and each other says why it loses');
}

# Matches that lose say why, in the words of why.
sub entry {
	my ($value, @facts) = @_;
	my $found = $site->json('list', 'find', @facts);

	return (grep { $_->{value} eq $value } @{$found->{entries}})[0];
}

foreach my $case (
    [ 'billing@partner.example', qr/nothing proves the sender/,
	qw(sender billing@partner.example) ],
    [ '*.partner.example', qr/a narrower entry allows it: allow sender open/,
	qw(sender open@partner.example) ],
    [ 'only@partner.example', qr/not for this recipient \(for=joe/,
	qw(sender only@partner.example) ],
    [ 'old.example', qr/expired/, qw(sender a@old.example) ],
    [ 'out.example', qr/direction=out/, qw(sender a@out.example) ],
    [ 'watched.example', qr/only counts/, qw(sender a@watched.example) ],
    [ 'jane director', qr/excepted and proven/, '--proven', 'sender',
	'boss@example.org', 'name', 'Jane Director' ],
    [ 'example.org', qr/only where nothing proves From/, '--proven',
	qw(spoof boss@example.org a.mailer.example) ],
    [ '198.51.100.0/24', qr/a narrower entry allows it/,
	qw(ip 198.51.100.9) ]) {
	my ($value, $why, @facts) = @$case;

	like(entry($value, @facts)->{why}, $why, "$value loses: $why");
}
my $run = $site->gatepost('list', 'find', 'sender', 'Billing@PARTNER.example');
like($run->{out}, qr/sender\s+billing\@partner\.example$/m,
    'the form that is looked for is said');
like($run->{out}, qr/^-> block sender \*\.partner\.example  key=\w{13} \S+:1$/m,
    '... and the winner with key and place');
like($run->{out}, qr/^result: quarantine$/m, '... and what is done');
is($run->{code}, 0, 'exit 0 when something matches');
$run = $site->gatepost('list', 'find', 'sender', 'x@free.example');
is($run->{code}, 1, 'exit 1, as postmap -q, when nothing does');
like($run->{out}, qr/no entry matches/, '... which is said');
like($site->gatepost('list', 'find', 'file', uc $sha)->{out},
    qr/^-> block file $sha/m, 'a file by its SHA-256, in any case');

# What is no fact.
foreach my $bad ([qw(sender nobody)], [qw(file 1234)], [qw(ip 10.0.0.0/8)],
    [qw(ip 192.0.2.1 ip 192.0.2.2)], [qw(colour red)], ['url', ''],
    [qw(sender a@b.example ip)]) {
	$run = $site->gatepost('list', 'find', @$bad);
	is($run->{code}, 65, "find @$bad: exit 65");
	like($run->{err}, qr/^gatepost: .*\Q$bad->[-1]\E|missing|no kind/,
	    '... and says what is wrong');
}
is($site->gatepost('list', 'find', '--proven', '--unproven', 'ip',
    '192.0.2.1')->{code}, 64, 'proven or unproven');
is($site->gatepost('list', 'find', '--rcpt', 'x@elsewhere.example', 'ip',
    '192.0.2.1')->{code}, 64, 'a recipient of nobody');

# The lists of a user, for that user.
is($site->gatepost('user', 'block', 'jane@example.org',
    'x@free.example')->{code}, 0, 'a user blocks a sender');
$run = $site->gatepost('list', 'find', '--rcpt', 'jane@example.org',
    'sender', 'x@free.example');
like($run->{out}, qr/^-> check user: .*jane\@example\.org's own blocked/m,
    'the user\'s entry wins');
is($run->{code}, 0, '... and is a match');
is($site->gatepost('list', 'find', '--rcpt', 'joe@example.org', 'sender',
    'x@free.example')->{code}, 1, '... for nobody else');

# The mode in force.
is($site->gatepost('mode', 'observe')->{code}, 0, 'mode observe');
like($site->gatepost('list', 'find', 'ip', '198.51.100.7')->{out},
    qr/^result: reject, in force deliver: mode is observe/m,
    'what the mode makes of it');
is($site->gatepost('list', 'compile')->{code}, 0, 'lists are compiled');
utime(time + 10, time + 10, $site->dir . '/lists/example.list');
like($site->gatepost('list', 'find', 'ip', '198.51.100.7')->{err},
    qr/example\.list has changed since the lists in force were compiled/,
    'a list that is younger than what is in force');

done_testing();
