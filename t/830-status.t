#!/usr/bin/perl
#
# 830-status.t -- what works, what waits and what is wrong, for a person and
# for a monitor

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Sink;
use Gatepost::Test;
use Test::More;

my $site = Gatepost::Test->new(lists => { example =>
    "block sender *.evil.example\n" }, config => {
    release => { smtp => '127.0.0.1:1' } });

sub status {
	my ($shift) = @_;
	my $result = $site->gatepost({ in => $shift }, 'status');

	return ($result->{code}, $result->{out} . $result->{err});
}

my ($code, $text) = status();
is($code, 1, 'without a daemon something is wrong');
like($text, qr/^daemon +does not run, /m, '... as it says');
like($text, qr/^! gatepostd does not run/m, '... with what to do');

$site->start;
($code, $text) = status();
is($code, 0, 'with one, nothing is') or diag($text);
like($text, qr/^daemon +runs, unix:/m, '... it runs');
like($text, qr/^mode +example enforce$/m, '... in this mode');
like($text, qr/^lists +1 entries, compiled 2\S+Z$/m, '... with its lists');
$site->write_list(example => "block sender *.evil.example\n" .
    "block sndr x.example\nblock url\n");
($code, $text) = status();
is($code, 1, 'a broken list is something wrong');
like($text, qr/^! 2 errors in lists, .*gatepost check --lists; \S+example\.list:2: /m,
    '... with its first place, and what to do');
$site->write_list(example => "block sender *.evil.example\n");
($code, $text) = status();
is($code, 0, '... until it is mended') or diag($text);
like($text, qr/^$_ +0$/m, "... nothing is $_")
    foreach qw(held requested approved outbox candidates submissions);
like($text, qr/^disk +\d+ % free, 5 % are needed$/m, '... the disk has room');

$site->milter_message(from => 'a@x.evil.example', rcpt => 'jane@example.org',
    data => "From: a\@x.evil.example\r\nSubject: x\r\n\r\nhello\r\n");
my $id;
Gatepost::Test::wait_for(10, sub {
	($id) = map { $_->{id} } @{$site->json('quarantine', 'list')->{items}};
});
like((status())[1], qr/^held +1, the oldest 0 min old$/m, 'one is held');
$site->gatepost('quarantine', 'request', $id, '--rcpt', 'jane@example.org',
    '--by', 'jane@example.org');
my $json = $site->json('status');
is($json->{requested}{count}, 1, 'one is requested, as JSON');
like($json->{requested}{oldest}, qr/^\d{4}-\d\d-\d\dT.*Z$/, '... and since');
is_deeply($json->{alerts}, [], '... which is nothing bad yet');

SKIP: {
	skip('faketime is not installed', 2)
	    unless Gatepost::Test::installed('faketime');
	($code, $text) = status('+4d');
	is($code, 1, 'four days later it is');
	like($text, qr/^! users wait for an answer: .*--state requested$/m,
	    '... and what to do is said');
}

$site->gatepost('quarantine', 'approve', $id, '--rcpt', 'jane@example.org');
($code, $text) = status();
is($code, 1, 'approved, and the MTA takes nothing');
like($text, qr/^! approved mail is not delivered yet/m, '... is said');
$site->stop;
done_testing;
