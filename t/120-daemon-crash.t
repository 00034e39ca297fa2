#!/usr/bin/perl
#
# 120-daemon-crash.t -- a killed worker or front comes back by itself, and no
# message is lost: 200 kill -9 under load

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use POSIX ();
use Test::More;
use Time::HiRes qw(time sleep);

my $site = Gatepost::Test->new(
    lists => { example => "block envelope evil.example\n" });
$site->start;

my ($front) = ($site->front_pid);
my ($worker) = $site->worker_pids;
kill 'KILL', $worker;
ok(Gatepost::Test::wait_for(5, sub {
	my @now = $site->worker_pids;
	@now >= 2 && !grep { $_ == $worker } @now }),
    'a killed worker is replaced');
kill 'KILL', $front;
ok(Gatepost::Test::wait_for(5, sub {
	($site->front_pid || $front) != $front }),
    'a killed front is replaced');
is($site->milter_message(rcpt => 'jane@example.org')->{verdict}, 'continue',
    '... and serves; nobody was refused a connection meanwhile');

# Half of the mail is held, half is delivered.  What was accepted is either
# let through (continue) or in quarantine (discard); nothing is neither.
my $kills = $ENV{GATEPOST_KILLS} || 200;
my $messages = 3000;
my $pid = fork // die "fork: $!";
if ($pid == 0) {
	# The children of the daemon, one after the other, at random.
	srand 7;
	for my $n (1 .. $kills) {
		my @all = ($site->worker_pids, $site->front_pid || ());
		kill 'KILL', $all[rand @all] if @all;
		sleep 0.01 + rand 0.05;
	}
	POSIX::_exit(0);
}
my @sums;
while (waitpid($pid, POSIX::WNOHANG()) == 0) {
	for my $from ('ok@good.example', 'x@evil.example') {
		push @sums, [ $from, $site->driver('--messages', 150,
		    '--connections', 4, '--tries', 50, '--from', $from,
		    '--rcpt', 'jane@example.org', '--unique') ];
	}
}
my ($sent, $wrong, $held) = (0, 0, 0);
my %refs;
for (@sums) {
	my ($from, $sum) = @$_;
	my $good = $from =~ /evil/ ? 'discard' : 'continue';

	for my $line (@{$sum->{log}}) {
		$sent++;
		$wrong++ unless $line->{verdict} eq $good;
		$refs{$line->{message_id}}++ if $good eq 'discard';
	}
}
cmp_ok($sent, '>=', 300, "$sent messages went through $kills kills");
is($wrong, 0, 'every message got its own verdict in the end, none another');
$held = $site->json('quarantine', 'list', '--most', 0)->{items};
my %ids = map { $_->{id} => 1 } @$held;
my %seen;
for my $item (@$held) {
	my $show = $site->json('quarantine', 'show', $item->{id});
	$seen{$show->{message_id}}++;
}
my @lost = grep { !$seen{s/^<|>$//gr} } keys %refs;
is(scalar @lost, 0, 'every message that was taken off is in quarantine')
    or diag("lost: @lost[0 .. ($#lost > 4 ? 4 : $#lost)]");
is(scalar(grep { $_ > 1 } values %seen), 0,
    'a message that was sent again is held once');
my $damaged = grep {
	$site->gatepost('quarantine', 'preview', '--raw', $_)->{code} != 0
} (sort keys %ids)[0 .. 20];
is($damaged, 0, 'what is held is whole');
$site->stop;

done_testing();
