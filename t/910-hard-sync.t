#!/usr/bin/perl
#
# 910-hard-sync.t -- mail that passes is never synced; mail that is held is on
# disk, with its name, before the mail server hears of it

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use Test::More;

Gatepost::Test->need('strace');

my $site = Gatepost::Test->new(lists => {
    example => "block envelope evil.example\n" .
	"block envelope half.example for=jane\@example.org\n" });
my $number = 0;

sub post {
	my ($count, $from, @more) = @_;
	my $sum = $site->driver('--messages', $count, '--connections', 1,
	    '--from', $from, '--rcpt', 'jane@example.org', '--client',
	    '192.0.2.7', @more);

	return $sum->{continue} + $sum->{discard};
}

# What the front does while CODE runs: [ what, path or reply ] in its order.
sub traced {
	my ($code) = @_;
	my $name = 'strace' . ++$number;
	my $file = $site->dir . "/$name.out";
	my (@events, %begun);

	$site->spawn($name, 'strace', '-f', '-y', '-s', '16', '-o', $file,
	    '-e', 'trace=fsync,fdatasync,sync,syncfs,sync_file_range,msync,' .
	    'rename,renameat,renameat2,write,writev,sendto,sendmsg',
	    '-p', $site->front_pid);
	Gatepost::Test::wait_for(10, sub {
		!$site->running($name) || (Gatepost::Test::read_file(
		    $site->dir . "/$name.log") // '') =~ / attached/ });
	return undef unless $site->running($name);
	$code->();
	$site->end($name, 5);
	for my $line (split /\n/, Gatepost::Test::read_file($file)) {
		my ($thread, $text) = $line =~ /^(\d+) +(.*)/ or next;

		# A call counts when it is done.
		if ($text =~ s/ <unfinished \.\.\.>$//) {
			$begun{$thread} = $text;
			next;
		}
		$text = delete($begun{$thread}) . $1
		    if $text =~ /^<\.\.\. \w+ resumed>(.*)/ &&
		    defined $begun{$thread};
		if ($text =~ /^(?:fsync|fdatasync|sync|syncfs|sync_file_range
		    |msync)\((?:\d+<([^>]*)>)?/x) {
			push @events, [ 'sync', $1 // '' ];
		} elsif ($text =~ /^rename\w*\(.*, "([^"]*)"(?:, \w+)?\)/) {
			push @events, [ 'name', $1 ];
		} elsif ($text =~ /^(?:writev|sendmsg).*?
		    iov_base="\\0\\0\\0(?:\\[0-7]{1,3}|\\[a-z"\\]|.)(.)"/x) {
			push @events, [ 'reply', $1 ];
		}
	}
	return @events;
}

sub syncs { return grep { $_->[0] eq 'sync' } @_ }

$site->start;
# The first ones of a day make its folders and files.
post(2, 'x@evil.example');
post(2, 'x@good.example');
sleep 1;

my @events = traced(sub { post(1, 'x@good.example') });
plan(skip_all => 'strace may not attach here')
    unless @events && defined $events[0];
ok(scalar(grep { $_->[0] eq 'reply' && $_->[1] eq 'i' } @events),
    'the trace shows what is said to the mail server');

my $large = $site->dir . '/large.eml';
Gatepost::Test::write_file($large, "From: x\@evil.example\nSubject: l\n" .
    "Message-ID: <l\@evil.example>\n\n" . ('x' x 70 . "\n") x 8000);

@events = traced(sub {
	is(post(200, 'x@good.example'), 200, '200 messages that pass') });
is(scalar(syncs(@events)), 0, '... not one sync')
    or diag(join("\n", map { $_->[1] } syncs(@events)));
@events = traced(sub {
	is(post(5, 'x@good.example', '--mail', $large), 5,
	    '5 large ones that pass') });
is(scalar(syncs(@events)), 0, '... not one sync');

# How the items of EVENTS were held: for each answer to which mail is no more
# the mail server's, what was done before it.
sub check_order {
	my ($what, $answer, $count, @all) = @_;
	my ($answers, $late, %done) = (0, 0);

	for my $event (@all) {
		my ($kind, $path) = @$event;

		# Its name in tmp is its own, of this put.
		if ($kind eq 'sync' &&
		    $path =~ m{/tmp/[0-9A-Z]{26}\.[0-9A-Z]{26}\.(eml|json)$}) {
			$done{$1} = 1;
		} elsif ($kind eq 'sync' && $path =~ m{/#\d+}) {
			$done{eml} = 1;		# large: has no name yet
		} elsif ($kind eq 'name' &&
		    $path =~ m{^[0-9A-Z]{26}\.(eml|json)$}) {
			# Named only when its octets are safe.
			$done{"$1 named"} = 1 if $done{$1} || $1 eq 'eml';
		} elsif ($kind eq 'sync' &&
		    $path =~ m{/quarantine/\d{4}-\d\d-\d\d$}) {
			$done{safe} = $done{eml} && $done{json} &&
			    $done{'eml named'} && $done{'json named'};
		} elsif ($kind eq 'reply' && $path eq $answer) {
			$answers++;
			$late++ unless $done{safe};
			%done = ();
		}
	}
	is($answers, $count, "$what: each has its answer");
	is($late, 0, '... octets, names and folder are synced before it');
	cmp_ok(scalar(syncs(@all)), '<=', 3 * $count,
	    '... by three syncs at most');
}

@events = traced(sub { is(post(30, 'x@evil.example'), 30,
    '30 messages that are held') });
check_order('held', 'd', 30, @events);
@events = traced(sub { is(post(10, 'x@half.example', '--rcpt',
    'joe@example.org'), 10, '10 messages that are held for one of two') });
check_order('taken off for one', '-', 10, @events);
@events = traced(sub { is(post(5, 'x@evil.example', '--mail', $large), 5,
    '5 large messages that are held') });
check_order('large and held', 'd', 5, @events);
$site->stop;

done_testing();
