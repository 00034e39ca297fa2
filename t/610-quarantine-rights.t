#!/usr/bin/perl
#
# 610-quarantine-rights.t -- rights and retention by reason, states of a copy,
# the audit log

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use POSIX ();
use Test::More;
use Time::Local qw(timegm);

Gatepost::Test->need('root', 'postfix');

my %rights = (block_sender => 'limited', block_spoof => [qw(preview delete)],
    block_file => 'full', spam => 'full');
my $site = Gatepost::Test->new(
    config => { release => { smtp => '127.0.0.1:@RELEASE_PORT@' } },
    tenant => { quarantine => { rights => \%rights,
	days => { block_sender => 3 } },
	policy => { spam => 'quarantine' } },
    lists => { example => "block sender limited.example\n" .
	"block envelope none.example\n" .
	"block sender full.example as=spam\n" });
$site->start;
$site->postfix_start;
my ($alice, $bob) = ('alice@example.org', 'bob@example.org');
my $number = 0;

sub hold {
	my ($domain) = @_;
	my %before = map { $_->{id} => 1 }
	    @{$site->json('quarantine', 'list')->{items}};

	$number++;
	$site->smtp(from => "x\@$domain", rcpt => [ $alice, $bob ],
	    client => '198.51.100.25', data => "From: x\@$domain\n" .
	    "Subject: number $number\nMessage-ID: <$number\@$domain>\n\n" .
	    "text $number\n");
	my ($id) = map { $_->{id} } grep { !$before{$_->{id}} }
	    @{$site->json('quarantine', 'list')->{items}};
	return $id;
}

# The copy of one in ID.json.
sub copy {
	my ($id, $rcpt) = @_;

	return (grep { $_->{rcpt} eq $rcpt }
	    @{$site->json('quarantine', 'show', $id)->{rcpts}})[0];
}

# The mail that came, once there are COUNT or the time is over; no notices.
sub got {
	my ($rcpt, $count) = @_;
	my @mail;

	Gatepost::Test::wait_for($count ? 10 : 0, sub {
		@mail = grep { !/^Auto-Submitted:/m } $site->mailbox($rcpt);
		return @mail >= $count;
	});
	return @mail;
}

sub seconds {
	my ($time) = @_;

	my @part = $time =~ /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)Z$/ or
	    return 0;
	return timegm(@part[5, 4, 3, 2], $part[1] - 1, $part[0]);
}

# --- what the configuration says ---

my $policy = $site->json('policy')->{quarantine};
my $common = [qw(see preview delete allow block report)];
is_deeply([sort @{$policy->{block_sender}{rights}}],
    [sort @$common, 'request'], 'limited: request, and no release');
is($policy->{block_sender}{days}, 3, '... kept for its own days');
is_deeply($policy->{malware}{rights}, [], 'malware: none by default');
is($policy->{malware}{days}, 30, '... kept as keep.quarantine says');
is_deeply([sort @{$policy->{phish}{rights}}], [sort @$common, 'release'],
    'phish: full by default');
is_deeply($policy->{block_spoof}{rights}, [qw(see preview delete)],
    'a list of rights: they, and to see it');
is_deeply([sort @{$policy->{block_file}{rights}}],
    [sort @$common, 'request'], 'full for a file on the list is limited');
like($site->gatepost('policy')->{out}, qr/^  block_sender +3 days  limited$/m,
    'policy prints it for people');

for my $bad ([ [qw(release request)], qr/exclude each other/ ],
    [ 'some', qr/"some" is none of none, limited, full/ ],
    [ 7, qr/must be a preset/ ]) {
	my $other = Gatepost::Test->new(tenant => { quarantine => {
	    rights => { phish => $bad->[0] } } });
	my $run = $other->gatepost('check');

	is($run->{code}, 78, 'a right that is none is refused');
	like($run->{err}, $bad->[1], '... with the reason');
	like($run->{err}, qr/gatepost\.conf:\d+: .*phish/, '... and the line');
}

# --- fixed when it is held ---

my $id = hold('limited.example');
my $copy = copy($id, $alice);
is($copy->{policy}, 'block_sender', 'the reason is a row of policy');
is_deeply([sort @{$copy->{rights}}], [sort @$common, 'request'],
    '... and gives the rights');
my $item = $site->json('quarantine', 'show', $id);
is(POSIX::floor((seconds($copy->{expires}) - seconds($item->{received})) /
    86400 + 0.5), 3, '... and the days');

$site->{config}{tenants}[0]{quarantine} = { rights => {
    block_sender => 'full' } };
$site->write_config;
$site->reload;
is_deeply(copy($id, $alice), $copy,
    'a later change of the configuration touches no held mail');
my $run = $site->gatepost('quarantine', 'release', $id, '--rcpt', $alice,
    '--as-user');
is($run->{code}, 77, 'its user still may not release it: exit 77');
like($run->{err}, qr/not given the right to release/, '... and why');
is(copy($id, $alice)->{state}, 'held', '... it is held');

# --- request, deny, approve ---

$run = $site->gatepost('quarantine', 'approve', $id, '--rcpt', $alice);
like($run->{out}, qr/nobody has requested/, 'there is nothing to approve');
$run = $site->gatepost('quarantine', 'request', $id, '--rcpt', $alice,
    '--as-user', '--by', $alice, '--reason', 'I know him');
is($run->{code}, 0, 'its user requests it') or diag($run->{err});
like($run->{out}, qr/^$id requested for \Q$alice\E$/m, '... which is said');
is(copy($id, $alice)->{state}, 'requested', '... and stands in its state');
is(copy($id, $bob)->{state}, 'held', '... of that copy alone');
like($site->gatepost('quarantine', 'request', $id, '--rcpt', $alice,
    '--as-user')->{out}, qr/already requested/, 'a second request says so');
is($site->gatepost('quarantine', 'approve', $id, '--rcpt', $alice,
    '--as-user')->{code}, 77, 'a user approves nothing');
is($site->gatepost('quarantine', 'deny', $id, '--rcpt', $alice, '--reason',
    'no')->{code}, 0, 'an admin denies it');
is($site->gatepost('quarantine', 'request', $id, '--rcpt', $alice,
    '--as-user')->{out} =~ /already denied/, 1, '... which is the end for '
    . 'its user');
is(scalar(got($alice, 0)), 0, '... nothing was sent');

# A failing MTA leaves it approved; sweep sends it.
$site->postfix_stop;
$run = $site->gatepost('quarantine', 'approve', $id, '--rcpt', $alice);
is($run->{code}, 75, 'approved, and no MTA: exit 75');
like($run->{err}, qr/stays approved/, '... which is said');
is($site->gatepost('sweep')->{code}, 74, 'a sweep cannot send it either');
is(copy($id, $alice)->{state}, 'approved', '... it stays approved');
SKIP: {
	skip('no faketime', 2) unless
	    defined Gatepost::Test::installed('faketime');
	$site->run('faketime', '-f', '+5d',
	    Gatepost::Test::program('gatepost'), '-c', $site->config_file,
	    'sweep');
	is(copy($id, $alice)->{state}, 'approved',
	    '... also beyond the days for which it is held');
	is(copy($id, $bob)->{state}, 'expired', '... which the other was');
}
$site->postfix_start;
$run = $site->gatepost('sweep');
like($run->{out}, qr/released 1 approved/, 'the next sweep sends it')
    or diag($run->{err});
is(scalar(got($alice, 1)), 1, '... and it arrives');
is(copy($id, $alice)->{state}, 'released', '... it is released');

# --- the audit log ---

my @audit = grep { $_->{rcpt} eq $alice }
    @{$site->json('quarantine', 'show', $id)->{audit}};
is_deeply([map { "$_->{what} $_->{who} $_->{via}" } @audit],
    ["requested $alice command", 'denied root command',
     'approved root command', 'released sweep cron'],
    'the audit log has each step, who and by which door');
is_deeply([grep { $_->{rcpt} ne $alice || $_->{object} ne $id ||
    $_->{tenant} ne 'example' } @audit], [], '... of which copy');
like($audit[0]{detail}, qr/was held; entered by root: I know him/,
    '... from which state, and what was said');
my $show = $site->gatepost('quarantine', 'show', $id)->{out};
like($show, qr/requested for \Q$alice\E by \Q$alice\E \(command\): was held/,
    'show prints it for people');
like($show, qr/rights   limited/, '... and the rights');

# What a stranger or user wrote cannot break the lines of a terminal.
my $ugly = "a\nb\e[31m";
my $other = hold('limited.example');
$site->gatepost('quarantine', 'delete', $other, '--reason', $ugly);
unlike($site->gatepost('quarantine', 'show', $other)->{out}, qr/\e/,
    'what was said is shown safely');

# The log outlives the index, and nothing of it is lost in between.
my $before = $site->json('quarantine', 'show', $other);
$site->stop;
is($site->gatepost('quarantine', 'reindex')->{code}, 0, 'reindex');
is_deeply($site->json('quarantine', 'show', $other), $before,
    '... changes nothing');
unlink glob($site->state_dir . '/state.db*');
is($site->gatepost('quarantine', 'reindex')->{code}, 0,
    'the state store is lost');
is_deeply([map { $_->{what} } grep { $_->{rcpt} eq $alice }
    @{$site->json('quarantine', 'show', $id)->{audit}}], ['released'],
    '... the last deed on each copy stands in its file');
$site->start;

# --- users with other rights ---

my $full = hold('full.example');
$run = $site->gatepost('quarantine', 'release', $full, '--rcpt', $bob,
    '--as-user', '--by', $bob);
is($run->{code}, 0, 'a user with full rights releases') or diag($run->{err});
is(scalar($site->wait_mailbox($bob, 1, 10)), 1, '... and it arrives');
is(copy($full, $bob)->{by}, $bob, '... by him');
my $none = hold('none.example');
for my $verb (qw(release request delete)) {
	is($site->gatepost('quarantine', $verb, $none, '--rcpt', $bob,
	    '--as-user')->{code}, 77, "with none, $verb is refused");
}
is($site->gatepost('quarantine', 'release', $none, '--rcpt', $bob)->{code},
    0, 'an admin releases it all the same');

# Two at once: one sends.
my $twice = hold('full.example');
my $count = () = got($alice, 1);
my @children = map {
	my $child = fork // die "fork: $!";
	if ($child == 0) {
		open(STDOUT, '>', '/dev/null');
		exec(Gatepost::Test::program('gatepost'), '-c',
		    $site->config_file, 'quarantine', 'release', $twice,
		    '--rcpt', $alice) or POSIX::_exit(1);
	}
	$child;
} 1 .. 8;
waitpid($_, 0) foreach @children;
$site->queue_empty(10);
is(scalar(got($alice, $count + 1)), $count + 1,
    'of eight releases at once one sends');
is(scalar(grep { $_->{what} eq 'released' }
    @{$site->json('quarantine', 'show', $twice)->{audit}}), 1,
    '... and one stands in the log');

# What is known of an item is as well guarded as its bytes.
my $bent = hold('full.example');
my ($file) = glob($site->state_dir . "/quarantine/*/$bent.json");
my $text = Gatepost::Test::read_file($file);
(my $changed = $text) =~ s/alice\@example/elice\@example/g;
Gatepost::Test::write_file($file, $changed);
$run = $site->gatepost('quarantine', 'release', $bent);
is($run->{code}, 74, 'an address changed on disk: not released');
like($run->{err}, qr/damaged/, '... and why');
Gatepost::Test::write_file($file, $text);

$site->postfix_stop;
$site->stop;
done_testing();
