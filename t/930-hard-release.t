#!/usr/bin/perl
#
# 930-hard-release.t -- releases that are killed, and files that are damaged
#
# Each release is sent at least once and at most twice, its bytes the same;
# what the disk has changed is never sent.  GATEPOST_LONG makes it 1,000
# releases with 100 kills and 1,000 damages (make check-long).

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Sink;
use Gatepost::Test;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);

my ($items, $kills, $flips) = $ENV{GATEPOST_LONG} ? (1000, 100, 1000) :
    (60, 20, 200);
my $seed = $ENV{GATEPOST_SEED} // 4711;
my $site = Gatepost::Test->new(
    lists => { example => "block sender evil.example\n" });
my $sink = Gatepost::Sink->new(folder => $site->dir . '/sink');
my $gatepost = Gatepost::Test::program('gatepost');
my $alice = 'alice@example.org';

srand($seed);
diag("seed $seed, $items releases, $kills kills, $flips damages");
$site->write_config(release => { smtp => $sink->place });
$site->start;
$site->driver('--messages', $items, '--connections', 2, '--from',
    'x@evil.example', '--rcpt', $alice, '--client', '198.51.100.25',
    '--mail', do {
	my $file = $site->dir . '/mail.eml';

	Gatepost::Test::write_file($file, "From: x\@evil.example\r\n" .
	    "Subject: x\r\n\r\n.dot\r\n" . "line of text\r\n" x 50);
	$file;
    });
$site->stop;

my %state = map { $_->{id} => $_ } @{$site->json('quarantine', 'list',
    '--most', 0)->{items}};
my @ids = sort keys %state;
is(scalar @ids, $items, 'all are held') or diag($site->log_tail);
my %body = map {
	my ($file) = glob($site->state_dir . "/quarantine/*/$_.eml");
	my ($body) = Gatepost::Test::read_file($file) =~ /\r\n\r\n(.*)\z/s;
	$_ => $body;
} @ids;

sub run_quietly {
	my (@args) = @_;
	my $child = fork // die "fork: $!\n";

	return $child if $child;
	open(STDOUT, '>', '/dev/null');
	open(STDERR, '>', '/dev/null');
	exec($gatepost, '-c', $site->config_file, @args) or POSIX::_exit(99);
}

# --- killed releases ------------------------------------------------------

# How long one takes, so that the kills fall all over it.
my $start = time;
waitpid(run_quietly('quarantine', 'release', $ids[0]), 0);
my $long = (time - $start) * 1.2;
my %killed = map { $_ => 1 } (1 .. @ids - 1)[map { int(rand(@ids - 1)) }
    1 .. $kills];
my $dead = 0;

foreach my $i (1 .. @ids - 1) {
	my $child = run_quietly('quarantine', 'release', $ids[$i]);

	if ($killed{$i}) {
		sleep(rand($long));
		kill('KILL', $child);
	}
	waitpid($child, 0);
	$dead += ($? & 127) == 9;
}
cmp_ok($dead, '>', 0, "$dead releases were killed at work");
is($site->gatepost('quarantine', 'release', '--state', 'held')->{code}, 0,
    'what is still held is released then');

my (%sent, @bad);
foreach my $mail ($sink->mails) {
	my ($id) = $mail->{data} =~ /^X-Gatepost-Id: (\w{26})\r$/m;
	my ($got) = $mail->{data} =~ /\r\n\r\n(.*)\z/s;

	$sent{$id}++;
	$got =~ s/^\.\././gm;
	push(@bad, $id) if $got ne $body{$id};
}
is_deeply([grep { !$sent{$_} } @ids], [], 'each is sent');
is_deeply([grep { $sent{$_} > 2 } @ids], [], '... at most twice');
is_deeply(\@bad, [], '... its bytes the same');
my $twice = grep { $sent{$_} == 2 } @ids;
cmp_ok($twice, '<=', $dead, "... $twice of them twice, since they were "
    . 'killed between');
my %now = map { $_->{id} => $_->{state} } @{$site->json('quarantine', 'list',
    '--most', 0)->{items}};
is_deeply([grep { $now{$_} ne 'released' } @ids], [],
    'all are released in the end');
is_deeply([grep {
	1 != grep { $_->{what} eq 'released' }
	    @{$site->json('quarantine', 'show', $_)->{audit}}
} @ids[0 .. 9]], [], '... and the audit log has each once');

# --- damaged files --------------------------------------------------------

$site->start;
$site->milter_message(from => 'x@evil.example', rcpt => [ $alice ],
    client => '198.51.100.25', data => "From: <x\@evil.example>\n" .
    "Subject: to be damaged\n\n" . "text\n" x 100);
$site->stop;
my ($victim) = map { $_->{id} } @{$site->json('quarantine', 'list',
    '--state', 'held')->{items}};
my %good = map { $_ => Gatepost::Test::read_file($_) }
    glob($site->state_dir . "/quarantine/*/$victim.*");
is(scalar keys %good, 2, 'one more is held');
$sink->forget;

my (@through, @silent);
foreach my $round (1 .. $flips) {
	my $file = (sort keys %good)[rand 2];
	my $bytes = $good{$file};
	my $at = int(rand(length $bytes));

	if ($round % 10 == 0) {
		$bytes = substr($bytes, 0, $at);
	} else {
		vec($bytes, $at * 8 + int(rand(8)), 1) ^= 1;
	}
	Gatepost::Test::write_file($file, $bytes);
	waitpid(run_quietly('quarantine', 'release', $victim), 0);
	push(@silent, "$round $file $at") if $? == 0;
	push(@through, "$round $file $at") if $sink->mails;
	Gatepost::Test::write_file($file, $good{$file});
	last if @through;
}
is_deeply(\@through, [], "of $flips damages none gets out");
is_deeply(\@silent, [], '... and each is an error');
is($site->gatepost('quarantine', 'release', $victim)->{code}, 0,
    'the good one does');
is(scalar($sink->mails), 1, '... and it is the first that was sent');

$sink->stop;
done_testing();
