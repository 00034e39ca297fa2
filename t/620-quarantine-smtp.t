#!/usr/bin/perl
#
# 620-quarantine-smtp.t -- released mail by SMTP: envelope, options and bytes
# survive, a bad listener leaves the copy held

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Sink;
use Gatepost::Test;
use Test::More;
use Time::HiRes qw(time);

Gatepost::Test->need('root', 'postfix');

my $site = Gatepost::Test->new(
    tenant => { quarantine => { rights => { block_sender => 'full' } } },
    lists => { example => "block sender evil.example\n" .
	"block url bad.example\n" });
my ($alice, $bob) = ('alice@example.org', 'bob@example.org');
my $number = 0;
my $sink;

$site->start;
$site->postfix_start(main => { smtputf8_enable => 'yes',
    strict_smtputf8 => 'no' });

sub open_sink {
	my (%arg) = @_;

	$sink->stop if $sink;
	$sink = Gatepost::Sink->new(folder => $site->dir . '/sink' .
	    ++$number, %arg);
	$site->write_config(release => { smtp => $sink->place,
	    timeout => 1 });
}

# Hold one message; its id.
sub hold {
	my (%arg) = @_;
	my %before = map { $_->{id} => 1 }
	    @{$site->json('quarantine', 'list')->{items}};
	my $raw = defined $arg{raw} ? $arg{raw} : "text\r\n";

	$number++;
	utf8::encode($arg{from}) if defined $arg{from};
	utf8::encode($_) foreach @{$arg{rcpt} || []};
	$site->smtp(from => 'x@evil.example', rcpt => [ $alice ],
	    client => '198.51.100.25', %arg, raw => ($arg{header} ||
	    "From: x\@evil.example\r\n") . "Message-ID: <$number\@x>\r\n" .
	    "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nTo: a\r\n\r\n$raw");
	my ($id) = map { $_->{id} } grep { !$before{$_->{id}} }
	    @{$site->json('quarantine', 'list')->{items}};
	return $id;
}

sub release {
	my ($id, @more) = @_;

	return $site->gatepost('quarantine', 'release', $id, @more);
}

sub is_held {
	my ($id, $name) = @_;
	my @state = map { $_->{state} } grep { $_->{id} eq $id }
	    @{$site->json('quarantine', 'list')->{items}};

	is("@state", 'held', $name);
}

# --- envelope and bytes ---

open_sink();
my $body = ".\r\n..\r\n.x\r\n8-bit \xc3\xa9\xff\r\n" . 'y' x 990 . "\r\n" .
    "\r\n\r\n.last\r\n";
my $id = hold(raw => $body, from => 'X@evil.example',
    rcpt => [ 'Alice@Example.ORG' ]);
is(release($id)->{code}, 0, 'released by a listener of all extensions');
my ($mail) = $sink->mails;
like($mail->{mail}, qr/^FROM:<X\@evil\.example> /,
    'the envelope sender is as it came');
like($mail->{mail}, qr/ SIZE=\d+/, '... with SIZE');
like($mail->{mail}, qr/ BODY=8BITMIME/, '... BODY=8BITMIME for 8-bit text');
unlike($mail->{mail}, qr/SMTPUTF8/, '... no SMTPUTF8, which nothing needs');
is_deeply($mail->{rcpt}, ['TO:<Alice@Example.ORG> NOTIFY=NEVER'],
    'the recipient is as it came, with NOTIFY=NEVER');
my ($data) = $mail->{data} =~ /\r\n\r\n(.*)\z/s;
my $stuffed = $body =~ s/^\./../gmr;
is($data, $stuffed, 'the body comes octet for octet, dots doubled');
my ($size) = $mail->{mail} =~ /SIZE=(\d+)/;
cmp_ok(abs($size - length($mail->{data})), '<', 10,
    'SIZE is that of what was sent');

$id = hold(raw => "plain\r\n", from => '');
isnt($id, undef, 'a bounce is held') or $id = hold(raw => "plain\r\n");
$sink->forget;
release($id);
($mail) = $sink->mails;
like($mail->{mail}, qr/^FROM:<> ?/, 'the null sender stays null');
unlike($mail->{mail}, qr/BODY=/, 'plain text needs no BODY');

$id = hold(from => '<jörg@evil.example> SMTPUTF8',
    rcpt => [ 'ålice@example.org' ],
    header => "From: j\xc3\xb6rg\@evil.example\r\n");
SKIP: {
	skip 'this Postfix takes no SMTPUTF8', 3 unless $id;
	$sink->forget;
	is(release($id)->{code}, 0, 'an address in UTF-8 is released');
	($mail) = $sink->mails;
	like($mail->{mail}, qr/ SMTPUTF8/, '... with SMTPUTF8');
	like($mail->{rcpt}[0], qr/^TO:<\xc3\xa5lice\@example\.org>/,
	    '... to itself');
	open_sink(offers => [ '8BITMIME', 'DSN' ]);
	my $other = hold(from => '<jürg@evil.example> SMTPUTF8',
	    header => "From: j\xc3\xbcrg\@evil.example\r\n");
	my $run = release($other);
	is($run->{code}, 75, 'a listener without SMTPUTF8 cannot take it');
	like($run->{err}, qr/no SMTPUTF8.*smtputf8_enable/s,
	    '... which is said, with what to do');
	is_held($other, '... and it stays held');
}

open_sink(offers => [ 'HELP' ]);
$id = hold(raw => "8-bit \xc3\xa9\r\n");
is(release($id)->{code}, 0, 'a listener that offers nothing gets it too');
($mail) = $sink->mails;
is($mail->{mail}, 'FROM:<x@evil.example>', '... with nothing behind MAIL');
is($mail->{rcpt}[0], "TO:<$alice>", '... nor RCPT');
like($mail->{data}, qr/8-bit \xc3\xa9\r\n\z/, '... and the same octets');

for my $case ([ 'null', '<>' ], [ 'postmaster', '<postmaster>' ]) {
	my $one = hold();

	$site->write_config(release => { smtp => $sink->place, timeout => 1,
	    sender => $case->[0] });
	$sink->forget;
	release($one);
	($mail) = $sink->mails;
	is($mail->{mail}, "FROM:$case->[1]",
	    "sender = $case->[0] sends from $case->[1]");
}

# --- copies to others ---

open_sink();
$id = hold(rcpt => [ $alice, $bob ]);
is(release($id, '--to', 'abuse@example.net', '--as-user')->{code}, 77,
    'a copy to another is not for users');
is(release($id, '--to', 'abuse@example.net')->{code}, 0, 'a copy to another');
($mail) = $sink->mails;
like($mail->{rcpt}[0], qr/^TO:<abuse\@example\.net>/, '... goes to him');
is(scalar(grep { $_->{id} eq $id && $_->{state} eq 'held' }
    @{$site->json('quarantine', 'list')->{items}}), 2,
    '... and changes no state');
is_deeply([map { "$_->{what} $_->{rcpt}" }
    @{$site->json('quarantine', 'show', $id)->{audit}}],
    ['copied abuse@example.net'], '... and stands in the audit log');

# --- bad listeners ---

my $much = join("\r\n", map { "250-$_" } 1 .. 2000) . "\r\n250 x";
my @bad = (
	[ 'refuses the greeting', qr/the listener said: 554 go/,
	  greet => '554 go away' ],
	[ 'says no SMTP', qr/answers no SMTP: HTTP/, greet => 'HTTP/1.1 400' ],
	[ 'talks too much', qr/talks too much/, at => { EHLO => $much } ],
	[ 'refuses the sender', qr/said: 550 5.1.0 no/,
	  at => { MAIL => '550 5.1.0 no' } ],
	[ 'refuses the recipient', qr/said: 450 later/,
	  at => { RCPT => '450 later' } ],
	[ 'refuses DATA', qr/said: 451 x/, at => { DATA => '451 x' } ],
	[ 'refuses the message', qr/said: 554 spam/, at => { '.' =>
	    '554 spam' } ],
	[ 'hangs up at MAIL', qr/hear|reset/i, at => { MAIL => 'close' } ],
	[ 'hangs up at the end', qr/hear|reset/i, at => { '.' => 'close' } ],
	[ 'says nothing more', qr/timed out/i, at => { RCPT => 'silence' } ],
	[ 'says nothing at the end', qr/timed out/i,
	  at => { '.' => 'silence' } ],
	[ 'answers garbage', qr/no SMTP: \\xff/, at => { MAIL =>
	    "\xff\e[2J\0" } ],
	[ 'takes smaller ones', qr/takes 100 octets.*message_size_limit/,
	  offers => [ 'SIZE 100' ] ],
);

my $held = hold(raw => "held through it all\r\n");
foreach my $case (@bad) {
	my ($name, $says, %how) = @$case;

	open_sink(%how);
	my $run = release($held);

	is($run->{code}, 75, "a listener that $name: exit 75");
	like($run->{err}, $says, '... what it said is told');
	like($run->{err}, qr/stays held/, '... and that it stays held');
	unlike($run->{err}, qr/[\0\e]/, '... shown safely');
}
is_held($held, 'it is held after all that');
$site->write_config(release => { smtp => '127.0.0.1' });
like(release($held)->{err}, qr/write HOST:PORT/, 'a place without a port');
$site->write_config(release => {});
like(release($held)->{err}, qr/set release\.smtp/, 'no way at all');

# A listener that takes it and is gone before it says so: sent again.
open_sink(at => { '.' => 'late' });
is(release($held)->{code}, 75, 'a listener that takes it and hangs up');
open_sink();
is(release($held)->{code}, 0, '... gets it again');
like(release($held)->{out}, qr/already released/, '... and then no more');

# --- said to be good ---

$id = hold(header => "From: x\@evil.example\r\n");
my $run = release($id, '--report', '--allow', 'sender');
is($run->{code}, 65, 'an allow that would not count is not written');
like($run->{err}, qr/nothing proved From.*--allow spoof/, '... and why');
is_held($id, '... and nothing is done');
$run = release($id, '--allow', 'url');
like($run->{err}, qr/none of its links/, 'nor a link that was not the reason');
is(release($id, '--expires', '3d')->{code}, 64, 'an end of nothing');
is(release($id, '--allow', 'everything')->{code}, 64, 'an odd allow');

$id = hold(header => "From: y\@other.example\r\n",
    from => 'y@other.example', raw => "see http://bad.example/x\r\n");
$run = release($id, '--report', '--allow', 'url', '--expires', '30d',
    '--reason', 'our partner');
is($run->{code}, 0, 'released, reported and allowed at once')
    or diag($run->{err});
like($run->{out}, qr/reported as clean/, '... which is said');
my ($entry) = grep { $_->{action} eq 'allow' }
    @{$site->json('list', 'show')->{entries}};
is($entry->{kind}, 'url', '... the list allows the link');
like($entry->{value}, qr/^bad\.example/, '... that was the reason');
ok($entry->{options}{expires}, '... until its end');
is($entry->{options}{submission}, $id, '... and names the message');
# An entry of our own held it, which no analyst need be asked about.
my $spool = $site->state_dir . "/spool/submissions/done/$id";
ok(-e "$spool.eml", 'the message is in the spool');
my $json = JSON::PP::decode_json(Gatepost::Test::read_file("$spool.json"));
is($json->{as}, 'clean', '... as clean');
is($json->{result}, 'blockedDueToOrganizationOverride', '... and answered');
is_deeply($json->{reasons}, ['blockedUrlByTenantAllowBlockList'],
    '... with the reason');
is($json->{note}, 'our partner', '... with what was said');
is($json->{tenant}, 'example', '... and whose it is');
is($json->{record}{facts}{from}, 'y@other.example', '... and what is known');
ok(Gatepost::Test::wait_for(5, sub { $site->gatepost('why', $id)->{out} =~
    /reported-clean for \Q$alice\E/ }), 'the ledger knows of the report');
is_deeply([sort map { $_->{what} }
    @{$site->json('quarantine', 'show', $id)->{audit}}],
    [sort qw(released entry-added reported-clean)],
    'and the audit log of all three');
$run = release($id, '--report', '--allow', 'url');
like($run->{out}, qr/there already/, 'the same again adds nothing');
is(scalar(() = glob($site->state_dir . '/spool/submissions/done/*.eml')), 1,
    '... and reports nothing anew');
ok($site->wait_log(qr/in-force generation=\d+ entries=3/, 5),
    'the entry is in force');
is(hold(header => "From: y\@other.example\r\n", from => 'y@other.example',
    raw => "see http://bad.example/x\r\n"), undef,
    '... the next such message is not held');

# What stands there ends too soon, or has ended: else the next would be held
# again although an admin was told that it is allowed.
sub allowed {
	my ($run) = release($id, '--allow', 'url', @_);
	my ($one) = grep { $_->{action} eq 'allow' }
	    @{$site->json('list', 'show')->{entries}};

	return ($run->{out}, $one->{options}{expires});
}
my ($out, $end) = allowed('--expires', '60d');
like($out, qr/^widened \w{13} in/m, 'a longer allow lengthens the entry');
cmp_ok($end, 'gt', $entry->{options}{expires}, '... which ends later');
my $list = $site->state_dir . '/lists/example.list';
Gatepost::Test::write_file($list, Gatepost::Test::read_file($list) =~
    s/expires=\S+/expires=2026-01-01T00:00:00Z/r);
chown((stat $site->state_dir)[4, 5], $list) if $> == 0;
($out, $end) = allowed('--expires', '60d');
like($out, qr/^renewed \w{13} in/m, 'one that has ended is made anew');
cmp_ok($end, 'gt', $entry->{options}{expires}, '... with its end');

$sink->stop;
$site->postfix_stop;
$site->stop;
done_testing();
