#!/usr/bin/perl
#
# 140-daemon-pressure.t -- admission, slow workers, head of line

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use IO::Socket::UNIX;
use Test::More;
use Time::HiRes qw(time);

my $shim = Gatepost::Test::program('fault.so');
plan skip_all => 'the fault shim is not built' unless -e $shim;

# Sessions beyond the limit get 421 at HELO, those within it go on.
{
	my $site = Gatepost::Test->new(config => { sessions => 3 });
	my @held;

	$site->start;
	my $sum = $site->driver('--messages', 12, '--connections', 12,
	    '--per-connection', 1, '--burst', '--rcpt', 'jane@example.org',
	    '--domains', 12);
	my $refused = grep { ($_->{reply} // '') =~ /421/ } @{$sum->{log}};
	cmp_ok($refused, '>=', 1, 'sessions beyond the limit get 421');
	my $taken = grep { $_->{verdict} eq 'continue' } @{$sum->{log}};
	is($taken, 3, '... and as many as the limit are served');
	is($site->milter_message(rcpt => 'jane@example.org')->{verdict},
	    'continue', '... and later ones, when those have gone');
	$site->stop;
}

# 64 messages whose worker answers after 1 s: all answered together.
{
	my $site = Gatepost::Test->new(
	    config => { workers => { min => 64, max => 64 },
		internal_networks => [ '192.0.2.254' ] },
	    env => { LD_PRELOAD => $shim, GATEPOST_FAULT_DELAY_MS => 1000,
		ASAN_OPTIONS => 'verify_asan_link_order=0' });

	$site->start;
	ok(Gatepost::Test::wait_for(30, sub {
		(my @all = $site->worker_pids) >= 64 }), '64 workers');
	my $sum = $site->driver('--messages', 64, '--connections', 64,
	    '--per-connection', 1, '--burst', '--domains', 64,
	    '--rcpt', 'jane@example.org', '--client', '198.51.100.7');
	is($sum->{continue}, 64, '64 messages are answered');
	# Serial service would take 32 s and more.
	cmp_ok($sum->{max_ms}, '<', 10_000, '... not one after the other');
	diag("slowest answer: $sum->{max_ms} ms");

	# One stranger's domain holds a quarter of the workers at most.
	$sum = $site->driver('--messages', 64, '--connections', 64,
	    '--per-connection', 1, '--burst', '--from', 'x@one.example',
	    '--rcpt', 'jane@example.org', '--client', '198.51.100.7');
	is($sum->{continue}, 16, 'one domain: a quarter is served at once');
	is($sum->{tempfail}, 48, '... and the rest is to come again');
	like($site->log, qr/holds a quarter of the workers/,
	    '... and the log says why');
	$site->stop;
}

done_testing();
