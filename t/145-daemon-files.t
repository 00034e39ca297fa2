#!/usr/bin/perl
#
# 145-daemon-files.t -- with few descriptors: what is only recorded never
# delays mail, however much of it waits

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need('prlimit');

# Every message is a candidate, and comes faster than its copy is synced.
my $site = Gatepost::Test->new(
    wrap => [ 'prlimit', '--nofile=1024:1024' ]);
my $file = $site->dir . '/candidate.eml';

Gatepost::Test::write_file($file, "From: Bank, Inc <a\@one.example>\n" .
    "Reply-To: b\@two.example\nSubject: s\n\nx\n");
$site->start;

my $front = $site->front_pid;
my ($later, $most) = (0, 0);
for (1 .. 3) {
	my $sum = $site->driver('--messages', 1500, '--mail', $file,
	    '--rcpt', 'jane@example.org', '--client', '192.0.2.7', '--from',
	    'a@one.example');
	my $open = () = glob("/proc/$front/fd/*");

	$later += 1500 - $sum->{continue};
	$most = $open if $open > $most;
}
is($later, 0, '4,500 candidates in a row: none is answered later');
cmp_ok($most, '<', 700, "... and there are descriptors left ($most in use)");
ok(Gatepost::Test::wait_for(20, sub {
	# The stores alone have some 60.
	(() = glob("/proc/$front/fd/*")) < 80 }),
    '... which are given back');
unlike($site->log, qr/Too many open files/, '... never too few');
cmp_ok($site->json('candidate', 'list')->{items}[0]{count}, '>=', 100,
    '... and many were kept');
is($site->json('stats')->{messages}, 4500, '... all are in the ledger');
is($site->front_pid, $front, '... by the same front');
$site->stop;

done_testing();
