#!/usr/bin/perl
#
# 380-lists-rehearse.t -- list add says by example what an entry matches, and
# --dry-run what it would have done to past mail, while nothing is written

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_hex);
use Gatepost::Test;
use MIME::Base64 qw(encode_base64);
use Test::More;

my $site = Gatepost::Test->new(
    settings => 'upstreams = ( { name = "auth"; authserv_id = ' .
	'"auth.local"; strips = true; } );',
    lists => { example => "block sender held.example\n" .
	"block sender late.example expires=2026-01-01\n" });
my $managed = $site->state_dir . '/lists/example.list';

# --- samples ----------------------------------------------------------------

# Entry, a value that it matches, one that it does not; by gatepost.list(5).
my @samples = (
	[ [qw(block sender evil.example)], 'anyone@evil.example',
	    'anyone@mail.evil.example' ],
	[ [qw(block sender *.evil.example)], 'anyone@evil.example',
	    'anyone@notevil.example' ],
	[ [qw(block sender bob@evil.example)], 'bob@evil.example',
	    'anyone@mail.evil.example' ],
	[ [qw(block envelope <>)], '<>', 'anyone@any.example' ],
	[ ['block', 'name', 'Jane Director'], 'jane director',
	    'jane director and others' ],
	[ [qw(block ip 192.0.2.0/24)], '192.0.2.0', '192.0.3.0' ],
	[ [qw(block ip 2001:db8::1)], '2001:db8::1', '2001:db8::' ],
	[ [qw(block url evil.test)], 'http://evil.test', 'http://notevil.test' ],
	[ [qw(allow url evil.test)], 'http://evil.test',
	    'http://evil.test/any/page' ],
	[ [qw(block url ~evil.test)], 'http://evil.test',
	    'http://evil.test/any/page' ],
	[ [qw(block url evil.test/a/*)], 'http://evil.test/a/page',
	    'http://evil.test/a/' ],
	[ ['block', 'file', 'ab' x 32], 'ab' x 32, '0b' . 'ab' x 31 ],
	[ [qw(block filename *.scr)], 'any.scr', 'any.scr.txt' ],
	[ [qw(block spoof bank.example mailer.example)],
	    'anyone@bank.example by way of mail.mailer.example',
	    'anyone@bank.example by way of mail.notmailer.example' ],
	[ [qw(allow spoof bank.example 198.51.100.0/24)],
	    'anyone@bank.example by way of 198.51.100.0',
	    'anyone@bank.example by way of 198.51.101.0' ],
	[ [qw(block spoof bank.example *)],
	    'anyone@bank.example by way of 192.0.2.1',
	    'someone@elsewhere.example by way of 192.0.2.1' ],
	[ ['block', 'sender', '/^ceo[0-9]+@/'], 'ceo0@any.example',
	    'someone@elsewhere.example' ],
);
foreach my $case (@samples) {
	my ($entry, $hit, $miss) = @$case;
	my $run = $site->gatepost('list', 'add', '--dry-run', @$entry);

	is($run->{code}, 0, "list add --dry-run @$entry") or
	    diag($run->{err});
	like($run->{out}, qr/^  matches      $entry->[1] \Q$hit\E$/m,
	    "... matches $hit");
	like($run->{out}, qr/^  matches not  $entry->[1] \Q$miss\E$/m,
	    "... matches not $miss");
	like($run->{out}, qr/would have matched 0 messages/,
	    '... and met none of no mail');
}
ok(!-e $managed, 'nothing was written');
my $run = $site->gatepost('list', 'add', qw(block sender real.example));
like($run->{out}, qr/matches not  sender anyone\@mail\.real\.example/,
    'an entry that is added says so, too');

# --- past mail --------------------------------------------------------------

$site->start;
my %id;

sub mail {
	my ($id, %arg) = @_;
	my $text = "From: \"" . ($arg{name} || '') . '" <' .
	    ($arg{from} || 'a@free.example') . ">\nTo: j\@example.org\n" .
	    "Subject: about $id\nDate: Sat, 21 Nov 2026 10:00:00 +0000\n" .
	    "Message-ID: <$id\@test>\nMIME-Version: 1.0\n" .
	    ($arg{header} || '');

	$site->milter_message(from => $arg{envelope} || 'x@free.example',
	    client => $arg{ip} || '192.0.2.7',
	    client_name => $arg{client_name} || 'mx.free.example',
	    rcpt => $arg{rcpt} || 'jane@example.org',
	    data => "$text\n" . ($arg{body} || 'text') . "\n");
}

my $none = "Authentication-Results: auth.local; spf=none\n";
my $file = "octets of a file\n";
mail('plain');
mail('sender', from => 'bob@evil.example');
mail('below', from => 'bob@mail.evil.example');
mail('two', from => 'a@free.example>, <bob@evil.example');
mail('envelope', envelope => 'x@bounce.example');
mail('client', ip => '198.51.100.7');
mail('link', body => 'http://www.evil.test/login');
mail('name', name => 'JANE  Director');
mail('file', header => 'Content-Type: application/octet-stream; ' .
    "name=\"Run.SCR\"\nContent-Disposition: attachment\n" .
    "Content-Transfer-Encoding: base64\n", body => encode_base64($file));
mail('pair', from => 'boss@bank.example', header => $none,
    client_name => 'mx.mailer.example');
mail('held', from => 'eve@held.example', body => 'http://evil.test/');
mail('users', from => 'bob@many.example',
    rcpt => ['jane@example.org', 'joe@example.org']);
ok(Gatepost::Test::wait_for(10, sub {
	@{$site->json('trace')->{records}} == 12 }), 'the ledger has them');

# Entry, the messages that it would have matched, how many were delivered and
# changed.
my @cases = (
	[ [qw(block sender bob@evil.example)], 'sender two', 2, 2 ],
	[ [qw(block sender evil.example)], 'sender two', 2, 2 ],
	[ [qw(block sender *.evil.example)], 'below sender two', 3, 3 ],
	[ ['block', 'sender', '/^bob@/'], 'below sender two users', 4, 4 ],
	[ [qw(block envelope bounce.example)], 'envelope', 1, 1 ],
	[ [qw(block ip 198.51.100.7)], 'client', 1, 1 ],
	[ [qw(block ip 198.51.100.0/24)], 'client', 1, 1 ],
	[ [qw(block url evil.test)], 'held link', 1, 1 ],
	[ [qw(block url www.evil.test/login)], 'link', 1, 1 ],
	[ ['block', 'name', 'Jane Director'], 'name', 1, 1 ],
	[ ['block', 'name', "J\x{430}ne Director"], 'name', 1, 1 ],
	[ ['block', 'file', sha256_hex($file)], 'file', 1, 1 ],
	[ [qw(block filename *.scr)], 'file', 1, 1 ],
	[ [qw(block filename run.scr)], 'file', 1, 1 ],
	[ [qw(block spoof bank.example mailer.example)], 'pair', 1, 1 ],
	[ [qw(block spoof bank.example other.example)], '', 0, 0 ],
	[ [qw(observe sender evil.example)], 'sender two', 2, 0 ],
	[ [qw(allow sender free.example)],
	    'client envelope file link name plain two', 7, 0 ],
	[ [qw(block sender many.example for=joe@example.org)], 'users', 1, 1 ],
	[ [qw(block sender many.example for=ann@example.org)], '', 0, 0 ],
	[ [qw(allow sender held.example proof=none)], 'held', 0, 0 ],
	[ [qw(allow sender eve@held.example proof=none)], 'held', 0, 1 ],
	[ [qw(block sender bob@evil.example expires=2026-01-01)], '', 0, 0 ],
	[ [qw(block sender new.example)], '', 0, 0 ],
);
foreach my $case (@cases) {
	my ($entry, $ids, $delivered, $changed) = @$case;
	my @words = map { my $w = $_; utf8::encode($w); $w } @$entry;
	my $json = $site->json('list', 'add', '--dry-run=30d', @words);

	is(join(' ', sort map { $_->{subject} =~ s/^about //r }
	    @{$json->{messages}}), $ids, "@words: " . ($ids || 'none'));
	is_deeply([@{$json}{qw(matched delivered changed missed)}],
	    [scalar(split(' ', $ids)), $delivered, $changed, undef],
	    "... $delivered delivered, $changed changed");
}
my $json = $site->json('list', 'add', '--dry-run', qw(block sender
    evil.example));
my ($one) = grep { $_->{subject} eq 'about sender' } @{$json->{messages}};
is_deeply([@{$one}{qw(from was would)}],
    ['bob@evil.example', 'deliver', 'quarantine'],
    'what it was and what it would have been');
like($site->gatepost('why', $one->{id})->{out}, qr/about sender/,
    '... of a message that why knows');
$run = $site->gatepost('list', 'add', '--dry-run=1h', qw(block sender
    evil.example));
like($run->{out}, qr/would have matched 2 messages since \d{4}-.*: 2 of them/,
    'in words');
like($run->{out}, qr/^\w{26}  \S+  bob\@evil\.example +deliver +quarantine /m,
    '... with a table');
my $text = Gatepost::Test::read_file($managed);
is(() = $text =~ /^block/mg, 1, 'nothing was written');
is($site->gatepost('list', 'add', '--dry-run=soon', qw(block sender
    evil.example))->{code}, 64, 'a span that is none');
is($site->gatepost('list', 'add', '--dry-run', qw(block sender
    held.example))->{code}, 65, 'an entry that is there already');

# Where nothing was proven, why proposes the pair, and no sender.
my ($record) = @{$site->json('trace', '--from', 'boss@bank.example')->{records}};
my $why = $site->gatepost('why', $record->{id})->{out};
like($why, qr/list add block spoof boss\@bank\.example 192\.0\.2\.7\n/,
    'of a message that nothing proves, why proposes the pair');
unlike($why, qr/list add block sender/, '... and not the sender');
mail('hostile', from => '"$(touch x)"@shell.example', header => $none);
Gatepost::Test::wait_for(10, sub { @{$site->json('trace')->{records}} == 13 });
like($site->gatepost('why', 'hostile@test')->{out},
    qr/list add block spoof '%22[^']+\@shell\.example' 192\.0\.2\.7\n/,
    'what a stranger wrote is quoted for the shell');
$site->stop;

done_testing();
