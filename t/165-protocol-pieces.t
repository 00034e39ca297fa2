#!/usr/bin/perl
#
# 165-protocol-pieces.t -- a milter session in any pieces: many packets in one
# write, packets octet by octet, and what is left of a connection that ended

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Digest::SHA qw(sha256_hex);
use Gatepost::Milter;
use Gatepost::Test;
use Test::More;

use constant FIELDS => 400;

my $site = Gatepost::Test->new(config => { sessions => 200 },
    lists => { example => "block  envelope  evil.example\n" });
$site->start;
my $front = $site->front_pid;

sub packet { return Gatepost::Milter::packet(@_) }

# The packets of a message for quarantine: fields and body as they are given.
sub message {
	my ($name, $fields, @chunks) = @_;

	return (packet('M', "<$name\@evil.example>\0"),
	    packet('R', "<jane\@example.org>\0"),
	    (map { packet('L', "$_->[0]\0 $_->[1]\0") } @$fields),
	    packet('N'), (map { packet('B', $_) } @chunks), packet('E'));
}

sub octets_of {
	my ($fields, @chunks) = @_;

	return join('', (map { "$_->[0]: $_->[1]\r\n" } @$fields), "\r\n",
	    @chunks);
}

sub connected {
	my ($host) = @_;

	return packet('C', "$host\0" . "4" . pack('n', 4567) .
	    "192.0.2.1\0");
}

# All answers until COUNT messages have their verdict; of each the command.
sub verdicts {
	my ($milter, $count) = @_;
	my @verdicts;

	while (@verdicts < $count) {
		my ($command) = $milter->hear;

		last unless defined $command;
		push(@verdicts, $command) if $command =~ /^[adrty]$/;
	}
	return "@verdicts";
}

# What is held of NAME, octet for octet.
sub held {
	my ($name) = @_;
	my @items = grep { $_->{sender} eq "$name\@evil.example" }
	    @{$site->json('quarantine', 'list', '--most', 500)->{items}};

	return scalar(@items) . ' items' if @items != 1;
	return $site->gatepost('quarantine', 'preview', '--raw',
	    $items[0]{id})->{out};
}

# Lengths and sums say more than octets, when a test fails.
sub same {
	my ($got, $expected, $what) = @_;

	is(length($got) . ' ' . sha256_hex($got), length($expected) . ' ' .
	    sha256_hex($expected), $what);
}

sub session {
	my $milter = Gatepost::Milter->new($site->socket);

	$milter->negotiate;
	return $milter;
}

sub reads {
	my $io = Gatepost::Test::read_file("/proc/$front/io");

	return defined $io && $io =~ /^syscr: (\d+)/m ? $1 : undef;
}

my @from = (['From', 'x@evil.example']);
my @many = (@from, map { ["X-Field-$_", "value $_"] } 1 .. FIELDS);

# Many packets at once cost few reads.
my $milter = session();
$milter->say_all(connected('mail.evil.example'), message('warm', \@from,
    "text\r\n"));
is(verdicts($milter, 1), 'd', 'a whole session in one write');
same(held('warm'), octets_of(\@from, "text\r\n"), '... held as it came');
SKIP: {
	my $before = reads();

	skip 'this kernel counts no reads', 1 unless defined $before;
	$milter->say_all(message('many', \@many, "text\r\n"));
	is(verdicts($milter, 1), 'd', FIELDS . ' fields in one write');
	# Two reads a field, were there no buffer.
	cmp_ok(reads() - $before, '<', FIELDS, '... and few reads');
	same(held('many'), octets_of(\@many, "text\r\n"), '... nothing lost');
}
$milter->close;

# Every way of cutting a session up gives the same message.
my @chunks = map { my $n = $_; join('', map { "line $n.$_\r\n" } 1 .. 2000) }
    1 .. 3;
for my $size (1, 2, 3, 4, 5, 6, 7, 13, 16383, 16384, 16385, 65535) {
	# An octet a write is slow, a small message is enough for it.
	my @body = $size < 16 ? ("text $size\r\n") : @chunks;
	my @fields = $size < 16 ? @many[0 .. 3] : @many;
	my $whole = join('', connected('mail.evil.example'),
	    message("cut$size", \@fields, @body));

	$milter = session();
	for (my $at = 0; $at < length($whole); $at += $size) {
		$milter->say_all(substr($whole, $at, $size));
		select(undef, undef, undef, 0.001);
	}
	is(verdicts($milter, 1), 'd', "cut every $size octets");
	same(held("cut$size"), octets_of(\@fields, @body),
	    '... held as it came');
	$milter->close;
}

# Bodies around the size of a buffer, in one packet each.
for my $length (16383, 16384, 16385, 32768, 65535) {
	my $body = ('a' x 76 . "\r\n") x int($length / 78);

	$body .= 'b' x ($length - length($body));
	$milter = session();
	$milter->say_all(connected('mail.evil.example'),
	    message("body$length", \@from, $body));
	is(verdicts($milter, 1), 'd', "a packet of $length octets");
	same(held("body$length"), octets_of(\@from, $body),
	    '... held as it came');
	$milter->close;
}

# Two messages in one write, with an abort between them, and the next session
# on the same connection (QUIT_NC) in that write too.
$milter = session();
$milter->say_all(connected('a.evil.example'),
    message('first', \@from, "one\r\n"),
    packet('M', "<gone\@evil.example>\0"), packet('A'),
    message('second', \@from, "two\r\n"), packet('K'),
    connected('b.evil.example'), message('third', \@from, "three\r\n"));
is(verdicts($milter, 3), 'd d d', 'three messages in one write');
same(held('first'), octets_of(\@from, "one\r\n"), '... the first');
same(held('second'), octets_of(\@from, "two\r\n"),
    '... the one after an abort');
same(held('third'), octets_of(\@from, "three\r\n"),
    '... the one of the next session');
is(held('gone'), '0 items', '... and the aborted one is not held');
$milter->close;

# What follows a QUIT is nobody's: not the next connection's, which has the
# same descriptor, nor a new worker's.
sub leave_rest {
	my ($name) = @_;
	my $milter = session();

	$milter->say_all(connected('mail.evil.example'), packet('Q'),
	    message($name, \@from, "late\r\n"), "\0\0\0\5Rubbish");
	eval { verdicts($milter, 1) };
	$milter->close;
}

sub next_one {
	my ($name) = @_;
	my $milter = session();

	$milter->say_all(connected('mail.evil.example'),
	    message($name, \@from, "next\r\n"));
	my $verdicts = verdicts($milter, 1);
	$milter->close;
	return $verdicts;
}

leave_rest('late0');
is(next_one('next0'), 'd', 'after a QUIT with octets behind it');
my $waiting = session();
leave_rest("late$_") for 1 .. 5;
kill('TERM', $site->worker_pids);
$waiting->say_all(connected('mail.evil.example'),
    message('waiting', \@from, "waiting\r\n"));
is(verdicts($waiting, 1), 'd', '... and for one by a new worker');
$waiting->close;
my @late = grep { $_->{sender} =~ /^late/ }
    @{$site->json('quarantine', 'list', '--most', 500)->{items}};
is(@late, 0, '... which are no message of anybody');

# Many sessions, each with its own, a few packets of each at a time; fewer
# than one domain's mail may hold of the workers.
my %open = map { ("turn$_" => session()) } 1 .. 12;
my %packets = map { ($_ => [connected("$_.evil.example"),
	message($_, [@from, ['Subject', $_]], "$_\r\n" x 50)]) } keys %open;
while (%packets) {
	for my $name (sort keys %packets) {
		$open{$name}->say_all(splice(@{$packets{$name}}, 0, 2));
		delete $packets{$name} unless @{$packets{$name}};
	}
}
is(join(' ', map { verdicts($open{$_}, 1) } sort keys %open),
    join(' ', ('d') x 12), 'twelve sessions by turns');
is_deeply([grep { held($_) ne octets_of([@from, ['Subject', $_]],
	"$_\r\n" x 50) } sort keys %open], [], '... each has its own message');
$_->close for values %open;

is($site->front_pid, $front, 'the front is the same process as before');
unlike($site->log, qr/front-died/, '... and has not died');
$site->stop;

done_testing();
