#!/usr/bin/perl
#
# 925-hard-report.t -- killed at each step on disk of taking a report and of
# working it off: it is listed once, whole, and answered

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Reports qw(carrier phish worked_off);
use Gatepost::Test;
use Test::More;

my $shim = Gatepost::Test::program('crash.so');
plan(skip_all => 'the crash shim is not built') unless -e $shim;

use constant MOST => 100;	# steps; there are some 30

my $alice = 'alice@example.org';
my $site = Gatepost::Test->new(
    tenant => { reports => { phish => 'phish@example.org',
	hourly => 1000 } });
my $file = $site->dir . '/run/crash';

$site->{env} = { LD_PRELOAD => $shim, GATEPOST_CRASH_FILE => $file,
    GATEPOST_CRASH_NAME => 'gatepost-front',
    ASAN_OPTIONS => 'verify_asan_link_order=0' };

sub report {
	my ($message) = @_;

	return eval { $site->milter_message(from => $alice,
	    rcpt => [ 'phish@example.org' ], client => '198.51.100.77',
	    macros => [ "mail:auth_authen=$alice" ],
	    data => carrier(from => $alice, to => 'phish@example.org',
		message => $message))->{verdict} } // 'broken';
}

# What is wrong with the rows of MESSAGE, of subject ID.
sub fault {
	my ($id, $message) = @_;
	my @rows = grep { $_->{subject} eq $id }
	    @{$site->json('report', 'list')->{items}};

	return scalar(@rows) . ' rows' if @rows != 1;
	my $item = $site->json('report', 'show', $rows[0]{id})->{items}[0]
	    {item};
	my $octets = Gatepost::Test::read_file($site->state_dir .
	    "/reports/kept/$item.eml") // '';

	$octets =~ s/\r\n/\n/g;
	return index($octets, $message =~ s/\n+\z//r) == 0 ? '' : 'torn';
}

my ($killed, $last, @bad) = (0, 0);
$site->restart;
report(phish(subject => 'first'));
worked_off($site, 20, '*.json');
for my $n (1 .. MOST) {
	my $id = "step-$n";
	my $message = phish(subject => $id);

	Gatepost::Test::write_file($file, $n);
	my $verdict = report($message);
	Gatepost::Test::wait_for(1.5, sub { !-e $file });
	if (-e $file) {
		unlink $file;
		push @bad, "$n: $verdict" if $verdict ne 'discard';
		$last = $n;
		last;
	}
	$killed++;
	$site->restart;
	# The MTA comes again when it was not answered.
	push @bad, "$n: not taken again"
	    if $verdict ne 'discard' && report($message) ne 'discard';
	worked_off($site, 20, '*.json') or push @bad, "$n: not worked off";
	my $fault = fault($id, $message);
	push @bad, "$n: $fault" if $fault;
}
cmp_ok($killed, '>=', 8, "killed at $killed steps of a report");
cmp_ok($last, '>', 0, '... which were all');
is(join("\n", @bad), '', '... each time listed once, and whole');
$site->stop;

done_testing();
