#!/usr/bin/perl
#
# 110-daemon-stop.t -- a stop under load loses nothing, in the foreground or
# detached; workers have limits, are replaced, and grow in number under
# pressure

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Milter;
use Gatepost::Test;
use IO::Socket::UNIX;
use JSON::PP;
use Socket qw(SOCK_DGRAM);
use Test::More;
use Time::HiRes qw(time sleep);

my $gatepostd = Gatepost::Test::program('gatepostd');
my $shim = Gatepost::Test::program('fault.so');

sub wait_for { return Gatepost::Test::wait_for(@_) }
sub slurp { return Gatepost::Test::read_file(@_) }

sub verdict {
	my ($site, @more) = @_;

	return $site->milter_message(rcpt => 'jane@example.org',
	    client => '192.0.2.7', @more)->{verdict};
}

# Twenty restarts while mail comes in; the driver, like a mail server, sends
# again what was answered later or cut off.
{
	my $site = Gatepost::Test->new(
	    lists => { example => "block envelope evil.example\n" });
	my (@logs, @slow, %wanted);
	my $load = sub {
		my ($from) = @_;
		my $log = $site->dir . '/load.' . @logs;

		push @logs, [ $from, $log ];
		$site->spawn($from, Gatepost::Test::program('driver'),
		    '--socket', $site->socket, '--messages', 400,
		    '--connections', 4, '--per-connection', 7, '--tries',
		    1000, '--from', $from, '--rcpt', 'jane@example.org',
		    '--log', $log);
	};
	my @senders = ('x@good.example', 'x@evil.example');

	$site->start;
	for my $n (1 .. 20) {
		for my $from (@senders) {
			$load->($from) unless $site->running($from);
		}
		sleep 0.05 + 0.02 * ($n % 7);
		my $seconds = $site->stop;
		push @slow, $seconds // 'killed'
		    unless defined $seconds && $seconds < 5;
		$site->start;
	}
	is("@slow", '', '20 stops under load, each within 5 s');
	ok(wait_for(60, sub { !grep { $site->running($_) } @senders }),
	    'all that was sent has its answer');
	my $wrong = 0;
	for (@logs) {
		my ($from, $log) = @$_;

		for my $line (map { decode_json($_) } split /\n/, slurp($log)) {
			my $evil = $from =~ /evil/;

			$wrong++ unless $line->{verdict} eq
			    ($evil ? 'discard' : 'continue');
			$wanted{$line->{message_id}} = 1 if $evil;
		}
	}
	is($wrong, 0, '... each message its own, in the end');
	my %held;
	for my $file (glob($site->state_dir . '/quarantine/*/*.eml')) {
		my ($id) = slurp($file) =~ /^Message-ID:\s*(\S+)/mi;
		$held{$id // $file}++;
	}
	my @lost = grep { !$held{$_} } keys %wanted;
	my @twice = grep { $held{$_} > 1 } keys %held;
	is(scalar @lost, 0, scalar(keys %wanted) . ' were held, none is lost')
	    or diag("lost: @lost[0 .. ($#lost > 4 ? 4 : $#lost)]");
	is(scalar @twice, 0, '... and none is there twice')
	    or diag("twice: @twice[0 .. ($#twice > 4 ? 4 : $#twice)]");
	is(scalar @{$site->json('quarantine', 'list', '--most', 0)->{items}},
	    scalar(keys %held), '... the index knows each of them');
	$site->stop;
}

# An idle session, one in the middle of a message, and INT.
{
	my $site = Gatepost::Test->new;

	$site->start;
	my @open = map { Gatepost::Milter->new($site->socket) } 1 .. 3;
	$_->negotiate for @open;
	$_->connect('mail.client.example', '192.0.2.7') for @open[1, 2];
	is($open[2]->mail('<a@b.example>'), 'c', 'a session in mid message');
	is($open[2]->rcpt('<jane@example.org>'), 'c', '... with a recipient');
	my $seconds = $site->stop;
	cmp_ok($seconds // 99, '<', 5, 'open sessions do not hold up a stop');
	is(($open[2]->hear)[0], undef, '... and see its end');
	is(scalar(grep { /gatepost/ } map { $_->{name} }
	    Gatepost::Test::descendants($$)), 0, '... nothing is left');

	$site->start;
	my $begin = time;
	kill 'INT', $site->pid;
	ok(wait_for(5, sub { !$site->running('gatepostd') }),
	    'INT stops it, too');
	is($site->{exits}{gatepostd}, 0, '... with exit 0');
	ok(!-e $site->pid_file, '... and takes its pid file away');
	$site->start;
	is(verdict($site), 'continue', '... and it starts again');
	$site->stop;
}

# Detached: the caller waits until it is ready.
{
	my $site = Gatepost::Test->new;
	my @command = ($gatepostd, '-c', $site->config_file, '-P',
	    $site->pid_file);
	my $run = $site->run({ seconds => 30 }, @command);

	is($run->{code}, 0, 'without -f: exit 0');
	my ($pid) = (slurp($site->pid_file) // '') =~ /^(\d+)\n\z/;
	ok($pid, '... with the pid in its file');
	$pid //= 0;
	is(verdict($site), 'continue', '... and it serves at once');
	my @stat = split ' ', (slurp("/proc/$pid/stat") // '') =~
	    s/^.*\) //sr;
	isnt($stat[1] // $$, $$, '... its parent is not its caller');
	is($stat[3] // 0, $pid, '... in a session of its own');
	is(join(' ', map { readlink("/proc/$pid/fd/$_") // '-' } 0 .. 2),
	    '/dev/null /dev/null /dev/null', '... without its terminal');
	my @strays = grep { !/^(?:socket|anon_inode|pipe|\/)/ ||
	    m{command\.\d+} } map { readlink($_) // '' }
	    glob("/proc/$pid/fd/*");
	is("@strays", '', '... and without its files');
	my @before = map { $_->{pid} } Gatepost::Test::descendants($pid);
	@strays = grep { m{/command\.\d+} } map { readlink($_) // '' }
	    map { glob("/proc/$_/fd/*") } @before;
	is("@strays", '', '... and its children without them, too');
	my $second = $site->run({ seconds => 30 }, @command);
	is($second->{code}, 69, 'a second one: exit 69');
	like($second->{err}, qr/is in use/, '... and says why');
	is((slurp($site->pid_file) // '') =~ /^(\d+)/ ? $1 : 0, $pid,
	    '... and leaves the pid file alone');
	kill 'TERM', $pid if $pid;
	ok(wait_for(5, sub { !-e "/proc/$pid" ||
	    slurp("/proc/$pid/stat") =~ /\) Z / }),
	    'TERM to the pid in the file stops it');
	ok(!-e $site->pid_file, '... and the file is gone');
	is(scalar(grep { kill 0, $_ } @before), 0,
	    '... and so are its children');

	Gatepost::Test::write_file($site->dir . '/broken.conf', 'mode = 1;');
	is($site->run({ seconds => 30 }, $gatepostd, '-c',
	    $site->dir . '/broken.conf')->{code}, 78,
	    'a broken configuration: exit 78');

	# Programs of which the worker is missing: never ready.
	my $part = $site->dir . '/part';

	mkdir $part;
	$site->run('cp', $gatepostd, Gatepost::Test::program('gatepost'),
	    $part);
	$run = $site->run({ seconds => 60 }, "$part/gatepostd", '-c',
	    $site->config_file, '-P', $site->pid_file);
	is($run->{code}, 69, 'workers that cannot start: exit 69, in the end');
	isnt($run->{err}, '', '... with a word');
	kill 'KILL', $site->strays;
}

# What systemd is told, by a path and by an abstract name.
for my $abstract (0, 1) {
	my $site = Gatepost::Test->new;
	my $path = $abstract ? "\0gatepost-test-$$" : $site->dir . '/notify';
	my $notify = IO::Socket::UNIX->new(Type => SOCK_DGRAM,
	    Local => $path) or die "notify: $!";
	my $heard = sub {
		my ($word) = @_;
		my $text = '';

		return wait_for(10, sub {
			my $bits = '';

			vec($bits, fileno($notify), 1) = 1;
			$notify->recv($text, 4096)
			    if select($bits, undef, undef, 0);
			$text =~ /^\Q$word\E$/m;
		});
	};

	chmod 0777, $path unless $abstract;
	$site->{env}{NOTIFY_SOCKET} = $path =~ s/^\0/@/r;
	$site->spawn('gatepostd', $gatepostd, '-f', '-c',
	    $site->config_file, '-P', $site->pid_file);
	ok($heard->('READY=1'), 'systemd is told READY=1' .
	    ($abstract ? ', by an abstract name' : ''));
	ok(-s $site->pid_file, '... when the pid file is there');
	is(verdict($site), 'continue', '... and mail is served');
	kill 'TERM', $site->pid;
	ok($heard->('STOPPING=1'), '... and STOPPING=1 at the end');
	$site->stop;
}

# Workers: limits, first to go when memory is short, end with their parent.
{
	my $site = Gatepost::Test->new(config => {
	    workers => { min => 1, max => 2, messages => 5 } });

	$site->start;
	my ($worker) = $site->worker_pids;
	my $limits = slurp("/proc/$worker/limits");

	for ([ 'core file size', 0 ], [ 'file size', 0 ],
	    [ 'processes', 0 ], [ 'open files', 64 ],
	    [ 'address space', 512 * 1024 * 1024 ]) {
		my ($what, $most) = @$_;

		# Sanitizers need terabytes of address space.
		$most = 'unlimited' if $what eq 'address space' &&
		    Gatepost::Test::sanitizers() =~ /address|thread/;
		like($limits, qr/^Max $what\s+$most\s+$most\b/m,
		    "a worker's $what: $most");
	}
	is(slurp("/proc/$worker/oom_score_adj"), "500\n",
	    'a worker is the first to go when memory is short');
	like(slurp("/proc/$worker/status"), qr/^NoNewPrivs:\s+1$/m,
	    '... and cannot gain rights');
	unlike(slurp("/proc/$worker/status"), qr/^Uid:\s+0\b/m,
	    '... and is not root');

	my ($wrong, %seen) = (0);
	for (1 .. 23) {
		$wrong++ if verdict($site) ne 'continue';
		$seen{$_}++ for $site->worker_pids;
	}
	is($wrong, 0, '23 messages');
	cmp_ok(scalar(keys %seen), '>=', 4,
	    '... by a new worker after each 5');
	unlike($site->log, qr/worker-died/, '... which is no death');

	my @all = ($site->front_pid, $site->worker_pids);
	kill 'KILL', $site->pid;
	ok(wait_for(6, sub { !grep { -e "/proc/$_" &&
	    slurp("/proc/$_/stat") !~ /\) Z / } @all }),
	    'all end when the supervisor is killed');
	$site->running('gatepostd');
}

# Pressure: more workers come, and beyond twice their most mail is answered
# later at once.
SKIP: {
	skip 'the fault shim is not built', 7 unless -e $shim;
	my $site = Gatepost::Test->new(
	    config => { workers => { min => 1, max => 8 } },
	    env => { LD_PRELOAD => $shim, GATEPOST_FAULT_DELAY_MS => 1500,
		ASAN_OPTIONS => 'verify_asan_link_order=0' });
	my $most = 0;

	$site->start;
	is(scalar(my @one = $site->worker_pids), 1, 'one worker in peace');
	my $log = $site->dir . '/burst';
	$site->spawn('burst', Gatepost::Test::program('driver'), '--socket',
	    $site->socket, '--messages', 40, '--connections', 40,
	    '--per-connection', 1, '--burst', '--domains', 40, '--rcpt',
	    'jane@example.org', '--log', $log);
	wait_for(30, sub {
		my @now = $site->worker_pids;

		$most = @now if @now > $most;
		!$site->running('burst');
	});
	is($most, 8, '... and workers.max of them under pressure');
	my @lines = map { decode_json($_) } split /\n/, slurp($log);
	my @taken = grep { $_->{verdict} eq 'continue' } @lines;
	my @later = grep { $_->{verdict} eq 'tempfail' } @lines;
	is(scalar @taken, 16, 'twice workers.max messages are under way');
	is(scalar @later, 24, '... the rest is to come again');
	# No text of ours: the mail server says 451 and its own words.
	is(scalar(grep { $_->{reply} !~ /^(?:451 4\.\d\.\d .*)?\z/ } @later),
	    0, '... by a 451') or diag($later[0]{reply});
	my ($slowest) = sort { $b <=> $a } map { $_->{ms} } @later;
	cmp_ok($slowest // 9999, '<', 1400, '... which is said at once');
	ok($site->wait_log(qr/busy: every worker is busy/, 3),
	    '... and logged');
	$site->stop;
}

done_testing();
