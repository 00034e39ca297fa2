#!/usr/bin/perl
#
# 920-hard-kill-points.t -- killed at each step on disk, of holding a message
# and of releasing it: nothing is lost, torn, or there twice

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use IO::Socket::INET;
use Test::More;

my $shim = Gatepost::Test::program('crash.so');
plan(skip_all => 'the crash shim is not built') unless -e $shim;

use constant MOST => 150;	# steps; there are some 60

my $file;
my $site = Gatepost::Test->new(
    config => { release => { smtp => '127.0.0.1:@RELEASE_PORT@' } },
    lists => { example => "block envelope evil.example\n" });
$file = $site->dir . '/run/crash';	# whose folder is the daemon's
my %crash = (LD_PRELOAD => $shim, GATEPOST_CRASH_FILE => $file,
    ASAN_OPTIONS => 'verify_asan_link_order=0');

sub mail {
	my ($id, $lines) = @_;

	return "From: x\@evil.example\nSubject: $id\n" .
	    "Message-ID: <$id\@evil.example>\n\n" .
	    "line of $id\n" x $lines;
}

sub post {
	my ($id, $lines) = @_;

	return eval { $site->milter_message(from => 'x@evil.example',
	    client => '192.0.2.7', rcpt => 'jane@example.org',
	    data => mail($id, $lines))->{verdict} } // 'broken';
}

# What is wrong with the items that hold this message, after all is indexed
# anew; and whether the index had known it before.
sub faults {
	my ($id, $lines, $wanted) = @_;
	my @found;
	my @faults;

	for my $when ('before', 'after') {
		my $items = $site->json('quarantine', 'list', '--most', 0)->{items};

		@found = grep { $_->{subject} eq $id } @$items;
		push @faults, @found . " items $when reindex"
		    unless @found == $wanted;
		$site->gatepost('quarantine', 'reindex');
	}
	for my $item (@found) {
		my $raw = $site->gatepost('quarantine', 'preview', '--raw',
		    $item->{id})->{out};

		push @faults, 'torn' unless $raw eq
		    mail($id, $lines) =~ s/\n/\r\n/gr;
	}
	push @faults, 'no JSON' if grep {
		my $name = $_;

		!eval { JSON::PP::decode_json(Gatepost::Test::read_file(
		    $name)) }
	} glob($site->state_dir . '/quarantine/2*/*.json');
	return join(', ', @faults);
}

# A small message, and one that has a file before it is held.
for my $lines (3, 40_000) {
	my $what = $lines > 3 ? 'large' : 'small';
	my ($killed, $last, @bad) = (0, 0);

	$site->{env} = { %crash, GATEPOST_CRASH_NAME => 'gatepost-front' };
	$site->restart;
	post("first-$what", $lines);
	for my $n (1 .. MOST) {
		my $id = "$what-$n";

		Gatepost::Test::write_file($file, $n);
		my $verdict = post($id, $lines);
		# Killed by another thread's step, or not at all.
		if (-e $file) {
			unlink $file;
			push @bad, "$n: $verdict" if $verdict ne 'discard';
			$last = $n;
			last;
		}
		$killed++;
		$site->restart;
		push @bad, "$n: not taken again"
		    if post($id, $lines) ne 'discard';
		my $fault = faults($id, $lines, 1);
		push @bad, "$n: $fault" if $fault;
	}
	cmp_ok($killed, '>=', 8, "$what: killed at $killed steps of holding");
	cmp_ok($last, '>', 0, '... which were all');
	is(join("\n", @bad), '', '... each time held once, whole and indexed');
}

# A listener that takes what is released.
my $sink = 'use IO::Socket::INET; my $n = 0; ' .
    'my $in = IO::Socket::INET->new(LocalAddr => "127.0.0.1", ' .
    'LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1) or die; ' .
    'while (my $c = $in->accept) { print $c "220 s\r\n"; my $d = ""; ' .
    'while (<$c>) { if (/^DATA/i) { print $c "354 go\r\n"; ' .
    'while (<$c>) { last if /^\.\r?$/; $d .= $_ } ' .
    'open(my $o, ">", "$ARGV[1]/" . ++$n); print $o $d; close $o; ' .
    'print $c "250 ok\r\n"; $d = "" } elsif (/^QUIT/i) ' .
    '{ print $c "221 bye\r\n"; last } elsif (/^EHLO/i) ' .
    '{ print $c "250-s\r\n250 DSN\r\n" } else { print $c "250 ok\r\n" } } }';
my $out = $site->dir . '/out';
mkdir $out;
$site->spawn('sink', $^X, '-e', $sink, $site->release_port, $out);
Gatepost::Test::wait_for(5, sub {
	Gatepost::Test::listening('inet:' . $site->release_port) });

sub delivered {
	my ($id) = @_;

	return scalar grep { Gatepost::Test::read_file($_) =~
	    /^Subject: \Q$id\E\r?$/m } glob("$out/*");
}

my ($killed, $last, @bad) = (0, 0);
$site->{env} = {};
$site->restart;
for my $n (1 .. MOST) {
	my $id = "release-$n";
	my %run = (env => { %crash, GATEPOST_CRASH_NAME => 'gatepost' });

	post($id, 3);
	my ($item) = grep { $_->{subject} eq $id }
	    @{$site->json('quarantine', 'list')->{items}};
	Gatepost::Test::write_file($file, $n);
	my $run = $site->gatepost(\%run, 'quarantine', 'release',
	    $item->{id});
	if (-e $file) {
		unlink $file;
		push @bad, "$n: exit $run->{code} $run->{err}"
		    if $run->{code} != 0;
		$last = $n;
		last;
	}
	$killed++;
	my $fault = faults($id, 3, 1);
	push @bad, "$n: $fault" if $fault;
	my $state = $site->json('quarantine', 'show', $item->{id})
	    ->{rcpts}[0]{state};
	my $copies = delivered($id);
	push @bad, "$n: $state, but never sent"
	    if $state eq 'released' && $copies == 0;
	$run = $site->gatepost('quarantine', 'release', $item->{id});
	push @bad, "$n: cannot be released later: $run->{err}"
	    if $run->{code} != 0;
	$state = $site->json('quarantine', 'list')->{items};
	($state) = map { $_->{state} } grep { $_->{id} eq $item->{id} }
	    @$state;
	push @bad, "$n: is $state at the end" if $state ne 'released';
	my $again = delivered($id);
	push @bad, "$n: $again copies" if $again < 1 || $again > 2;
}
cmp_ok($killed, '>=', 4, "killed at $killed steps of a release");
cmp_ok($last, '>', 0, '... which were all');
is(join("\n", @bad), '',
    '... each time it is held or released, and sent in the end');
$site->stop;

done_testing();
