#!/usr/bin/perl
#
# 730-alerts.t -- what admins are told by mail and by a program: at once, then
# together; again when the MTA was away; jobs of cron that are overdue

use strict;
use warnings;

use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/lib";
use Gatepost::Sink;
use Gatepost::Test;
use Test::More;

my $sqlite = Gatepost::Test::installed('sqlite3');
plan(skip_all => 'sqlite3 is not installed') unless $sqlite;

my $site = Gatepost::Test->new(tenant => { policy => { spam => 'quarantine' } },
    lists => { example => "block sender *.evil.example\n" });
my $sink = Gatepost::Sink->new(folder => $site->dir . '/sink');
my $heard = $site->dir . '/heard';
my $program = $site->dir . '/program';
my %tenant = (name => 'example', domains => ['example.org'],
    lists => ['@DIR@/lists/example.list'],
    quarantine => { rights => { block_sender => ['request'] } },
    admins => ['chief@example.org', 'deputy@example.org'],
    alerts => { command => [$program, $heard] });

Gatepost::Test::write_file($program, "#!/bin/sh\ncat >> \"\$1\"\n" .
    "id -u >> \"\$1.uid\"\n");
chmod(0755, $program);
Gatepost::Test::write_file($heard, '');
Gatepost::Test::write_file("$heard.uid", '');
chmod(0666, $heard, "$heard.uid");
chmod(0755, $site->dir);

sub configure {
	$site->write_config(release => { smtp => $sink->place },
	    tenants => [\%tenant], @_);
}

sub sql { return $site->run($sqlite, $site->state_dir . '/state.db', @_)->{out} }
sub alerts { return map { decode_json($_) } split(/\n/, Gatepost::Test::read_file($heard)) }

sub subjects { return map { /^Subject: (.*?)\r?$/m ? $1 : () } map { $_->{data} // $_ } $sink->mails }

configure();
$site->start;

sub hold {
	my ($n) = @_;
	my $mail = $site->milter_message(from => "x$n\@a.evil.example",
	    rcpt => ['alice@example.org'], client => '198.51.100.9',
	    data => "From: <x$n\@a.evil.example>\nSubject: s$n\n" .
	    "Message-ID: <$n\@x>\n\nhello $n\n");
	my ($id) = map { $_->{id} } grep { $_->{subject} eq "s$n" }
	    @{$site->json('quarantine', 'list')->{items}};

	return $id;
}

sub request {
	my ($id) = @_;
	my $run = $site->gatepost('quarantine', 'request', $id, '--by',
	    'alice@example.org', '--as-user');

	diag($run->{err}) if $run->{code};
	return $run;
}

# --- at once, then together --------------------------------------------------------

my @ids = map { hold($_) } 1 .. 4;
request($ids[0]);
is_deeply([subjects()], [("Release requested: $ids[0]") x 2],
    'the first is told at once, to each admin');
my @got = alerts();
is(scalar @got, 1, '... and to the program, once');
is_deeply([@{$got[0]}{qw(alert severity tenant count told)}],
    ['release-requested', 'informational', 'example', 1, 0],
    '... with what it is');
like($got[0]{text}, qr/gatepost quarantine approve $ids[0]/,
    '... and what can be done');
$sink->forget;
request($ids[$_]) foreach 1, 2;
is_deeply([subjects()], [], 'two more wait until the window is over');
sql('UPDATE alert SET first = first - 16 * 60000000');
is($site->gatepost('sweep')->{code}, 0, 'when it is over');
is_deeply([subjects()], [('2 more releases requested') x 2],
    '... they are told together');
like(join('', map { $_->{data} // $_ } $sink->mails),
    qr/approve $ids[1].*approve $ids[2]/s, '... both of them');
@got = alerts();
is_deeply([@{$got[-1]}{qw(count told)}], [3, 1], '... to the program, too');
$sink->forget;
$site->gatepost('sweep');
is_deeply([subjects()], [], '... and once');
request($ids[3]);
is_deeply([subjects()], [("Release requested: $ids[3]") x 2],
    'after that the next is told at once again');
$sink->forget;

# --- the MTA is away ------------------------------------------------------------------

sql('DELETE FROM alert');
my $late = hold(5);
configure(release => { smtp => '127.0.0.1:' . Gatepost::Test::free_port() });
my $run = request($late);
is($run->{code}, 0, 'the MTA is away: what was asked is done');
like($run->{err}, qr/notice-failed alert=release-requested/, '... and logged');
configure();
$site->gatepost('sweep');
is_deeply([subjects()], [("Release requested: $late") x 2],
    '... and told when it is back');
is(scalar(grep { $_->{text} =~ /$late/ } alerts()), 1,
    '... while the program was told once, at once');
$sink->forget;

# --- one of the admins is not known to the MTA ---------------------------------------

my $picky = Gatepost::Sink->new(folder => $site->dir . '/picky',
    refuses => qr/deputy/);

sql('DELETE FROM alert');
configure(release => { smtp => $picky->place });
$late = hold(8);
$run = request($late);
like($run->{err}, qr/notice-failed .* to=deputy\@example\.org/,
    'an admin whom the MTA does not take is logged');
is($site->gatepost('sweep')->{code}, 0, '... and is no fault of a sweep');
$site->gatepost('sweep');
is(scalar($picky->mails), 1, '... nor a reason to tell the other again');
is(scalar(grep { $_->{text} =~ /$late/ } alerts()), 1,
    '... nor the program');
$picky->stop;
configure();

# --- the clock goes back ---------------------------------------------------------------

sql('UPDATE alert SET first = first + 365 * 86400 * 1000000, ' .
    'last = last + 365 * 86400 * 1000000');
$late = hold(9);
request($late);
is_deeply([subjects()], [("Release requested: $late") x 2],
    'one of the future keeps none of today from being told');
$sink->forget;

# --- off, and a program that fails --------------------------------------------------------

sql('DELETE FROM alert');
$tenant{alerts}{off} = ['release-requested'];
configure();
request(hold(6));
is_deeply([subjects()], [], 'what is off is not told');
$tenant{alerts} = { command => ['/bin/false'] };
configure();
$run = request(hold(7));
like($run->{err}, qr/alert-command-failed .*did not exit with 0/,
    'a program that fails is logged');
is(scalar(subjects()), 2, '... and the mail goes all the same');
$sink->forget;
$tenant{alerts} = { off => ['nonsense'], command => ['page-me'] };
configure();
my $check = $site->gatepost('check');
like($check->{err} . $check->{out}, qr/alerts\.off: "nonsense" is no alert/,
    'a kind that is none is an error');
like($check->{err} . $check->{out}, qr/alerts\.command: "page-me" is no path/,
    '... and a program without a path');

# --- what nobody raises -----------------------------------------------------------------------

$tenant{alerts} = { command => [$program, $heard], burst => 3 };
configure(cron => { sweep => 60 });
$site->stop;
sql('DELETE FROM alert');
sql("UPDATE job SET last = last - 3 * 3600 * 1000000 WHERE name = 'sweep'");
Gatepost::Test::write_file($heard, '');
chmod(0666, $heard);
$sink->forget;
$site->start;
ok(Gatepost::Test::wait_for(30, sub { subjects() == 2 }),
    'a job of cron is overdue');
is_deeply([subjects()], [('gatepost sweep has not succeeded lately') x 2],
    '... which the daemon tells');
ok(Gatepost::Test::wait_for(5, sub { alerts() }), '... the program, too');
is((alerts())[0]{alert}, 'job-overdue', '... as what it is');
like(Gatepost::Test::read_file("$heard.uid"), qr/^(?!0$)\d+$/m,
    '... which does not run as root');
$sink->forget;
$site->milter_message(from => "a$_\@s.example", client => '198.51.100.9',
    rcpt => ['bob@example.org'], data => "From: Bank, Inc <a$_\@s$_.example>\n" .
    "Subject: " . chr(64 + $_) . "\n\nbody $_\n") foreach 1 .. 3;
ok(Gatepost::Test::wait_for(40, sub {
	grep { /^Many suspected messages/ } subjects() }),
    'a burst of candidates is told');

$sink->forget;
my $mail = "From: a1\@s1.example\nSubject: reported\nMessage-ID: <r\@x>\n\nx\n";
$run = $site->run({ stdin => $mail }, Gatepost::Test::program('gatepost'),
    '-c', $site->config_file, 'report', 'add', '--as', 'phish', '--user',
    'bob@example.org');
is($run->{code}, 0, 'a report') or diag($run->{err});
sql('UPDATE report SET at = at - 4 * 86400 * 1000000');
ok(Gatepost::Test::wait_for(40, sub {
	grep { /^Users' reports wait/ } subjects() }),
    '... that nobody looked at for four days is told');

# Candidates wait for a drain as well, though nothing was submitted.
configure(cron => { sweep => 60, drain => 5 }, analysts => [ {
    name => 'local', type => 'command', argv => ['/bin/true'],
    local => \1 } ]);
$site->stop;
sql('DELETE FROM alert');
sql("UPDATE job SET last = last + 3 * 3600 * 1000000 WHERE name = 'sweep'");
sql("INSERT INTO job (name, last) SELECT 'drain', last - 3600 * 1000000 " .
    "FROM job WHERE name = 'sweep'");
is(sql('SELECT COUNT(*) FROM submission') + 0, 0, 'nothing is submitted');
$sink->forget;
$site->start;
ok(Gatepost::Test::wait_for(30, sub {
	grep { $_ eq 'gatepost drain has not succeeded lately' } subjects() }),
    '... and a drain that does not run is told where there are analysts');

$sink->stop;
$site->stop;
done_testing();
