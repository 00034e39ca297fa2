#!/usr/bin/perl
#
# 707-report-room.t -- reports that wait take no more of the disk than
# reports.quota allows: large ones of one sender and of many, of strangers,
# of tenants apart, over a restart; and none is lost

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Reports qw(carrier phish worked_off);
use Gatepost::Test;
use Test::More;

my $site = Gatepost::Test->new(
    tenants => [
	{ name => 'example', domains => ['example.org'],
	  reports => { phish => 'phish@example.org', quota => '4M' } },
	{ name => 'small', domains => ['small.org'],
	  reports => { phish => 'phish@small.org', quota => '1M' } },
	{ name => 'open', domains => ['open.org'],
	  reports => { phish => 'phish@open.org', quota => '0' } } ]);
my $reports = $site->state_dir . '/reports';
my $number = 0;

# A report of some 300,000 octets of $who, unless $lines says otherwise.
sub report {
	my ($who, $domain, $lines, @macros) = @_;
	my $message = phish(subject => 'large ' . ++$number);

	@macros = ("mail:auth_authen=$who") if $who =~ /\@$domain$/;
	return $site->milter_message(from => $who,
	    rcpt => ["phish\@$domain"], client => '198.51.100.77',
	    macros => \@macros, data => carrier(from => $who,
		to => "phish\@$domain", message => $message .
		('x' x 69 . "\n") x ($lines // 4240)));
}

sub verdicts {
	my ($count, @args) = @_;

	return join(' ', map { report(@args)->{verdict} } 1 .. $count);
}

sub waiting {
	my $sum = 0;

	$sum += -s $_ foreach glob("$reports/new/*.eml");
	return $sum;
}

# The clerk can keep nothing, so all that comes waits; the daemon is not root.
sub stop_clerk { chmod(0500, "$reports/kept") or die "$reports: $!\n" }
sub let_clerk_go { chmod(0750, "$reports/kept") or die "$reports: $!\n" }

$site->start;
stop_clerk();

# --- one sender --------------------------------------------------------------

is(verdicts(3, 'al@example.org', 'example.org'), 'discard discard discard',
    'large reports of one person are taken');
my $got = report('al@example.org', 'example.org');
is($got->{verdict}, 'tempfail', '... up to a quarter of the quota');
like($got->{reply}, qr/^452 4\.3\.1 .*send this one again later/,
    '... beyond, he hears what to do');
is(report('al@example.org', 'example.org', 10)->{verdict}, 'discard',
    '... a small one still has room');

# --- many --------------------------------------------------------------------

is(verdicts(3, "$_\@example.org", 'example.org'), 'discard discard discard',
    "$_ is heard all the same") foreach qw(bo cy di);
is(verdicts(2, 'ed@example.org', 'example.org'), 'discard tempfail',
    '... until all together have filled the quota');
cmp_ok(waiting(), '<=', 4 << 20, '... which is what they take of the disk');
my $before = waiting();
is(verdicts(2, "s$_\@evil.example", 'example.org'), $_ == 1 ?
    'discard tempfail' : 'tempfail tempfail',
    "stranger $_ shares a tenth of his own") foreach 1, 2;
cmp_ok(waiting() - $before, '<=', (4 << 20) / 10, '... and no more');

# --- others ------------------------------------------------------------------

is(verdicts(2, 'jo@small.org', 'small.org'), 'discard tempfail',
    'a first report has room, larger though it is than his part');
is(verdicts(5, 'jo@open.org', 'open.org'), join(' ', ('discard') x 5),
    'without a quota there is no limit');
is($site->milter_message(from => 'a@b.example', rcpt => ['al@example.org'],
    client => '198.51.100.77')->{verdict}, 'continue', 'other mail goes on');
is(verdicts(2, 'al@example.org', 'example.org'), 'tempfail tempfail',
    'refused once, refused again: it does not count as one more');
my ($dropped) = grep { $_->{tenant} eq 'example' && $_->{why} eq 'waiting' }
    @{$site->json('report', 'list')->{dropped}};
is($dropped->{count}, 1 + 1 + 3 + 2, 'what was refused is counted');

# Who works them off is a thread that lets mail go first.
sub nice {
	return (split(' ', Gatepost::Test::read_file("$_[0]/stat") =~
	    s/^.*\) //sr))[16];
}
my $front = '/proc/' . $site->front_pid;
is(scalar(grep { nice($_) > nice($front) } glob("$front/task/*")), 1,
    'one thread of the front is nice to the others');

# --- over a restart, and worked off --------------------------------------

$site->stop;
$site->start;
is(report('al@example.org', 'example.org')->{verdict}, 'tempfail',
    'after a restart what waits is known');
let_clerk_go();
$site->stop;
$site->start;
ok(worked_off($site, 30), 'the clerk can go on, and works all off');
is(scalar @{$site->json('report', 'list', '--tenant', 'example')->{items}},
    14, '... none is lost');
is(report('al@example.org', 'example.org')->{verdict}, 'discard',
    '... and there is room again');
$site->stop;

done_testing();
