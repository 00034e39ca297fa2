#!/usr/bin/perl
#
# 735-alerts-clock.t -- a clock that was wrong once mutes nothing: the time of
# a job of cron that is still to come says nothing of when it was done

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Sink;
use Gatepost::Test;
use Test::More;

my ($shim) = glob('/usr/lib/*/faketime/libfaketimeMT.so.1');
my $sqlite = Gatepost::Test::installed('sqlite3');
plan(skip_all => 'faketime or sqlite3 is not installed')
    unless $shim && $sqlite;

use constant HOUR => '3600 * 1000000';

my $site = Gatepost::Test->new;
my $sink = Gatepost::Sink->new(folder => $site->dir . '/sink');
my $clock = $site->dir . '/run/clock';

# How far the daemon's clock is from ours: "+9000".
sub set_clock { Gatepost::Test::write_file($clock, "$_[0]\n") }

sub sql { return $site->run($sqlite, $site->state_dir . '/state.db', @_)->{out} }

# A job was done in $hours, as it seems.
sub done_in {
	my ($name, $hours) = @_;

	sql("INSERT INTO job (name, last) VALUES ('$name', strftime('%s') * " .
	    "1000000 + $hours * " . HOUR . ') ON CONFLICT (name) DO UPDATE ' .
	    'SET last = excluded.last');
}

sub alerts {
	return map { $_->{data} =~ s/\r//gr } grep {
		$_->{data} =~ /^Subject: gatepost sweep/m } $sink->mails;
}

set_clock('+0');
$site->{env} = { LD_PRELOAD => $shim, FAKETIME_TIMESTAMP_FILE => $clock,
    FAKETIME_NO_CACHE => 1, DONT_FAKE_MONOTONIC => 1,
    FAKETIME_ONLY_CMDS => 'gatepostd',
    ASAN_OPTIONS => 'verify_asan_link_order=0' };
$site->write_config(release => { smtp => $sink->place },
    cron => { sweep => 60 }, tenants => [ { name => 'example',
	domains => ['example.org'], admins => ['chief@example.org'] } ]);
$site->start;
$site->stop;

# --- the daemon --------------------------------------------------------------

done_in('sweep', 24 * 365);
$site->start;
sleep(5);	# it looks first after 2 seconds
is(scalar alerts(), 0, 'a job done in a year, as it seems, is not overdue');
set_clock('+10800');
ok(Gatepost::Test::wait_for(60, sub { alerts() }),
    '... but it is when it is not done for three hours more');
my ($alert) = alerts();
my ($since) = $alert =~ /sweep has not been done since (\S+),/;
cmp_ok($since, 'lt', $site->run($sqlite, ':memory:',
    "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '+1 hour')")->{out},
    '... since when, is no time to come');
$site->stop;

# --- the command -------------------------------------------------------------

done_in('drain', 5);
my $status = $site->gatepost('status');
like($status->{out}, qr/^drain +unknown$/m,
    'status does not say that it will have been done');
done_in('drain', -5);
like($site->gatepost('status')->{out}, qr/^drain +\d{4}-/m,
    '... and says when it was');

done_testing();
