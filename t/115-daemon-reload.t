#!/usr/bin/perl
#
# 115-daemon-reload.t -- HUP and USR1 under load and with sessions open: no
# message is answered later, none is judged by half of each configuration

use strict;
use warnings;

use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/lib";
use Gatepost::Milter;
use Gatepost::Test;
use Test::More;
use Time::HiRes qw(sleep);

my $site = Gatepost::Test->new(config => { sessions => 200 },
    lists => { example => "block envelope evil.example\n" });
my $good = Gatepost::Test::read_file($site->config_file);
my ($evil, $fine) = ('<x@evil.example>', '<a@good.example>');

sub slurp { return Gatepost::Test::read_file(@_) }

sub reloads { return scalar(() = $site->log =~ / reloaded /g) }

# Reload and wait until the front has it.
sub settle {
	my ($text) = @_;
	my $before = () = $site->log =~ / in-force /g;

	Gatepost::Test::write_file($site->config_file, $text);
	$site->reload;
	return Gatepost::Test::wait_for(10, sub {
		(() = $site->log =~ / in-force /g) > $before });
}

# A session up to the recipient of a message of SENDER.
sub begin {
	my ($sender) = @_;
	my $milter = Gatepost::Milter->new($site->socket);

	$milter->negotiate;
	$milter->connect('mail.client.example', '192.0.2.7');
	$milter->mail($sender);
	$milter->rcpt('<jane@example.org>');
	return $milter;
}

sub finish {
	my ($milter) = @_;

	$milter->header('From', ' a@good.example');
	$milter->ask('N');
	return ($milter->end)[-1][0];
}

$site->start;
my ($pid, $front) = ($site->pid, $site->front_pid);

# Fifty sessions that wait in the middle of a message, and mail beside them.
my @open = map { begin($_ % 2 ? $evil : $fine) } 1 .. 50;
my %load = ('x@evil.example' => 'discard', 'a@good.example' => 'continue');
foreach my $from (sort keys %load) {
	$site->spawn($from, Gatepost::Test::program('driver'), '--socket',
	    $site->socket, '--messages', 1500, '--connections', 4,
	    '--per-connection', 20, '--from', $from, '--rcpt',
	    'jane@example.org', '--log', $site->dir . "/$from.lines");
}
my ($sent, $before) = (0, reloads());
while (grep { $site->running($_) } keys %load) {
	# A broken one now and then, which must change nothing.
	Gatepost::Test::write_file($site->config_file,
	    $sent % 7 == 6 ? "${good}nonsense = 1;\n" : $good);
	kill($sent % 2 ? 'HUP' : 'USR1', $pid);
	$sent++;
	sleep(0.02);
}
Gatepost::Test::write_file($site->config_file, $good);
cmp_ok($sent, '>', 10, "$sent signals while mail comes in");
cmp_ok(reloads() - $before, '>', 5, '... are reloads');
like($site->log, qr/ reload-refused /, '... some of which were refused');
foreach my $from (sort keys %load) {
	my @lines = map { decode_json($_) }
	    split(/\n/, slurp($site->dir . "/$from.lines"));
	my @other = grep { $_->{verdict} ne $load{$from} } @lines;

	is(scalar(@lines), 1500, "$from: each message has its answer");
	is(scalar(@other), 0, "... which is $load{$from}")
	    or diag(JSON::PP->new->encode($other[0]));
}
is(join(' ', map { finish($_) } @open), join(' ', ('d', 'c') x 25),
    'the sessions that waited go on, each with its own answer');
$_->close foreach @open;
is($site->pid, $pid, 'it is the same supervisor');
is($site->front_pid, $front, '... and the same front');

# What was in force at MAIL judges the message; the next one is new.
my $old = begin($evil);
ok(settle("mode = \"observe\";\n$good"), 'a change of mode by reload');
my $new = begin($evil);
is(finish($old), 'd', 'a message begun before is judged as then');
is(finish($new), 'c', '... one begun after as now');
is(($old->mail($evil), $old->rcpt('<jane@example.org>'), finish($old))[-1],
    'c', '... and so is the next one of the older session');
$_->close foreach $old, $new;

# Tenants may come and go under a session.
$old = begin($evil);
ok(settle($good =~ s/"example\.org"/"example.net"/r),
    'the tenant of a message under way is removed');
is(finish($old), 'c', '... its message is judged as it was begun');
$new = begin($evil);
is(finish($new), 'c', '... the next one is of no tenant');
$_->close foreach $old, $new;

cmp_ok($site->stop // 99, '<', 5, 'it stops');
unlike($site->log, qr/ (?:front|worker)-died /, 'nothing has died');

done_testing();
