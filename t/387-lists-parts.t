#!/usr/bin/perl
#
# 387-lists-parts.t -- lists of some size, compiled in parts: all entries are
# found, a change compiles its own part alone, and time and use reach a part
# that does not change

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Gatepost::Test;
use POSIX qw(strftime);
use Test::More;
use Time::HiRes qw(time sleep);

my $count = 20_000;
my $rcpt = 'jane@example.org';

# Entry number I: what it is, and what a message shows that it matches.
sub entry_of {
	my ($i) = @_;
	my $host = "host$i.bulk-sender.example";
	my $for = $i % 3 ? '' : ' for=dep' . $i % 1000 . '.example.org';

	return ["block sender $host$for", 'sender', "x\@$host"]
	    if $i % 5 == 0;
	return ["block envelope u$i\@$host$for", 'envelope', "u$i\@$host"]
	    if $i % 5 == 1;
	return ["block url $host$for", 'url', "http://www.$host/a"]
	    if $i % 5 == 2;
	return [sprintf("block ip 10.%d.%d.%d$for", $i >> 16, $i >> 8 & 255,
	    $i & 255), 'ip', sprintf('10.%d.%d.%d', $i >> 16, $i >> 8 & 255,
	    $i & 255)] if $i % 5 == 3;
	return [sprintf("block file %064x", $i), 'file',
	    sprintf('%064x', $i)];
}

my @entries = map { entry_of($_) } 1 .. $count;
# A tenth of the lines in small lists of other tenants.
my @tenants = ({ name => 'example', domains => ['example.org'],
    lists => ['@DIR@/lists/large.list', '@DIR@/lists/small.list'] },
    map { { name => "t$_", domains => ["t$_.example"] } } 1 .. 20);
my $site = Gatepost::Test->new(tenants => \@tenants,
    lists => { large => join('', map { "$_->[0]\n" } @entries) .
	"block envelope robot.example by=verdict\n" .
	'block envelope idle.example unused=1s added=' .
	strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time - 60)) . "\n",
	small => "block envelope small.example\n",
	map { my $t = $_; ("t$t" => join('', map {
	    "block envelope m$_.t$t.example\n" } 1 .. 100)) } 1 .. 20 },
    config => { internal_networks => ['192.0.2.0/24'] });
my $folder = $site->state_dir . '/compiled';
$site->start;

sub verdict {
	my ($from, $to) = @_;

	return $site->milter_message(from => $from, rcpt => $to || $rcpt,
	    client => '198.51.100.7')->{verdict};
}

sub find {
	my ($kind, $value, @more) = @_;

	return $site->gatepost(qw(list find), @more, $kind, $value)->{out};
}

# Name and inode of each part.
sub parts {
	return { map { (stat $_)[1] => $_ } glob("$folder/*.lists") };
}

# --- all are found ----------------------------------------------------------

my @missing;
foreach my $i (map { 1 + int($_ * ($count - 1) / 150) } 0 .. 150) {
	my (undef, $kind, $value) = @{$entries[$i - 1]};

	push(@missing, $i) unless find($kind, $value, '--tenant', 'example')
	    =~ /large\.list:$i\b/;
}
is("@missing", '', 'entries of every kind are found, each by its line');
like(find('envelope', 'a@m7.t5.example', qw(--tenant t5)),
    qr/t5\.list:7\b/, 'a small list of another tenant, too');
like(find('envelope', 'a@m7.t5.example', qw(--tenant t6)), qr/no entry/,
    '... and by that tenant alone');
like(find('envelope', 'a@nobody.example', qw(--tenant example)), qr/no entry/,
    'what stands nowhere is not found');
is(verdict('u1@host1.bulk-sender.example'), 'discard',
    'an entry of the large list acts');
is(verdict('a@m7.t5.example', 'jane@t5.example'), 'discard',
    '... and one of a small list');
is(verdict('u6@host6.bulk-sender.example'), 'continue',
    '... and one for others does not');
ok($site->wait_log(qr/in-force generation=\d+ entries=22003\b/, 5),
    'the log has the number of all');

# --- one changes ------------------------------------------------------------

my $before = parts();
cmp_ok(scalar keys %$before, '>', 1, 'there are several parts');
$site->write_list(small => 'block envelope changed.example');
ok(Gatepost::Test::wait_for(8, sub { verdict('a@changed.example') eq
    'discard' }), 'a change of the small list is in force');
is(verdict('a@small.example'), 'continue', '... what it had is not');
my $after = parts();
my ($largest) = sort { -s $b <=> -s $a } values %$before;
is((stat $largest)[1], (grep { $before->{$_} eq $largest } keys %$before)[0],
    '... and the large part is the very same file');
foreach my $round (1 .. 3) {
	$site->write_list(small => "block envelope round$round.example");
	Gatepost::Test::wait_for(8, sub {
		verdict("a\@round$round.example") eq 'discard'
	});
}
cmp_ok(scalar keys %{parts()}, '<=', 2 * keys %$before,
    'old parts are removed');
is(verdict('u1@host1.bulk-sender.example'), 'discard',
    'the large list acts as before');

# --- time and use -----------------------------------------------------------

my ($inode) = map { (stat $_)[1] } $largest;
is(verdict('a@robot.example'), 'discard', 'an automatic entry acts');
# Usage is counted since the start; an entry of one second has ended by now.
$site->write_list(small => 'block envelope again.example');
ok(Gatepost::Test::wait_for(8, sub { verdict('a@idle.example') eq
    'continue' }), 'an entry that was not used for long enough has ended');
$site->driver('--messages', 60, '--from', 'x@robot.example', '--rcpt', $rcpt,
    '--client', '198.51.100.7');
ok(Gatepost::Test::wait_for(10, sub { verdict('x@robot.example') eq
    'continue' }), '... and the automatic one is braked');
is((stat $largest)[1], $inode, '... without its part having changed');
like(find('envelope', 'x@robot.example', qw(--tenant example)),
    qr/^ +observe envelope robot\.example/m, '... list find says so');
my ($key) = find('envelope', 'x@robot.example', qw(--tenant example)) =~
    /key=(\S+)/;
is($site->gatepost('list', 'unbrake', $key)->{code}, 0, 'list unbrake');
ok(Gatepost::Test::wait_for(8, sub { verdict('x@robot.example') eq
    'discard' }), '... and it acts again');

# --- what is damaged or in error --------------------------------------------

open(my $part, '+<', $largest) or die "$largest: $!\n";
seek($part, 20, 0);
print $part 'damaged';
close($part);
is($site->gatepost(qw(list compile))->{code}, 0,
    'a damaged part is compiled again');
is(verdict('u1@host1.bulk-sender.example'), 'discard', '... and acts');
$site->write_list(t5 => "block envelope fine.example\nblock nonsense\n");
ok($site->wait_log(qr/t5\.list:2: /, 8), 'a list in error is named');
is(verdict('a@m7.t5.example', 'jane@t5.example'), 'discard',
    '... and its last good generation stays in force');
is(verdict('a@m7.t6.example', 'jane@t6.example'), 'discard',
    '... as do those compiled with it');
$site->write_list(t5 => 'block envelope fine.example');
ok(Gatepost::Test::wait_for(8, sub { verdict('a@fine.example',
    'jane@t5.example') eq 'discard' }), '... until it is mended');

$site->stop;
is(scalar($site->strays), 0, 'nothing is left');
done_testing;
