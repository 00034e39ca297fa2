#!/usr/bin/perl
#
# 130-daemon-poison.t -- a message that kills its reader costs itself alone,
# and is quarantined unread at its third try

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;
use Time::HiRes qw(time);

my $shim = Gatepost::Test::program('fault.so');
plan skip_all => 'the fault shim is not built' unless -e $shim;

my $site = Gatepost::Test->new(env => { LD_PRELOAD => $shim,
    ASAN_OPTIONS => 'verify_asan_link_order=0' });
$site->start;

sub mail {
	my ($word, $n) = @_;

	return "From: a\@client.example\nTo: jane\@example.org\n" .
	    "Message-ID: <$word.$n\@client.example>\nSubject: $word\n" .
	    "X-Fault: $word\n\nbody $n\n";
}

for my $word (qw(abort spin grow)) {
	my @rcpt = (rcpt => 'jane@example.org', from => 'a@client.example',
	    client => '192.0.2.7');

	for my $try (1, 2) {
		is($site->milter_message(@rcpt,
		    data => mail($word, 1))->{verdict}, 'tempfail',
		    "$word: try $try is answered later");
	}
	is($site->milter_message(@rcpt, data => mail('none', 1))->{verdict},
	    'continue', '... other mail goes on');
	is($site->milter_message(@rcpt, data => mail($word, 2))->{verdict},
	    'tempfail', '... another such message is counted by itself');
	is($site->milter_message(@rcpt, data => mail($word, 1))->{verdict},
	    'discard', '... try 3 is taken');
	my ($item) = grep { $_->{state} eq "held" &&
	    $_->{reason} =~ /analysis failed/ &&
	    $_->{size} == length(mail($word, 1) =~ s/\n/\r\n/gr) }
	    @{$site->json('quarantine', 'list')->{items}};
	ok($item, '... and held as "analysis failed"');
	my $raw = $site->gatepost('quarantine', 'preview', '--raw',
	    $item->{id})->{out};
	is($raw, mail($word, 1) =~ s/\n/\r\n/gr, '... octet for octet');
	$site->gatepost('quarantine', 'delete', $item->{id});
}

# A hang ends by the clock, and meanwhile others are served.
my $before = time;
my $hang = $site->milter_message(rcpt => 'jane@example.org',
    client => '192.0.2.7', data => mail('hang', 1), timeout => 30);
is($hang->{verdict}, 'tempfail', 'a worker that hangs: later');
cmp_ok(time - $before, '<', 12.5, '... within 12 s');

# An answer that drips in ends by the front's clock.
$before = time;
is($site->milter_message(rcpt => 'jane@example.org', client => '192.0.2.7',
    data => mail('drip', 1), timeout => 30)->{verdict}, 'tempfail',
    'a worker that answers one octet and stops: later');
cmp_ok(time - $before, '<', 13, '... within 13 s');

# Where nobody may be delayed the message goes on, and the ledger says so.
$site->gatepost('mode', 'observe');
ok($site->wait_log(qr/in-force.*\n.*in-force/s, 3), 'mode is observe');
is($site->milter_message(rcpt => 'jane@example.org', client => '192.0.2.7',
    data => mail('abort', 9))->{verdict}, 'continue',
    'observe: a message that kills its reader is not delayed');
$site->stop;

done_testing();
